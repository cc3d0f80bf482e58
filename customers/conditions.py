"""Filters of the list that ask about the parts of a customer and today's date, not about one of his columns.

What lives here: 证照到期, 冻结 and 共享: who may use them, what may be chosen, and the condition. What does not: filters by a field of the catalogue
(``listing``), and how a filter looks (``views.filter_bar``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from permissions.actor import Actor

from .models import Block, Licence
from .services import blocks

Pairs = list[tuple[str, str]]

ENDED, SOON, BLOCKED = "ended", "soon", "any"
TO_ME, BY_ME = "to-me", "by-me"
# So many ids are handed to the database as they are: the list then never walks past customers that do not count.
FEW = 2_000
MOST_DAYS = 3650


@dataclass(frozen=True)
class Condition:
    """``rights``: fields that its user must be able to read; ``options`` of a set; ``rows``: the rows of a part that a value means."""

    key: str
    label: str | Promise
    rights: tuple[str, ...]
    options: Callable[[object], Pairs]
    rows: Callable[[object, str], QuerySet | None]

    def may_be_used(self, actor: Actor) -> bool:
        return all(actor.may_read(right) for right in self.rights)

    def q(self, ledger, value: str, actor: Actor) -> Q:
        """The condition on customers; nobody for a value that means nothing."""
        rows = self.rows(ledger, value)
        if rows is None:
            return Q(pk__in=[])
        ids = rows.values_list("customer_id", flat=True)
        few = list(ids.distinct()[: FEW + 1])
        return Q(pk__in=few) if len(few) <= FEW else Q(pk__in=ids)

    def text(self, ledger, value: str) -> str:
        """A value in words."""
        known = dict(self.options(ledger))
        return str(known.get(value) or (_days(value) if value.isdecimal() else value))


def get(key: str) -> Condition | None:
    return CONDITIONS.get(key)


def _days(days: str | int) -> str:
    return _("%(days)s 天内到期") % {"days": days}


# --- 证照到期 -----------------------------------------------------------------------------------------------------------


def _licence_options(ledger) -> Pairs:
    soon = ledger.parameter("licence_warning_days")
    return [(ENDED, _("已过期")), (SOON, _days(soon)), *((str(days), _days(days)) for days in (60, 90) if days > soon)]


def _licences(ledger, value: str) -> QuerySet | None:
    today = ledger.today()
    ended = Licence.objects.filter(ledger=ledger)
    if value == ENDED:
        return ended.filter(ends_on__lt=today)
    days = ledger.parameter("licence_warning_days") if value == SOON else int(value) if value.isdecimal() else -1
    if not 0 <= days <= MOST_DAYS:
        return None
    return ended.filter(ends_on__range=(today, today + timedelta(days=days)))


# --- 冻结 -----------------------------------------------------------------------------------------------------------------


def _block_options(ledger) -> Pairs:
    return [
        (BLOCKED, _("有冻结")),
        *((value, _("不能%(process)s") % {"process": label}) for value, label in Block.Process.choices[:-1]),
        (Block.Process.ALL, _("全部业务已冻结")),
    ]


def _blocks(ledger, value: str) -> QuerySet | None:
    rows = Block.objects.filter(blocks.open_on(ledger.today()), ledger=ledger)
    if value == BLOCKED:
        return rows
    if value not in Block.Process.values:
        return None
    return rows.filter(process__in={value, Block.Process.ALL})


# --- 共享 -----------------------------------------------------------------------------------------------------------------


class Shared(Condition):
    """What was shared with whoever asks, and what he has shared with others."""

    def q(self, ledger, value: str, actor: Actor) -> Q:
        from .access import sharing

        if value == TO_ME:
            return sharing.shared_with(actor)
        return sharing.shared_by(actor) if value == BY_ME else Q(pk__in=[])


def _share_options(ledger) -> Pairs:
    return [(TO_ME, _("共享给我的")), (BY_ME, _("我共享给别人的"))]


CONDITIONS: dict[str, Condition] = {
    each.key: each
    for each in (
        Shared("shared", gettext_lazy("共享"), (), _share_options, lambda ledger, value: None),
        Condition("licence", gettext_lazy("证照到期"), ("licences.ends_on",), _licence_options, _licences),
        Condition("blocked", gettext_lazy("冻结"), ("blocks.process",), _block_options, _blocks),
    )
}
