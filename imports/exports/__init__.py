"""Export of customers to xlsx and csv.

selecting  which customers: the list's query, its words for people, its primary keys
records    stored values of a thousand customers at a time
cells      what stands in a cell, so that the file imports again unchanged
writers    the two kinds of file
producing  customers to file, chunk by chunk
files      where files lie, sealed, and how they go
services   the verbs: start, run, open, clean
"""
