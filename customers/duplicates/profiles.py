"""What the matcher knows of one customer, in one record of fixed length.

What lives here: ``Record`` (the values it is made from) and ``build``. What does not: its layout (``layout``), where profiles are kept
(``storing``), keys made of them (``blocking``), their comparison (``evidence``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from erp_site.shared.crypto import keyed_hash

from ..rules import identifiers, pinyin, regions
from . import hashing
from .layout import (
    ADDRESS_WIDTH,
    BRANCH_WIDTH,
    CODE_VALID,
    CORE_WIDTH,
    HAS_NAME_PLACE,
    HAS_NOTE,
    IS_GROUP,
    IS_LATIN,
    IS_PERSON,
    PROFILE,
)
from .rules import addresses, codes, companies, persons
from .rules.sounds import sound_of
from .rules.words import LATIN_FILLING


@dataclass(slots=True)
class Record:
    """The values of one customer by which it may be recognised, clean as the pipeline leaves them."""

    name: str
    other_names: Sequence[str] = ()  # short name, former names, titles of invoices
    english_name: str = ""
    code: str = ""  # uscc or tax number
    province: str = ""
    city: str = ""
    district: str = ""
    address: str = ""
    phones: Sequence[str] = ()
    emails: Sequence[str] = ()
    contacts: Sequence[str] = ()
    banks: Sequence[str] = ()
    identity: str = ""
    is_person: bool = False


def record_of(row: dict[str, Any], parts: dict[str, list[dict[str, Any]]]) -> Record:
    """The record of a customer as the writer has it: its row and part → rows."""

    def of_parts(*wanted: tuple[str, str]) -> list[str]:
        return [value for part, column in wanted for each in parts.get(part, ()) if (value := each.get(column))]

    others = [row.get("short_name"), *of_parts(("former_names", "name"))]
    return Record(
        name=row.get("name") or "",
        other_names=[each for each in others if each],
        english_name=row.get("english_name") or "",
        code=row.get("uscc") or next(iter(of_parts(("invoice_profiles", "tax_number"))), ""),
        province=row.get("province") or "",
        city=row.get("city") or "",
        district=row.get("district") or "",
        address=row.get("address") or next(iter(of_parts(("addresses", "line"))), ""),
        phones=_some(row.get("phone"), of_parts(("contacts", "mobile"), ("contacts", "phone"))),
        emails=_some(row.get("email"), of_parts(("contacts", "email"))),
        contacts=_some(None, [*of_parts(("contacts", "name")), row.get("legal_person")]),
        banks=_some(None, of_parts(("bank_accounts", "account"), ("invoice_profiles", "account"))),
        identity=row.get("id_number") or "",
        is_person=row.get("kind") == "person",
    )


def _some(first: str | None, more: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(each for each in (first, *more) if each))


@dataclass(slots=True)
class _Columns:
    """What ``build`` gathers, one entry a record, before it goes into arrays at one stroke."""

    whole: list[str] = field(default_factory=list)
    core: list[str] = field(default_factory=list)
    branch: list[str] = field(default_factory=list)
    address: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    rest: list[tuple] = field(default_factory=list)


_SIMPLE = [name for name in PROFILE.names if name not in ("whole", "core", "branch", "address", "aliases")]
_SIMPLE_TYPE = np.dtype([(name, PROFILE[name]) for name in _SIMPLE])


def build(ledger_id: int, records: Sequence[Record]) -> np.ndarray:
    """The profiles of the records, in their order."""
    columns = _Columns()
    for record in records:
        _gather(columns, ledger_id, record)
    found = np.zeros(len(records), dtype=PROFILE)
    if not len(records):
        return found
    simple = np.array(columns.rest, dtype=_SIMPLE_TYPE)
    for name in _SIMPLE:
        found[name] = simple[name]
    found["whole"] = hashing.of_points(hashing.points(columns.whole, 64))
    found["core"] = hashing.points(columns.core, CORE_WIDTH)
    found["branch"] = hashing.points(columns.branch, BRANCH_WIDTH)
    found["address"] = hashing.points(columns.address, ADDRESS_WIDTH)
    found["aliases"] = sound_hash(columns.aliases).reshape(-1, 4)
    return found


def sound_hash(texts: Sequence[str]) -> np.ndarray:
    """uint64 hash of each text by sound, as ``evidence`` makes it of cores."""
    return hashing.of_points(sound_of(hashing.points(texts, CORE_WIDTH)))


def _gather(columns: _Columns, ledger_id: int, record: Record) -> None:
    name = companies.take_apart(record.name)
    is_person = record.is_person or name.is_person
    place = addresses.take_apart(record.address) if record.address else addresses.NO_ADDRESS
    flags = (
        is_person * IS_PERSON
        | name.is_group * IS_GROUP
        | bool(name.note) * HAS_NOTE
        | bool(name.place) * HAS_NAME_PLACE
    )
    latin = name.latin or (companies.take_apart(record.english_name).latin if record.english_name else "")
    code = codes.folded_code(record.code)
    if code and identifiers.valid_uscc(record.code):
        flags |= CODE_VALID
    if not name.core and name.latin:
        flags |= IS_LATIN
    columns.whole.append(name.whole)
    columns.core.append(name.core)
    columns.branch.append(name.branch)
    columns.address.append(place.core)
    columns.aliases.extend(_aliases(name, record.other_names))
    written, latin_words = _latin(name, latin)
    phones, phone_pieces = _phones(ledger_id, record.phones)
    banks, bank_pieces = _banks(ledger_id, record.banks)
    emails = [each for each in record.emails if codes.is_own_mailbox(each)]
    people = [each for each in map(persons.person, record.contacts[:3]) if each.surname]
    columns.rest.append(
        (
            len(name.brand), name.form, flags, _hash32("|".join(name.numbers)), int(name.place or 0), int(name.branch_place or 0),
            _home(record, place.place, name.place), written.encode("ascii", "ignore"), latin_words, code.encode(),
            phones, phone_pieces,
            _filled([keyed_hash(str(ledger_id), "email", each.upper()) for each in emails], 2),
            _hash32(codes.local_part(emails[0])) if emails else 0, banks, bank_pieces,
            keyed_hash(str(ledger_id), "id", record.identity.upper()) if record.identity else 0,
            _filled([_hash32(each.full) for each in people], 3), _filled([_hash32(each.surname) & 0xFFFF for each in people], 3),
            _hash32("|".join(place.numbers)),
        )
    )  # fmt: skip


def _filled(values: Sequence[int], width: int) -> tuple[int, ...]:
    found = tuple(values[:width])
    return found + (0,) * (width - len(found))


@lru_cache(maxsize=65536)
def _hash32(text: str) -> int:
    """A 32-bit hash, 0 for nothing; FNV-1a, so that it is the same in every process and release."""
    if not text:
        return 0
    value = 0x811C9DC5
    for byte in text.encode("utf-8", "surrogatepass"):
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value or 1


def _aliases(name: companies.Company, others: Sequence[str]) -> list[str]:
    """Up to four other names by which the customer is called, as cores; "" fills up."""
    found: dict[str, None] = {}
    for other in others:
        core = companies.take_apart(other).core
        if len(core) > 1 and core != name.core:
            found.setdefault(core)
    return (list(found) + ["", "", "", ""])[:4]


def _latin(name: companies.Company, latin: str) -> tuple[str, tuple[int, ...]]:
    """What stands for the name in Latin letters, and hashes of its words."""
    if name.core:
        syllables = pinyin.syllables_of(name.core)
        spelled = {"".join(syllables[:size]) for size in (len(name.brand), 4, len(syllables))}
        found = [_hash32(each) for each in sorted(spelled, key=len) if len(each) > 4]
        if latin:
            found = found[:3] + [_hash32(max(latin.split(), key=len))]
        return "".join(syllables), _filled(found, 4)
    listed = [word for word in latin.split() if word not in LATIN_FILLING] or latin.split()
    found = [_hash32(each) for each in sorted(set(listed), key=len, reverse=True) if len(each) > 3][:3]
    if len(listed) > 1:
        found.append(_hash32("".join(listed[1:])))
    return "".join(listed), _filled(found, 4)


def _phones(ledger_id: int, phones: Sequence[str]) -> tuple[tuple, tuple]:
    hashes, pieces = [], []
    for phone in phones:
        digits = codes.digits_of(phone.partition("转")[0])
        if len(digits) > 11 and digits[:2] == "86":
            digits = digits[2:]
        is_mobile = len(digits) == 11 and digits[0] == "1"
        if not is_mobile and "-" in phone:  # area code, number, perhaps an extension
            shorter = codes.digits_of(phone.split("-")[1])
            digits = shorter if len(shorter) > 6 else digits
        if codes.is_placeholder(digits):
            continue
        kind, value = ("phone", digits) if is_mobile else ("local phone", digits[-8:])
        hashes.append(keyed_hash(str(ledger_id), kind, value))
        pieces.append(_pieces(ledger_id, value, 3))
        if len(hashes) == 3:
            break
    return _filled(hashes, 3), (*pieces, *[(0, 0, 0)] * (3 - len(pieces)))


def _banks(ledger_id: int, banks: Sequence[str]) -> tuple[tuple, tuple]:
    accounts = [digits for each in banks if not codes.is_placeholder(digits := "".join(each.split()))]
    hashes = [keyed_hash(str(ledger_id), "bank", each.upper()) for each in accounts]
    return _filled(hashes, 2), _pieces(ledger_id, accounts[0], 4) if accounts else (0, 0, 0, 0)


def _pieces(ledger_id: int, value: str, count: int) -> tuple[int, ...]:
    """Keyed 16-bit hashes of the value cut in equal pieces: one slip of a digit leaves all but one as they were."""
    whole, size = keyed_hash, -(-len(value) // count)
    return tuple(
        whole(str(ledger_id), "piece", str(at), value[at * size : (at + 1) * size]) & 0xFFFF or 1 for at in range(count)
    )


def _home(record: Record, address_place: str, name_place: str) -> int:
    """Code of the place where the customer sits, as fine as its fields say, at most the city; 0 when nothing is said."""
    code = _place_code(record.province, record.city)
    if not code or code.endswith("0000"):
        for other in (address_place, name_place):
            if other and (not code or other[:2] == code[:2]):
                code = other if not code or len(other.rstrip("0")) > len(code.rstrip("0")) else code
                break
    return int(code or 0)


@lru_cache(maxsize=4096)
def _place_code(province: str, city: str) -> str:
    return regions.code_of(province, city) if province or city else ""
