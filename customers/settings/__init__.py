"""账套设置 about customers: parameters, categories, tags, the numbering rule; and the wizard's step on them.

What lives here: verbs, forms and pages. What does not: how numbers are drawn (``services.numbering``), the settings of the set
itself (``ledgers``).
"""
