"""What sort of file this is, by its first bytes; the name only decides how to say no. Reads no content beyond that."""

import os

from imports.reading.cells import Refused

XLSX, XLS, CSV = "xlsx", "xls", "csv"

_EXCEL_NAMES = {".xlsx", ".xlsm", ".xls", ".xlsb", ".xltx", ".xlt", ".et"}
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ARCHIVES = (b"PK\x05\x06", b"PK\x07\x08", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
_OTHERS = {b"%PDF": "PDF", b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF"}
_HTML = (b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<body", b"<style", b"<div", b"mime-version:")


def sniff(path: str, filename: str) -> str:
    """Return ``xlsx`` (any zip container), ``xls`` (any OLE container) or ``csv`` (text); raises Refused.

    ``filename`` is the name that the user gave the file; a text behind an Excel name is refused, never guessed at.
    """
    if not os.path.isfile(path):
        raise Refused("file.missing")
    with open(path, "rb") as file:
        head = file.read(4096)
    if not head:
        raise Refused("file.empty")
    if head.startswith(_ZIP):
        return XLSX
    if head.startswith(_OLE):
        return XLS
    if head.startswith(_ARCHIVES):
        raise Refused("file.archive")
    for magic, kind in _OTHERS.items():
        if head.startswith(magic):
            raise Refused("file.unsupported", kind=kind)
    _refuse_markup(head)
    if extension(filename) in _EXCEL_NAMES:
        raise Refused("file.not_excel")
    return CSV


def extension(filename: str) -> str:
    """Return the name's extension in lower case, dot included, or an empty string."""
    return os.path.splitext(filename)[1].lower()


def _refuse_markup(head: bytes) -> None:
    """Refuse pages and XML that pass for a sheet; many web systems export a table under the name .xls."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[2:].replace(b"\x00", b"")
    else:
        text = head.removeprefix(b"\xef\xbb\xbf")
    text = text.lstrip().lower()
    if text.startswith(_HTML):
        raise Refused("file.html")
    if text.startswith(b"<?xml"):
        raise Refused("file.html" if b"<html" in text else "file.xml")
