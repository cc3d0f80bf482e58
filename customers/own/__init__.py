"""自定义字段: the fields that a set made itself – their design, their values, their copies, their conversion.

What lives here: everything about ``CustomField`` but its pages (``customers.settings.fields``). What does not: how a field may be
required, hidden or computed by rule (``customers.rulebook``), and the write itself (``services.writing``).
"""
