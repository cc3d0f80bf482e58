"""A set of records in memory, from profiles to clusters: the whole matcher without a database.

What lives here: the steps of a scan for files and made-up records. What does not: the scan of a set (``customers.duplicates.scanning``),
which uses the same steps.
"""

import numpy as np

LEDGER = 1


def prepare() -> None:
    """The few settings that hashes need, for a process without a database; nothing where Django is set up already."""
    from django.conf import settings

    if not settings.configured:
        settings.configure(BLIND_INDEX_KEY="benchmark", FIELD_KEYS=["k1:benchmark"], USE_I18N=False)


def profiles_of(rows: list[dict[str, str]]) -> np.ndarray:
    """Profiles of rows as files hold them."""
    from customers.duplicates import profiles

    from . import files

    return profiles.build(LEDGER, [files.record(row) for row in rows])


def candidates(profiles: np.ndarray):
    """(Known, candidate pairs) of a whole set."""
    from customers.duplicates import blocking, evidence, pairing
    from customers.duplicates.columns import derive

    derived = derive(profiles)
    keys = list(blocking.keys_of(LEDGER, profiles, derived))
    found = [pairing.pairs_within(kind, *held, profiles) for kind, held in pairing.by_kind(keys).items()]
    return evidence.Known(profiles, derived, pairing.bearers(len(profiles), keys)), np.unique(np.concatenate(found))
