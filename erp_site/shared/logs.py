"""Log lines as JSON on stderr: who, which request, which ledger, what, and no personal data.

What lives here: the formatter and the context that a request or a job lays around its log lines. What does not: where
lines go and from which level (settings), the business log (rows in the database).

Three nets keep personal data out, whatever a caller passes: queries of addresses are cut off, long digit runs and e-mail
addresses are blotted out, and of an exception only the type and the places in the code are written, because messages of
databases and parsers repeat the values that they stumbled over.
"""

import contextlib
import json
import logging
import re
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.utils import InterfaceError, OperationalError

_QUERY = re.compile(r"(/[^\s?\"']*)\?[^\s\"']*")
_PERSONAL = re.compile(r"(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![0-9A-Za-z])\d{7,}[0-9Xx]*(?![0-9A-Za-z])")
_HARMLESS = (OperationalError, InterfaceError, OSError, ImportError, AttributeError, NameError, MemoryError)
_MAX_MESSAGE = 4000
_MAX_FRAMES = 30


@dataclass
class LogContext:
    """What every line inside a request or a job carries. A request tells user and ledger as soon as it knows them."""

    request_id: str
    user_id: int | None = None
    ledger: str = ""
    request: Any = None

    def user(self) -> int | None:
        """Primary key of who is acting, without causing a query."""
        found = getattr(self.request, "_cached_user", None)
        return self.user_id if found is None else found.pk

    def ledger_code(self) -> str:
        """Code of the ledger that the request or job is about."""
        return self.ledger or getattr(getattr(self.request, "ledger", None), "code", "")


_context: ContextVar[LogContext | None] = ContextVar("log_context", default=None)


@contextlib.contextmanager
def context(request_id: str, **about: Any) -> Iterator[LogContext]:
    """Mark the log lines of the block; ``about``: ``user_id``, ``ledger`` or ``request``."""
    found = LogContext(request_id, **about)
    token = _context.set(found)
    try:
        yield found
    finally:
        _context.reset(token)


def current_request_id() -> str:
    """The id of the request or job that is running, empty outside of both."""
    current = _context.get()
    return current.request_id if current else ""


def redact(text: str) -> str:
    """``text`` without address queries, e-mail addresses and runs of seven or more digits."""
    if "?" in text:
        text = _QUERY.sub(r"\1", text)
    return _PERSONAL.sub("***", text)


def frames(error: BaseException) -> list[str]:
    """Where it happened: the innermost places as ``file:line function``, without values."""
    places = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    return [f"{place.filename}:{place.lineno} {place.name}" for place in places]


def describe(error: BaseException) -> dict[str, Any]:
    """Type and places of an exception, with its message only where the kind never holds customer data."""
    about: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}", "frames": frames(error)}
    if isinstance(error, _HARMLESS):
        text = error.strerror if isinstance(error, OSError) else str(error)  # an OSError's text names the file
        about["message"] = redact((text or "").partition("\n")[0])[:_MAX_MESSAGE]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and cause is not error:
        about["cause"] = f"{type(cause).__module__}.{type(cause).__qualname__}"
    return about


class JsonFormatter(logging.Formatter):
    """One record, one line: ``time level logger message pid`` and, where known, ``request_id user ledger error``.

    ``logger.info("…", extra={"fields": {…}})`` adds fields of its own.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON; never raises for a badly formed record."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(self._message(record))[:_MAX_MESSAGE],
            "pid": record.process,
        }
        current = _context.get()
        if current is not None:
            line |= {"request_id": current.request_id, "user": current.user(), "ledger": current.ledger_code()}
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe(record.exc_info[1])
        return json.dumps(
            {key: value for key, value in line.items() if value not in (None, "")}, default=str, ensure_ascii=False
        )

    @staticmethod
    def _message(record: logging.LogRecord) -> str:
        try:
            return record.getMessage()
        except (TypeError, ValueError):
            return f"{record.msg} (arguments do not fit)"
