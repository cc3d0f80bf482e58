"""客户编号: rules and their versions, numbers of one customer, renumbering, 编号体检, reserved and retired numbers.

What lives here: verbs, forms and pages. What does not: how a number is rendered and read (``customers.rules.numbering``), drawing and
judging numbers while customers are saved (``customers.services.numbering``, ``number_checks``).
"""
