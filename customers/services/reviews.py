"""定期复核: when a customer's data are to be looked through again, and that somebody has done so.

What lives here: the date's rule and the verb. What does not: the cycle of a category (``categories``), and what follows from changing
a cycle (``customers.categorising.kinds``).
"""

import calendar
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.actor import Actor
from permissions.rights import Level, Right

from ..models import ChangeBatch, Customer
from . import categories, writing
from .changing import is_view_only
from .edits import Edit


def later(day: date, months: int) -> date:
    """The same day so many months on; the last of the month where that month is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def derive(edits: list[Edit], ledger, customers) -> None:
    """The first review of new customers, and of those that come into a category with a (shorter) cycle; at most two queries.

    ``customers``: the queryset from which stored rows of changed customers are read.
    """
    asked = [edit for edit in edits if edit.values.get("category_id") and "next_review_on" not in edit.values]
    if not asked:
        return
    cycles = {pk: each.review_months for pk, each in categories.inherited(ledger).items() if each.review_months}
    asked = [edit for edit in asked if isinstance(pk := edit.values["category_id"], int) and pk in cycles]
    ids = [edit.customer_id for edit in asked if not edit.is_add]
    stored = {}
    if ids:
        rows = customers.filter(pk__in=ids).values_list("pk", "category_id", "next_review_on")
        stored = {pk: (category, due) for pk, category, due in rows}
    today = timezone.localdate()
    for edit in asked:
        category, due = stored.get(edit.customer_id, (None, None))
        if category == edit.values["category_id"]:
            continue
        first = later(today, cycles[edit.values["category_id"]])
        edit.values["next_review_on"] = min(due, first) if due else first


def may_confirm(customer: Customer, by: Actor) -> bool:
    """Whether the customer is one that is reviewed, and this actor may say that it was."""
    is_reviewed = customer.next_review_on is not None and by.field_level("next_review_on") > Level.HIDDEN
    return is_reviewed and by.can(Right.EDIT) and customer.ledger.is_active and not is_view_only(customer, by)


def confirm(customer: Customer, *, by: Actor) -> date | None:
    """已复核: the data are still right. Returns the day of the next review, None where the category has no cycle any more.

    Raises NotAllowed without the right to edit, BusinessError for a customer that is not reviewed.
    """
    by.require(Right.EDIT)
    if customer.next_review_on is None:
        raise BusinessError(
            _("该客户没有复核日期。"), code="review.none", remedy=_("请先在“客户分类”中为它的分类设置复核周期。")
        )
    known = categories.inherited(customer.ledger).get(customer.category_id)
    months = known.review_months if known else None
    following = later(timezone.localdate(), months) if months else None
    reason = _("已复核")
    edit = Edit(
        values={"next_review_on": following}, customer_id=customer.pk, base_version=customer.version, reason=reason
    )
    writing.write([edit], ledger=customer.ledger, by=by, kind=ChangeBatch.Kind.EDIT, reason=reason)
    return following
