"""The roof: settings, urls, home page; below it ``shared`` and the small apps ``jobs`` and ``notices``.

The import swaps in the bundled SQLite. It stands here because every process imports this package before Django loads
a database backend.
"""

from erp_site.shared.sqlite import driver as _driver  # noqa: F401
