"""How often somebody may try a password, counted before the password is looked at.

What lives here: the limits, reserving an attempt, giving it back after a success, unlocking. What does not: the login page and
its words beside the refusal (``erp_site.accounts``).

An attempt is reserved by one conditional UPDATE per limit, so thirty requests at once get no more than a limit allows, and
nothing depends on whether the user exists. An attempt that is refused costs nothing: who hammers a locked account cannot
lock its owner out elsewhere. The client is ``REMOTE_ADDR``; headers that a client can write are not believed.
"""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.crypto import keyed_hash
from erp_site.shared.errors import BusinessError

from .models import LoginGuard


@dataclass(frozen=True)
class Limit:
    """``count`` attempts within ``window``; the last of them holds the key for ``lock`` (else until the window ends)."""

    name: str
    count: int
    window: timedelta
    lock: timedelta | None = None


PER_ADDRESS = Limit("address", 50, timedelta(hours=1))
PER_USER_AND_ADDRESS = Limit("user+address", 5, timedelta(minutes=15), lock=timedelta(minutes=30))
PER_USER = Limit("user", 20, timedelta(hours=1))

# A password hash takes memory and a core for a while; more of them at once than this only make all of them slower.
_hashing = threading.BoundedSemaphore(2)
_PATIENCE = 10.0  # seconds


class TooManyAttempts(BusinessError):
    """No further attempt now."""

    code = "login.locked"
    status = HTTPStatus.TOO_MANY_REQUESTS


class Busy(BusinessError):
    """Too many passwords are being checked at this moment."""

    code = "login.busy"
    status = HTTPStatus.SERVICE_UNAVAILABLE


@dataclass(frozen=True)
class Attempt:
    """A reserved attempt. It counts as failed unless ``succeeded`` or ``give_back`` is called."""

    keys: dict[str, int]

    def succeeded(self) -> None:
        """Forget the failures of this user at this address, and do not count this attempt anywhere else."""
        self.give_back()
        LoginGuard.objects.filter(pk=self.keys[PER_USER_AND_ADDRESS.name]).delete()

    def give_back(self) -> None:
        """As if the attempt had not been made."""
        LoginGuard.objects.filter(pk__in=self.keys.values(), attempts__gt=0).update(attempts=F("attempts") - 1)


def reserve(username: str, address: str) -> Attempt:
    """Reserve one attempt under every limit, or none; raises TooManyAttempts with the minutes to wait.

    ``username`` as typed, ``address`` the client's IP address as text.
    """
    now = timezone.now()
    network, account = _network(address), _account(username)
    both = keyed_hash("login", PER_USER_AND_ADDRESS.name, str(account), network)
    with transaction.atomic():
        # The address comes first: once it is used up, invented user names leave no rows behind.
        keys = {
            PER_ADDRESS.name: _take(PER_ADDRESS, keyed_hash("login", PER_ADDRESS.name, network), None, now),
            PER_USER_AND_ADDRESS.name: _take(PER_USER_AND_ADDRESS, both, account, now),
            PER_USER.name: _take(PER_USER, account, account, now),
        }
    return Attempt(keys)


def _take(limit: Limit, key: int, account: int | None, now: datetime) -> int:
    """Count one more attempt under ``key``, which is returned; raises TooManyAttempts."""
    fresh = LoginGuard(key=key, account=account, attempts=0, ends_at=now)
    LoginGuard.objects.bulk_create([fresh], ignore_conflicts=True)
    row = LoginGuard.objects.filter(pk=key)
    counted = {"attempts": F("attempts") + 1}
    if limit.lock:
        last = When(attempts=limit.count - 1, then=Value(now + limit.lock))
        counted["ends_at"] = Case(last, default=F("ends_at"))
    taken = row.filter(ends_at__lte=now).update(attempts=1, ends_at=now + limit.window)
    taken = taken or row.filter(ends_at__gt=now, attempts__lt=limit.count).update(**counted)
    if not taken:
        ends_at = row.values_list("ends_at", flat=True).first() or now
        minutes = max(1, -(-int((ends_at - now).total_seconds()) // 60))
        raise TooManyAttempts(
            _("登录尝试次数过多，请 %(minutes)s 分钟后再试，或联系管理员解除锁定。") % {"minutes": minutes}
        )
    return key


@contextmanager
def hashing() -> Iterator[None]:
    """Around the check of a password: only a few at once in one process; raises Busy after ten seconds of waiting."""
    if not _hashing.acquire(timeout=_PATIENCE):
        raise Busy(_("登录的人太多，系统暂时忙不过来。请稍后再试。"))
    try:
        yield
    finally:
        _hashing.release()


def unlock(username: str) -> int:
    """Forget every failed attempt of this user name, wherever it came from; returns how many rows went."""
    return LoginGuard.objects.filter(account=_account(username)).delete()[0]


def prune(before: datetime) -> int:
    """Remove what ended before that instant; returns how many rows went."""
    return LoginGuard.objects.filter(ends_at__lt=before).delete()[0]


def _account(username: str) -> int:
    folded = unicodedata.normalize("NFKC", username).strip().casefold()
    return keyed_hash("login", PER_USER.name, folded)


def _network(address: str) -> str:
    """The address; of IPv6 the /64, which is the least that one customer of a provider holds."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address  # a local socket has no address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ip_network((found, 64), strict=False))
    return str(found)
