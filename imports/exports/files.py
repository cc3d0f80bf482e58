"""Where export files lie: outside the web root, sealed with the installation's key, under names that nobody can guess.

What lives here: making, keeping, opening and removing files. What does not: who may have one (``services``).

A file is written whole under a temporary name, synced, sealed under another, synced, and renamed; so whatever has a real name is
complete. What is left of a killed process is swept away by ``sweep``.
"""

import hashlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from erp_site.shared import failpoints
from erp_site.shared.crypto import decrypt_stream, encrypt_stream

_CONTEXT = "export.file"
_BLOCK = 1 << 20
_SUFFIX = ".sealed"
STALE_HOURS = 26  # longer than any export runs and any file lives


@dataclass(frozen=True)
class Kept:
    """A sealed file: its name below the exports directory, and size and digest of what is inside."""

    name: str
    size: int
    sha256: str


def directory() -> Path:
    """The exports directory, made when missing, readable by the product only."""
    found = Path(settings.FILES_DIR) / "exports"
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found


@contextmanager
def workshop(parent: Path | None = None) -> Iterator[Path]:
    """A private directory for one export in the making; everything in it goes at the end."""
    made = Path(tempfile.mkdtemp(prefix=".making-", dir=parent or directory()))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def keep(finished: Path) -> Kept:
    """Seal a finished file into the exports directory; raises OSError."""
    name = secrets.token_urlsafe(24) + _SUFFIX
    target, digest, size = directory() / name, hashlib.sha256(), 0

    def blocks() -> Iterator[bytes]:
        nonlocal size
        with finished.open("rb") as source:
            while block := source.read(_BLOCK):
                digest.update(block)
                size += len(block)
                yield block

    sealed = finished.with_name(name)
    with open(sealed, "wb", opener=_private) as out:
        for piece in encrypt_stream(blocks(), _CONTEXT):
            out.write(piece)
        _sync(out)
    failpoints.hit("export.before_rename")
    _put(sealed, target)
    return Kept(name, size, digest.hexdigest())


def hand_over(finished: Path, out: Path) -> tuple[int, str]:
    """Give a finished file its place outside the product, unsealed; returns (size, sha256). Raises OSError."""
    with finished.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
        _sync(source)
    failpoints.hit("export.before_rename")
    size = finished.stat().st_size
    _put(finished, out)
    return size, digest


def content(name: str) -> Iterator[bytes]:
    """The plain bytes of a kept file. Raises FileNotFoundError at once, UnreadableValue where it was tampered with."""
    source = (directory() / name).open("rb")

    def pieces() -> Iterator[bytes]:
        with source:
            yield from decrypt_stream(source.read, _CONTEXT)

    return pieces()


def remove(name: str) -> None:
    """Remove a kept file; nothing happens when it is gone."""
    (directory() / name).unlink(missing_ok=True)


def sweep(known: set[str]) -> int:
    """Remove what no record knows and nobody can still be writing; returns how many entries went."""
    limit, gone = time.time() - STALE_HOURS * 3600, 0
    for entry in directory().iterdir():
        if entry.name in known or entry.stat().st_mtime > limit:
            continue
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
        gone += 1
    return gone


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(handle) -> None:
    handle.flush()
    os.fsync(handle.fileno())


def _put(source: Path, target: Path) -> None:
    """Rename, and make the rename itself survive a power cut."""
    os.replace(source, target)
    place = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
