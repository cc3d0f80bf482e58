"""What a category gives its customers: numbering rule, required fields, review cycle, values to begin with.

What lives here: saying it for one category, checked as a customer's own values would be. What does not: inheritance
(``services.categories``), and where it acts.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError
from ledgers.models import LedgerEvent
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from permissions.actor import Actor

from ..fields import Catalogue, Field, Type
from ..models import Category, NumberingRule
from ..services import categories as inheritance
from ..services import mass_edits
from ..services.cleaning import Cleaner
from . import counting, kinds

LONGEST_CYCLE = 120  # months
# Fields that a category may fill in: those that it can know something of. A set's own fields come in addition.
BUILT_IN = (
    "kind", "grade", "industry", "source", "status", "sales_region", "credit_limit", "credit_days", "owner", "department",
)  # fmt: skip
_OWN_TYPES = (Type.TEXT, Type.INTEGER, Type.DECIMAL, Type.MONEY, Type.DATE, Type.BOOLEAN, Type.CHOICE, Type.USER)


def fillable(catalogue: Catalogue) -> list[Field]:
    """The fields for which a category may have a value to begin with."""
    built_in = [each for key in BUILT_IN for each in catalogue.fields if each.key == key]
    own = [each for each in catalogue.fields if each.is_own and each.type in _OWN_TYPES and not each.sensitive]
    return [*built_in, *own]


def requirable(catalogue: Catalogue) -> list[Field]:
    """The fields that a category may require; what the whole set requires anyway is left out."""
    return [
        each
        for each in catalogue.fields
        if not each.read_only and each.key not in ("number", "mnemonic_code", "name", "category")
    ]


@transaction.atomic
def save(
    category: Category,
    *,
    numbering_rule: NumberingRule | None,
    required_fields: list[str],
    review_months: int | None,
    defaults: dict[str, Any],
    by: Actor,
) -> Job | None:
    """Say what the category gives; ``defaults`` holds raw values, blank ones say nothing. ``review_months`` 0: no review here.

    Returns the job that brings the customers' dates up to a changed cycle, None where none is needed. Raises BusinessError
    (``field``: key of the faulty value).
    """
    ledger = changeable(category.ledger)
    category = Category.objects.select_related("ledger").get(pk=category.pk)
    catalogue = Catalogue.of(ledger)
    if numbering_rule is not None and numbering_rule.ledger_id != ledger.pk:
        raise BusinessError(_("编码规则不属于这个账套。"), code="category.rule", field="numbering_rule")
    if review_months is not None and not 0 <= review_months <= LONGEST_CYCLE:
        about = {"most": LONGEST_CYCLE}
        raise BusinessError(
            _("复核周期是 0 到 %(most)s 个月。") % about, code="category.cycle_length", field="review_months"
        )
    known = {each.key for each in requirable(catalogue)}
    before = inheritance.inherited(ledger)
    category.numbering_rule = numbering_rule
    category.required_fields = [key for key in required_fields if key in known]
    category.review_months = review_months
    category.defaults = _clean(catalogue, defaults)
    category.save(update_fields=["numbering_rule", "required_fields", "review_months", "defaults"])
    detail = _("分类「%(name)s」的默认设置") % {"name": category.name}
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by.user, detail=detail)
    return _recompute(ledger, before, by)


def _clean(catalogue: Catalogue, raw: dict[str, Any]) -> dict[str, Any]:
    cleaner, found = Cleaner(catalogue), {}
    for each in fillable(catalogue):
        value, problem = cleaner.clean(each, raw.get(each.key))
        if problem is not None and problem.severity == "error":
            raise BusinessError(problem.message, code=problem.code, field=each.key)
        if value not in (None, "", []):
            found[each.key] = as_json(value)
    return found


def as_json(value: Any) -> Any:
    """A clean value in the form in which JSON keeps it: days as ISO text, amounts in plain notation."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value


def _recompute(ledger, before: dict[int, inheritance.CategoryDefaults], by: Actor) -> Job | None:
    """Ask for the dates of every category whose cycle is now another one, its own or an inherited one."""
    after = inheritance.inherited(ledger)
    months = {
        str(pk): [before[pk].review_months, now.review_months]
        for pk, now in after.items()
        if (before[pk].review_months or 0) != (now.review_months or 0)
    }
    if not months or not ledger.is_active:
        return None
    if not any(counting.is_used(ledger, category_id=int(pk)) for pk in months):
        return None
    params = {"at": timezone.now().isoformat(), "months": months}
    return mass_edits.ask(kinds.REVIEWS, ledger, params, by=by, reason=_("复核周期改变"))
