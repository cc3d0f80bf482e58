"""The file itself: it arrives in pieces, stands sealed on disk, and is opened for the parser without leaving a trace.

What lives here: storing, opening and removing. What does not: what is in it (``inspecting``).
"""

import hashlib
import os
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from erp_site.shared.crypto import decrypt_stream, encrypt_stream
from erp_site.shared.errors import BusinessError
from permissions.actor import Actor
from permissions.rights import Right

from ..models import ImportBatch

BLOCK = 1024 * 1024
CONTEXT = "import.file"
STRAY_AGE = 24 * 3600  # seconds


def folder() -> Path:
    """Where sealed originals stand; readable by the product's own user only."""
    path = Path(settings.FILES_DIR) / "imports"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def receive(ledger, *, by: Actor, name: str, blocks: Iterable[bytes]) -> ImportBatch:
    """Take a file in and make its batch; raises NotAllowed, or BusinessError for a set that takes no data or a file too big."""
    by.require(Right.IMPORT)
    ledger.require_writable()
    stored = f"{uuid.uuid4().hex}.sealed"
    measured = _Measured(blocks)
    target = folder() / stored
    try:
        with open(target, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            for piece in encrypt_stream(measured, CONTEXT):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return ImportBatch.objects.create(
        ledger=ledger,
        created_by=by.user,
        door=by.door,
        file_name=os.path.basename(name.replace("\\", "/"))[-200:] or _("未命名"),
        file_size=measured.size,
        sha256=measured.digest.hexdigest(),
        stored_name=stored,
    )


class _Measured:
    """Passes blocks on, counting and hashing them; raises BusinessError beyond the allowed size."""

    def __init__(self, blocks: Iterable[bytes]):
        self._blocks = blocks
        self.size = 0
        self.digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        limit = settings.IMPORT_MAX_FILE_MB
        for block in self._blocks:
            self.size += len(block)
            if self.size > limit * BLOCK:
                raise BusinessError(
                    _("文件超过 %(limit)s MB 的上限。") % {"limit": limit},
                    code="import.too_big",
                    field="file",
                    remedy=_("请拆分成几个文件，分别导入。"),
                )
            self.digest.update(block)
            yield block


def blocks_of(file) -> Iterator[bytes]:
    """The content of an open binary file in blocks."""
    return iter(lambda: file.read(BLOCK), b"")


@contextmanager
def plain(batch: ImportBatch) -> Iterator[str]:
    """The path of an unsealed copy, for as long as the block lasts.

    The copy has no name in any directory where the system allows it, so that not even a killed process leaves it behind.
    """
    if not batch.stored_name or not (folder() / batch.stored_name).is_file():
        raise BusinessError(_("原文件已不在服务器上。"), code="import.file_gone", remedy=_("请重新上传文件。"))
    with _unnamed_file() as copy:
        with open(folder() / batch.stored_name, "rb") as sealed:
            for block in decrypt_stream(sealed.read, CONTEXT):
                copy.write(block)
        copy.flush()
        yield _path_of(copy)


def original(batch: ImportBatch) -> Iterator[bytes]:
    """The file as it came, block by block."""
    with open(folder() / batch.stored_name, "rb") as sealed:
        yield from decrypt_stream(sealed.read, CONTEXT)


def _unnamed_file():
    workplace = Path(settings.DATA_DIR) / "tmp"
    workplace.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.path.isdir("/proc/self/fd"):
        return tempfile.TemporaryFile(dir=workplace)
    return tempfile.NamedTemporaryFile(dir=workplace, prefix="import-")


def _path_of(file) -> str:
    by_number = f"/proc/{os.getpid()}/fd/{file.fileno()}"
    return by_number if os.path.isdir("/proc/self/fd") else file.name


def remove(batch: ImportBatch) -> None:
    """Take the stored file away; the batch's row and log stay."""
    if batch.stored_name:
        (folder() / batch.stored_name).unlink(missing_ok=True)
        batch.stored_name = ""
        batch.save(update_fields=["stored_name"])


def strays() -> list[Path]:
    """Sealed files that no batch names, left by uploads that were cut off; younger ones may be under way."""
    before = time.time() - STRAY_AGE
    old = [path for path in folder().glob("*.sealed") if path.stat().st_mtime < before]
    names = [path.name for path in old]
    known = set(ImportBatch.objects.filter(stored_name__in=names).values_list("stored_name", flat=True))
    return [path for path in old if path.name not in known]
