"""Labelled files of customer records, and registry files, as the matcher's records.

What lives here: reading csv (.csv, .gz, .xz). What does not: making dirt (``dirt``), figures (``benchmarks.duplicates``).
"""

import csv
import gzip
import lzma
import re
from collections.abc import Iterator
from pathlib import Path

from customers.duplicates.profiles import Record
from customers.rules import identifiers


def rows_of(path: str | Path) -> Iterator[dict[str, str]]:
    """The rows of a csv file, packed or not."""
    opened = {".gz": gzip.open, ".xz": lzma.open}.get(Path(path).suffix, open)
    with opened(path, "rt", encoding="utf-8", newline="") as handle:
        yield from csv.DictReader(handle)


_several = re.compile("[/、;；,，]")


def record(row: dict[str, str]) -> Record:
    """One row of made-up or real dirt as the pipeline would clean it: values by the rules of identifiers, unreadable ones as they are."""
    phones = [identifiers.phone(each).value for each in _several.split(row.get("phone") or "") if each.strip(" -")]
    account = row.get("bank_account") or ""
    return Record(
        name=row["name"],
        other_names=[row["short_name"]] if row.get("short_name") else (),
        english_name=row.get("english_name") or "",
        code=identifiers.uscc(row.get("uscc") or "").value,
        province=row.get("province") or "",
        city=row.get("city") or "",
        address=row.get("address") or "",
        phones=[phone for phone in phones if phone],
        emails=[identifiers.email(row["email"]).value.lower()] if row.get("email") else (),
        contacts=[row["contact"]] if row.get("contact") else (),
        banks=[identifiers.bank_account(account).value] if account else (),
    )
