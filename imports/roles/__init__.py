"""Roles, field rights and members of an account set from a spreadsheet: checked first, taken whole or not at all.

sheets     which columns a sheet of each kind has
cells      cells into rights, levels, scopes and days
planning   rows against what is there: what each role and membership would be, and every fault with row, column, value, remedy
applying   the plan through the verbs of ``ledgers.access``, in one transaction; the preview is the same, taken back
template   the workbook, with drop-downs, empty or filled with what is there
views, urls   the pages
"""
