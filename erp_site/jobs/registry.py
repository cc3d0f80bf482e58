"""Which kinds of job exist, and the function that runs each.

What lives here: ``@job`` and look-up. What does not: rows and running. Apps keep their handlers in a module ``jobs`` that
is imported when all apps are ready.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .running import RunningJob

Handler = Callable[["RunningJob"], dict[str, Any] | None]


@dataclass(frozen=True)
class Kind:
    """One kind of job. ``silence``: seconds a handler may work without a report before it counts as stuck."""

    name: str
    handler: Handler
    max_attempts: int
    silence: float
    cron: str


class UnknownKind(LookupError):
    """No handler is registered under this name."""


_kinds: dict[str, Kind] = {}


def job(name: str, *, max_attempts: int = 3, silence: float = 1800, cron: str = "") -> Callable[[Handler], Handler]:
    """Register ``def run(job: RunningJob) -> dict | None`` as the handler of ``name`` ("import.write").

    ``max_attempts``: how often it may fail or be killed before the job is FAILED. ``cron``: a schedule that exists as
    soon as a worker has started ("17 3 * * *", in the product's time zone). What the handler returns becomes ``Job.result``.
    """

    def register(handler: Handler) -> Handler:
        known = _kinds.get(name)
        if known is not None and known.handler is not handler:
            raise ValueError(f"job kind {name!r} is registered twice")
        _kinds[name] = Kind(name, handler, max_attempts, silence, cron)
        return handler

    return register


def kind_of(name: str) -> Kind:
    """The kind registered as ``name``; raises UnknownKind."""
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownKind(name) from None


def all_kinds() -> list[Kind]:
    """Every registered kind, by name."""
    return [_kinds[name] for name in sorted(_kinds)]
