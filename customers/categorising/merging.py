"""Customers of one category to another, and two categories, or two tags, made one.

What lives here: what can be decided at once, under lock, and asking for the background work that moves the customers. What does not:
moving them (``kinds``, ``services.mass_edits``).
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError
from ledgers.access import scoping
from ledgers.models import LedgerEvent
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from permissions.actor import Actor
from permissions.models import RowScope
from permissions.rights import Scope

from ..models import Category, FieldSetting, NumberingRule, Tag
from ..services import mass_edits
from ..settings import categories
from . import counting, kinds


@dataclass(frozen=True)
class Uses:
    """What else points to a category, in words: it goes on pointing there when the customers have gone."""

    customers: int
    below: int
    roles: list[str]
    rules: list[str]
    fields: int

    @property
    def customers_text(self) -> str:
        return f"{self.customers:,}"


def uses(category: Category) -> Uses:
    """How a category is used; a constant number of queries, the customers by their index."""
    scopes = RowScope.objects.filter(kind=Scope.CATEGORIES, role__ledger=category.ledger).select_related("role")
    rules = NumberingRule.objects.filter(ledger=category.ledger).exclude(state=NumberingRule.State.RETIRED)
    return Uses(
        customers=counting.in_category(category),
        below=Category.objects.filter(parent=category, merged_into=None).count(),
        roles=sorted({scope.role.name for scope in scopes if category.pk in scope.values}),
        rules=[rule.name for rule in rules if category.pk in rule.conditions.get("categories", ())],
        fields=FieldSetting.objects.filter(category=category).count(),
    )


@transaction.atomic
def retire(category: Category, *, to: Category | None, by: Actor) -> Job | None:
    """停用, and move the customers to another category when one is given; the job that does it, None where nobody has to go.

    Raises BusinessError like ``categories.set_active``, and for a target that cannot take them.
    """
    ledger = changeable(category.ledger)
    categories.set_active(category, False, by=by.user)
    return _send(ledger, category, to, by) if to is not None else None


@transaction.atomic
def send(category: Category, *, to: Category, by: Actor) -> Job | None:
    """Move all customers of a category to another one, in the background."""
    return _send(changeable(category.ledger), category, to, by)


def _send(ledger, category: Category, to: Category, by: Actor) -> Job | None:
    target = _target(ledger, category, to)
    if not counting.is_used(ledger, category=category):
        return None
    about = {"from": category.name, "to": target.name}
    reason = _("分类「%(from)s」的客户移到「%(to)s」") % about
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by.user, detail=reason)
    return mass_edits.ask(kinds.MOVE, ledger, {"from": category.pk, "to": target.pk}, by=by, reason=reason)


def _target(ledger, category: Category, to: Category) -> Category:
    target = Category.objects.filter(ledger=ledger, pk=to.pk, merged_into=None).first()
    if target is None or target.pk == category.pk:
        raise BusinessError(_("请选择另一个分类。"), code="category.target", field="to")
    if not target.is_active:
        raise BusinessError(
            _("分类「%(name)s」已停用，不能再选。") % {"name": target.name}, code="category.inactive", field="to"
        )
    return target


@transaction.atomic
def merge(category: Category, *, into: Category, by: Actor) -> Job | None:
    """合并: the categories below go along, code and former codes find the other one from now on, customers follow in the background.

    Returns the job, None where nobody has to move. Raises BusinessError for a target that is unfit: itself, retired, below it.
    """
    ledger = changeable(category.ledger)
    source = Category.objects.select_related("ledger").get(pk=category.pk)
    target = _target(ledger, source, into)
    if source.merged_into_id:
        raise BusinessError(_("「%(name)s」已经并入其他分类。") % {"name": source.name}, code="category.merged")
    line = categories.branch(source)
    if target.pk in {each.pk for each in line}:
        raise BusinessError(
            _("「%(target)s」在「%(name)s」之下，不能并入自己的下级。") % {"target": target.name, "name": source.name},
            code="category.cycle",
            field="to",
            remedy=_("请先把它移到别处，或反过来合并。"),
        )
    for child in Category.objects.filter(parent=source, merged_into=None):
        categories.save(ledger, code=child.code, name=child.name, parent=target, by=by.user, category=child)
    target.refresh_from_db()
    target.former_codes = list(dict.fromkeys([*target.former_codes, *source.former_codes, source.code]))
    source.code, source.former_codes = categories.placeholder(source.pk), []
    source.merged_into, source.is_active, source.parent = target, False, None
    source.save(update_fields=["code", "former_codes", "merged_into", "is_active", "parent"])
    target.save(update_fields=["former_codes"])
    scoping.replace_value(ledger.pk, Scope.CATEGORIES, source.pk, target.pk)
    about = {"from": source.name, "to": target.name}
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by.user, detail=_("分类「%(from)s」并入「%(to)s」") % about)
    return _send(ledger, source, target, by)


@transaction.atomic
def merge_tags(tag: Tag, *, into: Tag, by: Actor) -> Job | None:
    """The bearers of a tag get the other one, in the background; its name goes on meaning that one."""
    ledger = changeable(tag.ledger)
    target = Tag.objects.filter(ledger=ledger, pk=into.pk, merged_into=None).exclude(pk=tag.pk).first()
    if target is None:
        raise BusinessError(_("请选择另一个标签。"), code="tag.target", field="to")
    Tag.objects.filter(merged_into=tag).update(merged_into=target)
    Tag.objects.filter(pk=tag.pk).update(merged_into=target)
    reason = _("标签「%(from)s」并入「%(to)s」") % {"from": tag.name, "to": target.name}
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by.user, detail=reason)
    if not tag.customer_tags.exists():
        return None
    return mass_edits.ask(kinds.TAGS, ledger, {"from": tag.pk, "to": target.pk}, by=by, reason=reason)
