"""The embedded database engine: Django's SQLite backend with a sound library, safe settings and a fair writer queue.

``driver`` swaps the library, ``queue`` lets writers wait in the order of their arrival, ``base`` is what Django loads as
``ENGINE = "erp_site.shared.sqlite"``, ``validation`` holds the system checks. Nothing here knows a table.
"""
