"""权限矩阵: who may do what in a set today, on one document to print or to take along.

facts   people × rights × scope in words × levels of fields
files   the same as a workbook
views, urls   the pages, for whoever holds 成员与权限 and for the security administrator, who sees no customer by it
"""
