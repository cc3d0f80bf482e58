"""撤销: what a batch did is put back – a change, an import, a mass edit, a hand-over, a renumbering, an undo itself.

What lives here: planning from history (``planning``), carrying it out (``acts``, ``jobs``), the recycle bin, pages. What does not: writing
rows back (``services.restoring``).
"""
