"""The uploaded file between check and apply: sealed on disk, named by a token that stands in the uploader's session.

What lives here: storing, opening, removing, clearing away what was left. What does not: what is in it.
"""

import os
import re
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from erp_site.shared.crypto import decrypt_stream, encrypt_stream

CONTEXT = "organisation.file"
KEPT_SECONDS = 24 * 3600
_TOKEN = re.compile(r"[0-9a-f]{32}")


def _folder() -> Path:
    path = Path(settings.FILES_DIR) / "organisation"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def _place(token: str) -> Path | None:
    return _folder() / f"{token}.sealed" if _TOKEN.fullmatch(token) else None


def keep(content: Iterator[bytes]) -> str:
    """Seal the content; returns its token."""
    token = uuid.uuid4().hex
    with open(_place(token), "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        for piece in encrypt_stream(content, CONTEXT):
            file.write(piece)
    return token


@contextmanager
def opened(token: str) -> Iterator[str | None]:
    """The path of an unsealed copy for as long as the block lasts; None when it is gone."""
    place = _place(token)
    if place is None or not place.is_file():
        yield None
        return
    workplace = Path(settings.DATA_DIR) / "tmp"
    workplace.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=workplace, prefix="organisation-") as copy:
        with open(place, "rb") as sealed:
            for block in decrypt_stream(sealed.read, CONTEXT):
                copy.write(block)
        copy.flush()
        yield copy.name


def remove(token: str) -> None:
    place = _place(token)
    if place is not None:
        place.unlink(missing_ok=True)


def tidy() -> int:
    """Remove what nobody went on with within a day; returns how many files."""
    before, count = time.time() - KEPT_SECONDS, 0
    for path in _folder().glob("*.sealed"):
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            count += 1
    return count
