"""What a customer is called and was called: renaming from a day on, the former names that are kept, the name on any day.

What lives here: the rule by which the writer keeps a former name, ``name_as_of``, the verb. What does not: comparing names (``rules.names``),
finding by them (``duplicates``, ``search``).
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from ledgers.services import periods
from permissions.actor import Actor
from permissions.rights import Right

from ..models import ChangeBatch, Customer, FormerName
from .acts import act
from .changing import is_view_only
from .edits import Edit

Row = dict[str, Any]
ONE_DAY = timedelta(days=1)


def kept_name(
    row: Row, new_key: str, former: Iterable[Row], since: date | None, entered: date, today: date
) -> Row | None:
    """The former name that a change of name leaves behind; None for a mere change of spelling.

    ``row``: the customer as he was; ``former``: his former names, those of the same edit with them; ``since``: the first day of the new name,
    when somebody said it, else ``today``. The old name began after the last former one, else when the customer was ``entered``. A name that was
    corrected on the day it was entered has no dates: nobody was ever called so.
    """
    former = list(former)
    if row["name_key"] == new_key or any(each.get("name_key") == row["name_key"] and _is_open(each) for each in former):
        return None
    until = (since or today) - ONE_DAY
    ends = [each["until_on"] for each in former if each.get("until_on")]
    begun = max(ends) + ONE_DAY if ends else entered
    kept = {"name": row["name"], "name_key": row["name_key"], "from_on": begun, "until_on": until}
    if begun > until:
        kept["from_on"] = None
        if since is None or ends:
            kept["until_on"] = None
    return kept


def _is_open(former: Row) -> bool:
    """Whether it was typed in the same edit (it has no id yet), which says all about the name already."""
    return "id" not in former


def name_on(name: str, former: Iterable[Mapping[str, Any]], on: date) -> str:
    """The name on a day: the first former name that ends on it or after it, else the present one. Days between two names belong to the
    later one."""
    ended = sorted((each["until_on"], each["name"]) for each in former if each["until_on"] and each["until_on"] >= on)
    return ended[0][1] if ended else name


def name_as_of(customer: Customer, on: date) -> str:
    """What the customer was called on a day; one query, none when his former names are prefetched."""
    former = [{"name": each.name, "until_on": each.until_on} for each in customer.former_names.all()]
    return name_on(customer.name, former, on)


def names_as_of(customers: Iterable[Customer], on: date) -> dict[int, str]:
    """pk → name on a day, for any number of customers; one query."""
    present = {customer.pk: customer.name for customer in customers}
    former: dict[int, list[dict[str, Any]]] = {}
    rows = FormerName.objects.filter(customer_id__in=present, until_on__gte=on).values(
        "customer_id", "name", "until_on"
    )
    for row in rows:
        former.setdefault(row["customer_id"], []).append(row)
    return {pk: name_on(name, former.get(pk, ()), on) for pk, name in present.items()}


def may_rename(customer: Customer, by: Actor) -> bool:
    may = by.can(Right.EDIT) and by.may_edit("name") and customer.ledger.is_active
    return may and not is_view_only(customer, by)


def rename(customer: Customer, name: str, *, by: Actor, since: date | None = None, reason: str = "") -> None:
    """改名 from ``since`` (today) on; the old name is kept until the day before.

    Raises NotAllowed, and BusinessError for the same name, a day to come, one before the last change of name, one in a closed period, or
    another customer of this name without a reason.
    """
    by.require(Right.EDIT)
    if since:
        _require_possible(customer, since, by)
    edit = Edit(
        values={"name": name},
        customer_id=customer.pk,
        base_version=customer.version,
        reason=reason,
        name_since=since,
    )
    outcome = act(edit, ledger=customer.ledger, by=by, kind=ChangeBatch.Kind.EDIT, reason=reason)
    if outcome.unchanged:
        raise BusinessError(_("新名称与现在的名称相同。"), code="name.same", field="name")


def _require_possible(customer: Customer, since: date, by: Actor) -> None:
    if since > customer.ledger.today():
        raise BusinessError(_("改名日期不能晚于今天。"), code="name.future", field="since")
    last = max((each.until_on for each in customer.former_names.all() if each.until_on), default=None)
    if last and since <= last + ONE_DAY:
        raise BusinessError(
            _("改名日期应晚于上一次改名的日期 %(date)s。") % {"date": (last + ONE_DAY).isoformat()},
            code="name.before_last",
            field="since",
        )
    if not by.is_system:
        refusal = periods.refusals(customer.ledger, [since]).get(since)
        if refusal:
            refusal.field = "since"
            raise refusal
