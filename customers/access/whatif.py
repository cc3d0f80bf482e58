"""What another set of rights would change for one person, before it is given: rows, fields, rights, and conflicts of duty.

What lives here: the comparison of two actors, and actors as they would be. What does not: giving anything (``ledgers.access``), which rights
should not come together (``ledgers.access.life.duties``).

Rows are counted exactly as long as the wider of the two sees at most ``EXACT`` customers, or the difference comes from scopes of at most as many.
Beyond that a sample of customers drawn from all over the set says about how many: a page that asks "what if" must not walk a million rows.
"""

import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from django.db.models import BooleanField, Case, Max, Min, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ledgers.access import scoping
from ledgers.access.life import duties
from ledgers.models import Ledger
from permissions import naming
from permissions.actor import Actor
from permissions.grants import RoleGrant
from permissions.loading import grants_of
from permissions.models import DutyRule
from permissions.rights import Level, Right

from ..models import Customer
from ..querysets import condition_of

EXACT = 20_000  # customers looked at one by one
SAMPLE = 10_000  # keys drawn when there are more
_AT_ONCE = 5_000  # keys in one statement
_SEED = 20260315  # the same question gets the same answer


@dataclass(frozen=True)
class Count:
    """How many customers; ``is_estimate``: rounded to two figures, from a sample."""

    number: int
    is_estimate: bool = False

    def __str__(self) -> str:
        return (_("约 %(number)s") if self.is_estimate else "%(number)s") % {"number": f"{self.number:,}"}

    def __bool__(self) -> bool:
        return self.number > 0


@dataclass(frozen=True)
class FieldChange:
    label: str
    before: Level
    after: Level
    is_sensitive: bool

    @property
    def is_gain(self) -> bool:
        return self.after > self.before


@dataclass(frozen=True)
class WhatIf:
    """``fields``: every field whose level changes. ``rights`` and ``rights_lost``: by name of right. ``conflicts``: rules newly broken."""

    rows_gained: Count
    rows_lost: Count
    fields: list[FieldChange]
    rights: list[Right]
    rights_lost: list[Right]
    conflicts: list[DutyRule]

    @property
    def sensitive(self) -> list[FieldChange]:
        """Sensitive fields that could not be read whole before and could be then."""
        return [each for each in self.fields if each.is_sensitive and each.before < Level.READ <= each.after]

    @property
    def is_nothing(self) -> bool:
        return not (self.rows_gained or self.rows_lost or self.fields or self.rights or self.rights_lost)

    @property
    def sentence(self) -> str:
        """将多看到 1,204 个客户和 3 个敏感字段，与『录入/审批』冲突."""
        if self.is_nothing:
            return _("不会有任何变化。")
        said = []
        seen = (
            [ngettext("%(count)s 个客户", "%(count)s 个客户", 2) % {"count": self.rows_gained}]
            if self.rows_gained
            else []
        )
        seen += [_("%(count)s 个敏感字段") % {"count": len(self.sensitive)}] if self.sensitive else []
        if seen:
            said.append(_("将多看到 %(what)s") % {"what": _(" 和 ").join(seen)})
        if self.rows_lost:
            said.append(_("将少看到 %(count)s 个客户") % {"count": self.rows_lost})
        if self.rights:
            said.append(_("多出权限：%(rights)s") % {"rights": "、".join(str(each.label) for each in self.rights)})
        if self.rights_lost:
            said.append(_("失去权限：%(rights)s") % {"rights": "、".join(str(each.label) for each in self.rights_lost)})
        for rule in self.conflicts:
            pair = f"{Right(rule.one).label}/{Right(rule.other).label}"
            said.append(_("与职责分离规则『%(pair)s』冲突") % {"pair": pair})
        lower = [each for each in self.fields if not each.is_gain]
        if lower:
            said.append(_("%(count)s 个字段的级别降低") % {"count": len(lower)})
        other = [each for each in self.fields if each.is_gain and each not in self.sensitive]
        if other:
            said.append(_("另有 %(count)s 个字段的级别提高") % {"count": len(other)})
        return "，".join(said) + "。"


def compare(ledger: Ledger, before: Actor, after: Actor) -> WhatIf:
    """What changes for a person from ``before`` to ``after``: a dozen queries whatever the size of the set."""
    gained, lost = _rows(ledger, before, after)
    had, has = ({right for right in Right if each.can(right)} for each in (before, after))
    broken = {rule.pk for rule in duties.conflicts_of(ledger, had)}
    return WhatIf(
        rows_gained=gained,
        rows_lost=lost,
        fields=list(_fields(ledger, before, after)),
        rights=[right for right in Right if right in has - had],
        rights_lost=[right for right in Right if right in had - has],
        conflicts=[rule for rule in duties.conflicts_of(ledger, has) if rule.pk not in broken],
    )


def _fields(ledger: Ledger, before: Actor, after: Actor) -> Iterable[FieldChange]:
    """Levels count only for whoever sees customers at all."""
    for each in naming.fields_of(ledger.pk):
        was, becomes = (
            Level(actor.field_level(each.key)) if actor.can(Right.VIEW) else Level.HIDDEN for actor in (before, after)
        )
        if was != becomes:
            yield FieldChange(each.label, was, becomes, each.is_sensitive)


# --- rows -----------------------------------------------------------------------------------------------------------------


def _rows(ledger: Ledger, before: Actor, after: Actor) -> tuple[Count, Count]:
    if _same_rows(before, after):
        return Count(0), Count(0)
    gained, lost = _exact(after, before), _exact(before, after)
    if gained is None or lost is None:
        about_gained, about_lost = _sampled(ledger, before, after)
        gained = about_gained if gained is None else gained
        lost = about_lost if lost is None else lost
    return gained, lost


def _same_rows(one: Actor, other: Actor) -> bool:
    """Whether nothing that rows come from differs."""

    def sources(actor: Actor) -> tuple:
        groups = {role.group_id for role in actor.roles} - {None}
        return set(actor.row_scopes), set(actor.denied_scopes), groups, actor.can(Right.VIEW)

    return sources(one) == sources(other)


def _exact(sees: Actor, other: Actor) -> Count | None:
    """How many customers ``sees`` sees and ``other`` does not; None when that cannot be counted within ``EXACT`` rows."""
    more = _only_more(sees, other)
    looked_at = Customer.objects.visible_to(more).order_by()
    pks = list(looked_at.values_list("pk", flat=True)[: EXACT + 1]) if condition_of(more) is not None else []
    if len(pks) > EXACT:
        return None
    number = len(pks)
    for start in range(0, len(pks), _AT_ONCE):
        number -= Customer.objects.visible_to(other).filter(pk__in=pks[start : start + _AT_ONCE]).count()
    return Count(number)


def _only_more(sees: Actor, other: Actor) -> Actor:
    """``sees`` with those of its scopes only that ``other`` has not, where that is all by which it can see more."""
    narrower = other.can(Right.VIEW) and set(other.denied_scopes) <= set(sees.denied_scopes)
    if not narrower or sees.delegations:
        return sees
    known = set(other.row_scopes)
    roles = (replace(role, scopes=tuple(each for each in role.scopes if each not in known)) for role in sees.roles)
    return replace(sees, roles=tuple(roles))


def _sampled(ledger: Ledger, before: Actor, after: Actor) -> tuple[Count, Count]:
    """Estimates of (gained, lost) from keys drawn evenly between the first and the last of the set."""
    whole = Actor.system(ledger.pk)
    ends = Customer.objects.visible_to(whole).aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return Count(0), Count(0)
    span = range(ends["first"], ends["last"] + 1)
    drawn = random.Random(_SEED).sample(span, min(SAMPLE, len(span)))
    gained = lost = 0
    for start in range(0, len(drawn), _AT_ONCE):
        some = Customer.objects.visible_to(whole).filter(pk__in=drawn[start : start + _AT_ONCE])
        for was, becomes in some.annotate(was=_seen(before), becomes=_seen(after)).values_list("was", "becomes"):
            gained += becomes and not was
            lost += was and not becomes
    share = len(span) / len(drawn)
    return Count(_rounded(gained * share), True), Count(_rounded(lost * share), True)


def _seen(actor: Actor) -> Case | Value:
    condition = condition_of(actor)
    if condition is None or not condition:
        return Value(condition is not None, output_field=BooleanField())
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _rounded(number: float) -> int:
    """Two figures: a sample knows no more."""
    whole = int(number)
    unit = 10 ** max(0, len(str(whole)) - 2)
    return whole // unit * unit


# --- as it would be -------------------------------------------------------------------------------------------------------


def with_roles(actor: Actor, *, added: Collection[int] = (), removed: Collection[int] = ()) -> Actor:
    """The person with further roles (ids), and without some of his own; a role that he has anyway is not added twice."""
    kept = [each for each in actor.roles if each.pk not in removed or each.department]
    have = {each.pk for each in kept}
    return actor.with_roles([*kept, *grants_of((pk, "") for pk in added if pk not in have)])


def scope_words(ledger: Ledger, grant: RoleGrant) -> str:
    """The rows of a role as they are."""
    return scoping.Words(ledger).text(grant.scopes, grant.denied_scopes)


def with_changed_role(actor: Actor, changed: RoleGrant) -> Actor:
    """The person if one of his roles were so, whatever way it came to him."""
    return actor.with_roles(
        replace(changed, department=each.department) if each.pk == changed.pk else each for each in actor.roles
    )
