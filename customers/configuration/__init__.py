"""The customers' sections of an account set's configuration document: how each is read, laid down and put into words.

What lives here: one module per topic (``lists``, ``tree``, ``fields``, ``numbers``), and the codes by which rows are named in a document
(``codes``). What does not: the document itself (``ledgers.services.configuration``), and the pages where people change these things.
"""
