"""Files made in memory, and what is read of a report."""

import csv
import io
import json

import openpyxl

from imports.importing import reporting


class Quiet:
    """Somebody who is told how far the work is, and only keeps it."""

    def __init__(self):
        self.reports = []

    def report(self, done, total=None, message=None):
        self.reports.append((done, total))

    def check(self):
        """The work may go on."""

    def log(self, text):
        """Nobody reads it."""


def csv_bytes(rows, encoding="utf-8", delimiter=",") -> bytes:
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter).writerows(rows)
    return target.getvalue().encode(encoding)


def xlsx_bytes(rows) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def content(rows, name: str) -> bytes:
    if isinstance(rows, bytes):
        return rows
    return xlsx_bytes(rows) if name.endswith(".xlsx") else csv_bytes(rows)


def report(batch, dry_run=False) -> dict:
    batch.refresh_from_db()
    return json.loads("".join(reporting.text(batch, dry_run=dry_run)))


def counts(found: dict) -> dict:
    """The counts that are not zero."""
    keys = ("rows", "added", "updated", "unchanged", "skipped", "rejected")
    return {key: found[key] for key in keys if found[key]}


def errors(found: dict) -> list[tuple]:
    return [(each["row"], each["column"], each["code"]) for each in found["errors"]]


def numbered(count: int, start: int = 1) -> list[list[str]]:
    """A file of so many firms that have nothing in common."""
    rows = [["客户名称", "手机", "注册资本"]]
    for index in range(start, start + count):
        rows.append([f"第{chinese(index)}精密机械有限公司", f"138{index:08d}", str(index * 1000)])
    return rows


def chinese(index: int) -> str:
    return "".join("零一二三四五六七八九"[int(digit)] for digit in str(index))
