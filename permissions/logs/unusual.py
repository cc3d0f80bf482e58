"""What stands out: somebody opens far more customers than he usually does, is refused again and again, takes files out at night.

What lives here: the rules and their numbers. What does not: judging people; a line says what happened and why it is shown.

A day is asked as a range of instants, so the index answers it; the history of thirty days is read only for those who opened many
customers on the day itself.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import AccessRecord, LoginRecord
from .reading import begin_of

Kind = AccessRecord.Kind
TIMES_USUAL = 3
FEWEST_SEEN = 30  # fewer customers a day are never too many
USUAL_DAYS = 30
FEWEST_REFUSALS = 10
FEWEST_FAILURES = 10
NIGHT = (time(22), time(6))  # from, until
_OPENED = (Kind.VIEW, Kind.SENSITIVE, Kind.HISTORY, Kind.REVEAL)
_TAKEN = (Kind.EXPORT, Kind.DOWNLOAD, Kind.PRINT, Kind.LOG_EXPORT)
_MOST = 200


@dataclass(frozen=True)
class Sign:
    """One thing that stands out; ``log`` and ``kind`` lead to its rows."""

    day: date
    user_id: int | None
    username: str
    rule: str
    text: str
    log: str = "access"
    kind: str = ""


def signs(days: list[date], *, ledger_id: int | None = None) -> list[Sign]:
    """Everything that stands out on these days, in one set or all of them; the newest day first."""
    found = []
    for day in sorted(days, reverse=True):
        found += [*_too_many(day, ledger_id), *_refused(day, ledger_id), *_at_night(day, ledger_id)]
        if ledger_id is None:
            found += _failures(day)
    return found


def _of_day(day: date, ledger_id: int | None) -> QuerySet:
    rows = AccessRecord.objects.filter(at__gte=begin_of(day), at__lt=begin_of(day + timedelta(days=1)))
    return rows if ledger_id is None else rows.filter(ledger_id=ledger_id)


def _seen(day: date, ledger_id: int | None) -> QuerySet:
    """user_id, username, seen: how many different customers each opened on a day."""
    opened = _of_day(day, ledger_id).filter(kind__in=_OPENED)
    return opened.values("user_id", "username").annotate(seen=Count("object_id", distinct=True)).order_by("-seen")


def _too_many(day: date, ledger_id: int | None) -> list[Sign]:
    many = list(_seen(day, ledger_id).filter(seen__gte=FEWEST_SEEN)[:_MOST])
    usual = _usual([row["user_id"] for row in many], day, ledger_id)
    found = []
    for row in many:
        before = usual.get(row["user_id"], 0)
        if row["seen"] > TIMES_USUAL * before:
            words = {"seen": row["seen"], "usual": f"{before:g}"}
            text = _("打开了 %(seen)s 位客户；过去 30 天有查看的日子里，每天的中位数是 %(usual)s 位。") % words
            found.append(_sign(day, row, _("查看量异常"), text))
    return found


def _usual(user_ids: list[int], day: date, ledger_id: int | None) -> dict[int, float]:
    """user → median of the days before on which he opened any customer."""
    counts: dict[int, list[int]] = {}
    for back in range(1, USUAL_DAYS + 1) if user_ids else ():
        for row in _seen(day - timedelta(days=back), ledger_id).filter(user_id__in=user_ids):
            counts.setdefault(row["user_id"], []).append(row["seen"])
    return {user_id: median(seen) for user_id, seen in counts.items()}


def _refused(day: date, ledger_id: int | None) -> list[Sign]:
    rows = _of_day(day, ledger_id).filter(kind__in=(Kind.REFUSED, Kind.MISSING)).values("user_id", "username")
    rows = rows.annotate(times=Count("pk")).filter(times__gte=FEWEST_REFUSALS).order_by("-times")[:_MOST]
    text = _("被拒绝 %(times)s 次（没有权限，或打开看不到的内容）。")
    return [_sign(day, row, _("频繁被拒"), text % row, kind=Kind.REFUSED) for row in rows]


def _at_night(day: date, ledger_id: int | None) -> list[Sign]:
    begin = begin_of(day)
    late, early = (timedelta(hours=each.hour) for each in NIGHT)
    at_night = Q(at__lt=begin + early) | Q(at__gte=begin + late)
    rows = _of_day(day, ledger_id).filter(at_night, kind__in=_TAKEN).order_by("at", "pk")[:_MOST]
    return [
        _sign(
            day,
            {"user_id": row.user_id, "username": row.username},
            _("夜间导出"),
            _("%(at)s %(what)s：%(detail)s")
            % {
                "at": timezone.localtime(row.at).strftime("%H:%M"),
                "what": row.get_kind_display(),
                "detail": row.detail or "—",
            },
            kind=row.kind,
        )
        for row in rows
    ]


def _failures(day: date) -> list[Sign]:
    rows = LoginRecord.objects.filter(at__gte=begin_of(day), at__lt=begin_of(day + timedelta(days=1)))
    kinds = (LoginRecord.Kind.FAILURE, LoginRecord.Kind.LOCKED, LoginRecord.Kind.PASSWORD_FAILURE)
    rows = rows.filter(kind__in=kinds).values("user_id", "username").annotate(times=Count("pk"))
    rows = rows.filter(times__gte=FEWEST_FAILURES).order_by("-times")[:_MOST]
    text = _("登录失败 %(times)s 次。")
    about = {"log": "logins", "kind": LoginRecord.Kind.FAILURE}
    return [_sign(day, row, _("频繁登录失败"), text % row, **about) for row in rows]


def _sign(day: date, row: dict[str, Any], rule: str, text: str, **more: str) -> Sign:
    return Sign(day, row["user_id"], row["username"], rule, text, **more)
