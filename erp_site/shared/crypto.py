"""Encryption of sensitive values at rest, and keyed hashes by which they can still be found.

What lives here: the cipher (AES-256-GCM with key ids for rotation), the model field that applies it, and the
keyed hash behind match keys and search tokens. What does not: masking (``permissions.masking``) and which
fields are sensitive (``customers.fields``).

A stored value reads ``v1.<key id>.<base64url(nonce + ciphertext + tag)>``. The additional data is the field's
*context* ("bank_account.account"), so a ciphertext moved to another column does not decrypt; the pk is left out on
purpose, because history rows are copied from live rows inside the database.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable, Iterator
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

VERSION = "v1"


class UnreadableValue(Exception):
    """A stored value was made with a key that this installation does not have, or was tampered with."""


def _derive(secret: str, purpose: str) -> bytes:
    return hashlib.blake2b(purpose.encode(), key=hashlib.sha256(secret.encode()).digest(), digest_size=32).digest()


@lru_cache(maxsize=1)
def _ciphers() -> tuple[str, dict[str, AESGCM]]:
    """(id of the writing key, every known key by id)."""
    ciphers = {}
    for pair in settings.FIELD_KEYS:
        key_id, _, secret = pair.partition(":")
        ciphers[key_id] = AESGCM(_derive(secret, "field encryption"))
    return next(iter(ciphers)), ciphers


@lru_cache(maxsize=1)
def _keyed():
    """The hash with the installation's key already taken in; copies of it do the work."""
    return hashlib.blake2b(key=_derive(settings.BLIND_INDEX_KEY, "blind index"), digest_size=8)


def encrypt_bytes(data: bytes, context: str) -> bytes:
    """Ciphertext of ``data`` as ``version.key id.`` followed by raw bytes."""
    key_id, ciphers = _ciphers()
    nonce = os.urandom(12)
    return f"{VERSION}.{key_id}.".encode() + nonce + ciphers[key_id].encrypt(nonce, data, context.encode())


def decrypt_bytes(stored: bytes, context: str) -> bytes:
    """The inverse of ``encrypt_bytes``; raises UnreadableValue."""
    version, key_id, sealed = bytes(stored).split(b".", 2)
    return _open(version.decode(), key_id.decode(), sealed, context)


def encrypt(text: str, context: str) -> str:
    """Ciphertext of ``text`` for a text column."""
    key_id, ciphers = _ciphers()
    nonce = os.urandom(12)
    sealed = nonce + ciphers[key_id].encrypt(nonce, text.encode(), context.encode())
    return f"{VERSION}.{key_id}.{base64.urlsafe_b64encode(sealed).decode()}"


def decrypt(stored: str, context: str) -> str:
    """The inverse of ``encrypt``; raises UnreadableValue."""
    try:
        version, key_id, sealed = stored.split(".", 2)
        raw = base64.urlsafe_b64decode(sealed)
    except ValueError as broken:
        raise UnreadableValue(context) from broken
    return _open(version, key_id, raw, context).decode()


def _open(version: str, key_id: str, sealed: bytes, context: str) -> bytes:
    _, ciphers = _ciphers()
    if version != VERSION or key_id not in ciphers:
        raise UnreadableValue(context)
    try:
        return ciphers[key_id].decrypt(sealed[:12], sealed[12:], context.encode())
    except InvalidTag as broken:
        raise UnreadableValue(context) from broken


def encrypt_stream(chunks: Iterable[bytes], context: str) -> Iterator[bytes]:
    """Length-prefixed sealed blocks, each bound to its position and the last one marked, for files of any size."""
    position, previous = 0, None
    for chunk in chunks:
        if previous is not None:
            yield _sealed_block(previous, context, position, last=False)
            position += 1
        previous = chunk
    yield _sealed_block(previous or b"", context, position, last=True)


def _sealed_block(data: bytes, context: str, position: int, *, last: bool) -> bytes:
    block = encrypt_bytes(data, f"{context}#{position}#{last}")
    return bytes([last]) + len(block).to_bytes(4, "big") + block


def decrypt_stream(read, context: str) -> Iterator[bytes]:
    """The inverse of ``encrypt_stream``; ``read(n)`` gives bytes. Raises UnreadableValue when cut or reordered."""
    position, last = 0, False
    while not last:
        head = read(5)
        if len(head) < 5:
            raise UnreadableValue(context)
        last = bool(head[0])
        yield decrypt_bytes(read(int.from_bytes(head[1:], "big")), f"{context}#{position}#{last}")
        position += 1


def keyed_hash(*parts: str) -> int:
    """A 63-bit keyed hash (HMAC by BLAKE2b) of the parts: stable, and useless without the installation's key."""
    hasher = _keyed().copy()
    hasher.update("\x1f".join(parts).encode("utf-8", "surrogatepass"))
    return int.from_bytes(hasher.digest(), "big") >> 1


def same(left: str, right: str) -> bool:
    """Constant-time comparison of two secrets."""
    return hmac.compare_digest(left.encode(), right.encode())


class EncryptedTextField(models.TextField):
    """Text that stands encrypted in the database and plain in Python; exact look-ups go through match keys."""

    def __init__(self, *args, context: str = "", **kwargs):
        self.context = context
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        kwargs["context"] = self.context
        return name, path, args, kwargs

    def from_db_value(self, value, expression, connection):
        return decrypt(value, self.context) if value else value

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return encrypt(value, self.context) if value else value

    def get_lookup(self, lookup_name):
        """Ciphertexts differ each time, so any comparison but "is empty" would silently find nothing."""
        if lookup_name not in ("isnull",):
            raise TypeError(f"encrypted field {self.name}: look it up through its match key, not with {lookup_name}")
        return super().get_lookup(lookup_name)
