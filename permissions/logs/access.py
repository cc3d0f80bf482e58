"""Who looked at, searched, exported, printed, or was refused.

What lives here: ``note`` and how its rows reach the table. What does not: what a view shows, and reading the log (``reading``).

A record never breaks a page and never makes one wait. During a request it is kept on the request and written when the answer has gone
out (``AccessLogMiddleware``). Threads that come to write at the same time write together: one takes the queue of the process and
writes all that is in it with one statement, the others go home at once, so a busy server does not stand in line for the one writer
of SQLite. Outside a request a record is written at once. What cannot be written goes to the server's log, without values.

Searches of one person by one way within a minute are one row: a search box asks at every key.
"""

import logging
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from threading import Lock
from typing import Any

from django.db import Error, connection, transaction
from django.http import HttpRequest, HttpResponse

from erp_site.shared import logs

from ..actor import Actor
from ..models import AccessRecord, User

logger = logging.getLogger("erp.access_log")

Kind = AccessRecord.Kind
FOLD = timedelta(minutes=1)
_FOLDED = frozenset({Kind.SEARCH})
_AT_ONCE = 500
_waiting: deque[AccessRecord] = deque(maxlen=20_000)
_writing = Lock()


def note(
    actor_or_user: Actor | User | None,
    kind: str,
    *,
    ledger_id: int | None = None,
    object_id: int | None = None,
    count: int | None = None,
    detail: str = "",
    request: HttpRequest | None = None,
) -> None:
    """Record an access; raises nothing. ``object_id``: a customer. ``detail``: names of fields and pages, never a value or what was typed.

    With ``request`` the row is written when the answer has gone out. Of a simulation the row names who looks, not whose eyes he has.
    """
    record = _record(actor_or_user, kind, ledger_id, object_id, count, detail)
    if record is None:
        return
    if request is None:
        _write([record])
        return
    record.address = request.META.get("REMOTE_ADDR", "")[:45]
    record.request_id = record.request_id or getattr(request, "request_id", "")
    if not hasattr(request, "access_records"):
        _write([record])  # no middleware around: a view called by hand
        return
    request.access_records.append(record)


def _record(whom: Any, kind: str, ledger_id, object_id, count, detail) -> AccessRecord | None:
    actor = whom if isinstance(whom, Actor) else None
    user = actor.user if actor else whom
    detail = str(detail)
    if actor and actor.seen_by:
        user, detail = actor.seen_by.user, f"[{actor.user.get_username()}] {detail}"
    if user is None or not user.is_authenticated:
        if kind != Kind.EXPORT:
            return None  # the system is no reader, but a file that it wrote is one more copy
        user = None
    return AccessRecord(
        user_id=user.pk if user else None,
        username=user.get_username() if user else "",
        ledger_id=ledger_id if ledger_id is not None else actor and actor.ledger_id,
        kind=str(kind),
        object_id=object_id,
        count=count,
        detail=detail[:300],
        door=str(actor.door) if actor else "",
        request_id=(actor.request_id if actor else "") or logs.current_request_id(),
    )


def _write(records: list[AccessRecord]) -> None:
    """Queue the rows and write what is queued, unless another thread is just doing so and takes these along.

    Inside a transaction only these are written: those of others must not depend on how it ends.
    """
    if connection.in_atomic_block:
        _insert(records)
        return
    _waiting.extend(records)
    while _waiting and _writing.acquire(blocking=False):
        try:
            _drain()
        finally:
            _writing.release()


def _drain() -> None:
    rows = []
    while _waiting and len(rows) < _AT_ONCE:
        rows.append(_waiting.popleft())
    _insert(rows)


def _insert(rows: list[AccessRecord]) -> None:
    try:
        with transaction.atomic():
            rows = _unfolded(rows)
            AccessRecord.objects.bulk_create(rows)
    except Error as problem:
        fields = {"lost": len(rows), "kinds": ",".join(sorted({row.kind for row in rows}))}
        logger.error("access records lost: %s", type(problem).__name__, extra={"fields": fields})


def _unfolded(rows: list[AccessRecord]) -> list[AccessRecord]:
    """The rows without searches that the same person made in the same way within the minute before."""
    kept, seen = [], set()
    for row in rows:
        if row.kind in _FOLDED:
            same = {"user_id": row.user_id, "ledger_id": row.ledger_id, "kind": row.kind, "detail": row.detail}
            key = tuple(same.values())
            if key in seen or AccessRecord.objects.filter(**same, at__gt=row.at - FOLD, at__lte=row.at).exists():
                continue
            seen.add(key)
        kept.append(row)
    return kept


class AccessLogMiddleware:
    """Writes what a request has noted, when its answer has gone out."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.access_records = []
        response = self.get_response(request)
        if response.status_code in _REFUSALS:
            _note_refusal(request, _REFUSALS[response.status_code])
        if request.access_records:
            _write_when_closed(response, request.access_records)
        return response


_REFUSALS = {HTTPStatus.FORBIDDEN: Kind.REFUSED, HTTPStatus.NOT_FOUND: Kind.MISSING}


def _note_refusal(request: HttpRequest, kind: str) -> None:
    """Who was told 403, anywhere, or 404 within an account set; the row names the page, and the customer if it is about one."""
    user, route = getattr(request, "user", None), request.resolver_match
    ledger = getattr(request, "ledger", None) or getattr(request, "closed_ledger", None)
    if route is None or user is None or not user.is_authenticated or (ledger is None and kind == Kind.MISSING):
        return
    about_customer = (route.url_name or "").startswith("customer_")
    pk = route.kwargs.get("pk") if about_customer else None
    note(
        getattr(request, "actor", None) or user,
        kind,
        ledger_id=ledger.pk if ledger else None,
        object_id=pk if isinstance(pk, int) and pk < 2**63 else None,
        detail=f"{request.method} {route.view_name}",
        request=request,
    )


def _write_when_closed(response: HttpResponse, records: list[AccessRecord]) -> None:
    finish = response.close

    def close() -> None:
        try:
            _write(records)
        finally:
            finish()

    response.close = close
