"""Pages of 字段设计: fields, choice sets, entry templates and rules across fields.

``overview`` (the table), ``fields`` (one field), ``choices`` (choice sets), ``layouts`` (entry templates), ``checks`` (rules) and
``formulas`` (live checks) each hold pages and their forms. What does not live here: the rules themselves and all writing
(``customers.services``).
"""
