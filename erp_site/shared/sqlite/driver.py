"""Puts the SQLite that the product brings along under the name ``sqlite3``.

What lives here: the swap, and the version from which several processes may share a WAL database. What does not:
anything that needs Django, because this module is imported by ``erp_site/__init__.py`` before Django loads.

Why: every SQLite from 3.7.0 to 3.51.2 can corrupt a WAL database when two connections write and checkpoint at once,
and the library that comes with most systems is older than that. The ``pysqlite3`` wheel carries a sound one. Where no
wheel exists the standard library's SQLite stays in place; the engine then refuses WAL (see ``base.py``).
"""

import sys

SOUND_WAL = (3, 51, 3)
"""First SQLite version in which several processes may safely write to one WAL database."""


def install() -> bool:
    """Make ``import sqlite3`` mean the bundled driver, for the whole process; False when it is not installed.

    Raises ImportError when Django's SQLite backend was imported before, because it would keep the old library.
    """
    try:
        import pysqlite3
        from pysqlite3 import dbapi2
    except ImportError:
        return False
    loaded = sys.modules.get("django.db.backends.sqlite3.base")
    if loaded is not None and loaded.Database is not dbapi2:
        raise ImportError("erp_site must be imported before Django's SQLite backend")
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = dbapi2
    return True


BUNDLED = install()
"""Whether the bundled SQLite is in use."""
