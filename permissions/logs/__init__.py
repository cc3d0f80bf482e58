"""访问日志, 权限变更日志, 登录日志: rows that are only ever added.

access       who looked at, searched, exported, printed, or was refused; never breaks a page
changes      which right changed; in the transaction of the act, whose failure is the act's
logins       who came in, who did not
reading      a log as a query: filters and pages by key
unusual      what stands out: three times the usual, many refusals, exports at night
protection   the triggers that keep rows as they were written
retention    how long rows are kept
"""
