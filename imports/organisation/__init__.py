"""The organisation from a spreadsheet: companies, departments, positions and people, checked first, taken whole or not at all.

sheets     which columns a sheet of each kind has, and which kind a sheet is
tables     a file as rows of texts (through the limited child process of ``imports.reading``)
planning   rows against what is there: added, changed, unchanged, and every fault with row, column, value, remedy
applying   the plan into the database, in one transaction
template   the empty workbook
keeping    the uploaded file between check and apply, sealed
forms, views, urls   the pages
"""
