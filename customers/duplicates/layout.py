"""The record in which the matcher keeps what it knows of one customer: fields, widths, flags, version.

What lives here: ``PROFILE``. What does not: making profiles (``profiles``) and where they are kept (``storing``). Nothing here knows Django, so
the processes of a scan import it alone.

Names and addresses stand in it folded; telephones, mailboxes, accounts and id numbers only as keyed hashes, whole and by pieces, so
that a slip of one digit is seen and nothing can be read. Raise ``VERSION`` with every change of a rule or of the record: profiles of another
version are not compared, ``rebuild_match_keys`` makes them anew.
"""

import numpy as np

VERSION = 1

CORE_WIDTH, BRANCH_WIDTH, ADDRESS_WIDTH, LATIN_WIDTH = 20, 16, 20, 28
IS_PERSON, IS_GROUP, HAS_NOTE, IS_LATIN, CODE_VALID, HAS_NAME_PLACE = 1, 2, 4, 8, 16, 32

PROFILE = np.dtype(
    [
        ("whole", "<u8"),  # the folded name without note and foreign part
        ("core", "<u2", CORE_WIDTH),  # brand and trade
        ("branch", "<u2", BRANCH_WIDTH),
        ("brand_length", "u1"),
        ("form", "u1"),
        ("flags", "<u2"),
        ("numbers", "<u4"),  # hash of the ordinals of the name, 0 without any
        ("place", "<u4"),  # code of the place in the name
        ("branch_place", "<u4"),
        ("home", "<u4"),  # code of the place where the customer sits
        ("aliases", "<u8", 4),  # sound hashes of short and former names
        ("latin", f"S{LATIN_WIDTH}"),  # pinyin of the core, or the Latin name
        ("latin_words", "<u4", 4),
        ("code", "S18"),
        ("phones", "<u8", 3),
        ("phone_pieces", "<u2", (3, 3)),
        ("emails", "<u8", 2),
        ("email_local", "<u4"),
        ("banks", "<u8", 2),
        ("bank_pieces", "<u2", 4),
        ("identity", "<u8"),
        ("contacts", "<u4", 3),
        ("surnames", "<u2", 3),
        ("address", "<u2", ADDRESS_WIDTH),
        ("address_numbers", "<u4"),
    ]
)
