"""访问与变更日志 of one account set, for those who manage its members: pages among the settings, and who looked at a customer."""
