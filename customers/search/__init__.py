"""The search index: grams of names, numbers, contacts and addresses, per set and per kind.

``grams`` is pure, ``index`` keeps and asks the two engines' tables.
"""
