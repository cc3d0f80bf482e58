"""Files that own fields of a set hold: taken in, kept sealed outside the web root, given back to whoever may see their customer.

What lives here: which files are taken, where they lie, who may have one, and taking one away. What does not: HTTP (``views.files``), and which field
holds which file (the row's JSON).
"""

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from erp_site.shared.crypto import decrypt_stream, encrypt_stream
from erp_site.shared.errors import BusinessError
from permissions.actor import Actor
from permissions.rights import Right

from ..fields import Catalogue, Type
from ..models import Customer, CustomValue, StoredFile
from ..rules.text import clean_text

MOST_BYTES = 20 * 1024 * 1024
_CONTEXT = "own.file"
_HEAD = 4096


@dataclass(frozen=True)
class Kind:
    """A kind of file: how it is sent, and by which first bytes it is known (none: plain text)."""

    content_type: str
    begins: tuple[bytes, ...] = ()


_ZIP, _OLE = (b"PK\x03\x04",), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
_OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS: dict[str, Kind] = {
    "pdf": Kind("application/pdf", (b"%PDF-",)),
    "png": Kind("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": Kind("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": Kind("image/jpeg", (b"\xff\xd8\xff",)),
    "gif": Kind("image/gif", (b"GIF87a", b"GIF89a")),
    "bmp": Kind("image/bmp", (b"BM",)),
    "tif": Kind("image/tiff", (b"II*\x00", b"MM\x00*")),
    "tiff": Kind("image/tiff", (b"II*\x00", b"MM\x00*")),
    "webp": Kind("image/webp", (b"RIFF",)),
    "docx": Kind(f"{_OFFICE}wordprocessingml.document", _ZIP),
    "xlsx": Kind(f"{_OFFICE}spreadsheetml.sheet", _ZIP),
    "pptx": Kind(f"{_OFFICE}presentationml.presentation", _ZIP),
    "zip": Kind("application/zip", _ZIP),
    "doc": Kind("application/msword", _OLE),
    "xls": Kind("application/vnd.ms-excel", _OLE),
    "ppt": Kind("application/vnd.ms-powerpoint", _OLE),
    "ofd": Kind("application/ofd", _ZIP),
    "txt": Kind("text/plain"),
    "csv": Kind("text/csv"),
}


def store(upload: Any, *, ledger, by: Actor) -> StoredFile:
    """Take in an uploaded file (``name``, ``size``, ``chunks()``); it belongs to nobody until a field holds its token.

    Raises NotAllowed, BusinessError for a set that takes no data and for a file that is empty, too big, of another kind than its
    name says, or of a kind that is not taken.
    """
    if not by.can(Right.EDIT):
        by.require(Right.ADD)
    ledger.require_writable()
    name = _name(upload.name)
    kind = _kind(name)
    if upload.size > MOST_BYTES:
        raise _too_big()
    token = secrets.token_urlsafe(24)
    target = _place(token)
    measured = _Measured(upload.chunks(), kind, name)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with open(target, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            for piece in encrypt_stream(measured, _context(token)):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        if not measured.size:
            raise BusinessError(_("文件「%(name)s」是空的。") % {"name": name}, code="file.empty", field="file")
        return StoredFile.objects.create(
            ledger=ledger,
            token=token,
            name=name,
            content_type=kind.content_type,
            size=measured.size,
            sha256=measured.digest.hexdigest(),
            by_id=by.user_id,
        )
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def content(file: StoredFile) -> Iterator[bytes]:
    """The plain bytes. Raises FileNotFoundError at once, UnreadableValue where the file was tampered with."""
    source = _place(file.token).open("rb")

    def pieces() -> Iterator[bytes]:
        with source:
            yield from decrypt_stream(source.read, _context(file.token))

    return pieces()


def remove(file: StoredFile) -> None:
    """Take a file away for ever; the caller knows that nobody holds or held it. The row goes first: bytes without a row are a stray."""
    file.delete()
    _place(file.token).unlink(missing_ok=True)


def remove_strays(before: datetime) -> int:
    """Remove sealed files older than ``before`` that have no row (a crash came between the two); returns how many."""
    removed = 0
    for folder in sorted((Path(settings.FILES_DIR) / "own").glob("*")):
        old = {path.stem: path for path in folder.glob("*.sealed") if path.stat().st_mtime < before.timestamp()}
        known = set(StoredFile.objects.filter(token__in=old).values_list("token", flat=True))
        for token in old.keys() - known:
            old[token].unlink(missing_ok=True)
            removed += 1
    return removed


def visible(token: str, catalogue: Catalogue, actor: Actor) -> StoredFile | None:
    """The file, for whoever sees a customer that holds it in a field he may read, or brought it himself and uses it nowhere yet."""
    file = StoredFile.objects.filter(ledger=catalogue.ledger, token=token).first()
    if file is None:
        return None
    holders = CustomValue.objects.filter(field__ledger=catalogue.ledger, field__type=Type.FILE, text=token)
    readable = {each.custom.pk for each in catalogue.own if each.type == Type.FILE and actor.may_read(each.right_key)}
    held_by = [pk for field, pk in holders.values_list("field_id", "customer_id") if field in readable]
    if held_by and Customer.objects.visible_to(actor).filter(pk__in=held_by).exists():
        return file
    is_fresh_own = file.by_id is not None and file.by_id == actor.user_id and not holders.exists()
    return file if is_fresh_own else None


class _Measured:
    """Passes blocks on, counting and hashing them; the first one must begin as the kind of file does."""

    def __init__(self, blocks: Iterable[bytes], kind: Kind, name: str):
        self._blocks, self._kind, self._name = blocks, kind, name
        self.size, self.digest = 0, hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for block in self._blocks:
            if not self.size:
                _require_kind(block[:_HEAD], self._kind, self._name)
            self.size += len(block)
            if self.size > MOST_BYTES:
                raise _too_big()
            self.digest.update(block)
            yield block


def _require_kind(head: bytes, kind: Kind, name: str) -> None:
    """What is in the file must be what its name says: a page or program in a picture's clothes goes nowhere."""
    is_right = any(map(head.startswith, kind.begins)) if kind.begins else b"\x00" not in head
    if not is_right:
        raise BusinessError(
            _("文件「%(name)s」的内容与扩展名不符。") % {"name": name},
            code="file.content",
            field="file",
            remedy=_("请用原来的程序重新保存后再上传。"),
        )


def _name(given: str) -> str:
    """The file's own name, without directories and signs that a file name cannot hold."""
    name = clean_text(PurePosixPath(str(given).replace("\\", "/")).name)
    return "".join(sign for sign in name if sign.isprintable() and sign not in '<>:"|?*')[-200:] or _("未命名")


def _kind(name: str) -> Kind:
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending not in KINDS:
        raise BusinessError(
            _("不能上传「%(ending)s」类型的文件。") % {"ending": ending or _("没有扩展名")},
            code="file.kind",
            field="file",
            remedy=_("可以上传：%(endings)s。") % {"endings": "、".join(KINDS)},
        )
    return KINDS[ending]


def _too_big() -> BusinessError:
    return BusinessError(
        _("文件超过 %(limit)s MB 的上限。") % {"limit": MOST_BYTES // 1024 // 1024}, code="file.too_big", field="file"
    )


def _place(token: str) -> Path:
    return Path(settings.FILES_DIR) / "own" / token[:2] / f"{token}.sealed"


def _context(token: str) -> str:
    return f"{_CONTEXT}.{token}"
