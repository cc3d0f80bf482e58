"""Pure rules of the matcher: how a name, a person, an address, a code is made comparable.

Strings in, small tuples out; no database, no settings, no models. Whether two customers are one is not said here
(``customers.duplicates.evidence``, ``deciding``).
"""
