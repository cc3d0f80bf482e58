"""A log as somebody reads it: conditions, pages by key, rows in words.

What lives here: the three logs as values (``ACCESS``, ``CHANGES``, ``LOGINS``), which rows a condition leaves, one page of them. What does not: HTML
(``views``), files (``exporting``), what stands out (``unusual``).

A page is found by the key of the row at its edge, never by counting, and every condition has an index that also holds the order; so the
last page of ten million rows costs what the first one costs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp_site.shared.errors import BusinessError

from ..models import AccessRecord, LoginRecord, RightChange, User
from .changes import KIND_LABELS, label_of

PAGE = 50
_SHOWN = 20  # entries of a list that a cell holds


@dataclass(frozen=True)
class Column:
    """``text`` gives a row's cell; ``css`` is the class of the cell."""

    key: str
    label: str | Promise
    text: Callable[[Any], str]
    css: str = ""


@dataclass(frozen=True)
class Log:
    """``people``: columns that may name the person who is asked for; ``filters``: names of the form's fields that it has."""

    key: str
    label: str | Promise
    model: type[Model]
    people: tuple[str, ...]
    filters: tuple[str, ...]
    kinds: Callable[[], list[tuple[str, Any]]]
    columns: tuple[Column, ...]
    related: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """The conditions: whole days of the installation's time zone, both included."""

    person: User | None = None
    kind: str = ""
    since: date | None = None
    until: date | None = None
    customer_id: int | None = None
    address: str = ""


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    next_key: str
    previous_key: str


def rows(log: Log, asked: Asked, *, ledger_id: int | None = None, people: QuerySet | None = None) -> QuerySet:
    """The rows that the conditions leave, in no order. ``ledger_id``: of one set; ``people``: only these users' (of a log without sets)."""
    found = log.model.objects.all()
    if ledger_id is not None and people is None:
        found = found.filter(ledger_id=ledger_id)
    if people is not None:
        found = found.filter(user_id__in=people)
    if asked.person is not None:
        named = Q()
        for column in log.people:
            named |= Q(**{f"{column}_id": asked.person.pk})
        found = found.filter(named)
    if asked.kind:
        found = found.filter(kind=asked.kind)
    if asked.since:
        found = found.filter(at__gte=begin_of(asked.since))
    if asked.until:
        found = found.filter(at__lt=begin_of(asked.until + timedelta(days=1)))
    if asked.customer_id is not None and "customer" in log.filters:
        found = found.filter(object_id=asked.customer_id)
    if asked.address and "address" in log.filters:
        found = found.filter(address=asked.address)
    return found


def begin_of(day: date) -> datetime:
    """The first instant of a day."""
    return timezone.make_aware(datetime.combine(day, time.min))


def page(log: Log, found: QuerySet, *, after: str = "", before: str = "", size: int = PAGE) -> Page:
    """Rows after, or before, a key; the newest first. Raises BusinessError for a key that is none."""
    found = found.select_related(*log.related)
    if before:
        taken = list(_beyond(found, before, newer=True).order_by("at", "pk")[: size + 1])
        more, taken = len(taken) > size, taken[:size][::-1]
        return Page(taken, _key(taken[-1]) if taken else "", _key(taken[0]) if more else "")
    taken = list((_beyond(found, after) if after else found).order_by("-at", "-pk")[: size + 1])
    more, taken = len(taken) > size, taken[:size]
    return Page(taken, _key(taken[-1]) if more else "", _key(taken[0]) if taken and after else "")


def walk(log: Log, found: QuerySet, step: int = 2_000) -> Iterator[Any]:
    """Every row, newest first, some thousands in memory; rows that come in meanwhile are left out."""
    after = ""
    while True:
        some = page(log, found, after=after, size=step)
        yield from some.rows
        if not some.next_key:
            return
        after = some.next_key


def _key(row: Any) -> str:
    return f"{round(row.at.timestamp() * 1_000_000)}-{row.pk}"


def _beyond(found: QuerySet, key: str, *, newer: bool = False) -> QuerySet:
    """Rows on one side of the key; the plain comparison beside the exact one is what an index can follow."""
    first, _dash, second = key.partition("-")
    if not (first.isdecimal() and second.isdecimal() and len(first) < 18 and len(second) < 19):
        raise BusinessError(_("翻页的地址不完整。"), code="log.key", remedy=_("请从第一页重新打开。"))
    at = datetime.fromtimestamp(0, tz=timezone.get_current_timezone()) + timedelta(microseconds=int(first))
    pk = int(second)
    if newer:
        return found.filter(Q(at__gt=at) | Q(pk__gt=pk), at__gte=at)
    return found.filter(Q(at__lt=at) | Q(pk__lt=pk), at__lte=at)


# --- the logs -------------------------------------------------------------------------------------------------


def _at(row: Any) -> str:
    return timezone.localtime(row.at).strftime("%Y-%m-%d %H:%M:%S")


def _person(column: str, nobody: str | Promise = "—") -> Callable[[Any], str]:
    """小陈（sales1）; the name of that moment where the login is gone."""
    stored = {"user": "username", "by": "by_name"}[column]

    def text(row: Any) -> str:
        user = getattr(row, column)
        username = getattr(row, stored, "") or (user.username if user else "")
        if user is None or not user.display_name:
            return username or str(nobody)
        return f"{user.display_name}（{username}）"

    return text


def _affected(row: RightChange) -> str:
    return _person("user")(row) if row.user_id else row.user_name or row.role_name or "—"


def _ledger(row: Any) -> str:
    return row.ledger.code if row.ledger else "—"


def _number(row: Any) -> str:
    return str(row.object_id) if row.object_id is not None else ""


_TIME = Column("at", gettext_lazy("时间"), _at, "code nowrap")
_SET = Column("ledger", gettext_lazy("账套"), _ledger, "code")
_ADDRESS = Column("address", gettext_lazy("IP 地址"), lambda row: row.address, "code cell-optional")

ACCESS = Log(
    "access",
    gettext_lazy("访问日志"),
    AccessRecord,
    ("user",),
    ("person", "kind", "since", "until", "customer"),
    lambda: list(AccessRecord.Kind.choices),
    (
        _TIME,
        Column("person", gettext_lazy("用户"), _person("user", gettext_lazy("系统"))),
        Column("kind", gettext_lazy("操作"), lambda row: row.get_kind_display()),
        _SET,
        Column("customer", gettext_lazy("客户"), _number, "code"),
        Column("count", gettext_lazy("数量"), lambda row: "" if row.count is None else f"{row.count:,}", "num"),
        Column("detail", gettext_lazy("说明"), lambda row: row.detail, "cell-text"),
        _ADDRESS,
    ),
    ("user", "ledger"),
)

CHANGES = Log(
    "changes",
    gettext_lazy("权限变更日志"),
    RightChange,
    ("by", "user"),
    ("person", "kind", "since", "until"),
    lambda: [(kind, label_of(kind)) for kind in _known_kinds()],
    (
        _TIME,
        Column("by", gettext_lazy("操作人"), _person("by", gettext_lazy("系统"))),
        Column("kind", gettext_lazy("操作"), lambda row: label_of(row.kind)),
        _SET,
        Column("affected", gettext_lazy("对象"), _affected),
        Column("detail", gettext_lazy("说明"), lambda row: row.detail, "cell-text"),
    ),
    ("by", "user", "ledger"),
)

LOGINS = Log(
    "logins",
    gettext_lazy("登录日志"),
    LoginRecord,
    ("user",),
    ("person", "kind", "since", "until", "address"),
    lambda: list(LoginRecord.Kind.choices),
    (
        _TIME,
        Column("person", gettext_lazy("用户"), _person("user", gettext_lazy("（不存在的用户名）"))),
        Column("kind", gettext_lazy("结果"), lambda row: row.get_kind_display()),
        Column("address", gettext_lazy("IP 地址"), lambda row: row.address, "code"),
        Column("agent", gettext_lazy("浏览器"), lambda row: row.agent, "cell-text cell-optional"),
    ),
    ("user",),
)

LOGS = {log.key: log for log in (ACCESS, CHANGES, LOGINS)}


def _known_kinds() -> list[str]:
    return [*RightChange.Kind.values, *KIND_LABELS]


def differences(row: RightChange) -> list[tuple[str, str, str]]:
    """(what, before, after) of a change whose two sides are both plain objects, else of the change as a whole; empty without sides."""
    if row.before is None and row.after is None:
        return []
    if isinstance(row.before, dict) and isinstance(row.after, dict):
        keys = [key for key in {**row.before, **row.after} if row.before.get(key) != row.after.get(key)]
        return [(key, _text(row.before.get(key)), _text(row.after.get(key))) for key in keys]
    return [("", _text(row.before), _text(row.after))]


def _text(value: Any) -> str:
    if value in (None, "", [], {}):
        return "—"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        more = _(" 等 %(count)s 项") % {"count": f"{len(value):,}"} if len(value) > _SHOWN else ""
        return "、".join(map(_text, value[:_SHOWN])) + more
    if isinstance(value, dict):
        return "；".join(f"{key}：{_text(each)}" for key, each in value.items())
    return str(value)
