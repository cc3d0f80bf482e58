"""校验规则: what a set asks of a customer's fields – settings per category, entry templates, rules across fields, formulas.

What lives here: compiling them once per pipeline (``book``), deciding with them (``stage``), changing them (``settings``). What does not: the
language they are written in (``customers.rules.expressions``), and the screens (``customers.settings.fields``).
"""
