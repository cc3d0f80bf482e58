"""The customer list as a query: search box, basic filters, order, and pages by key.

What lives here: what the URL's query means and one page of its answer. What does not: HTML, and which rows somebody may see
(``querysets``). A page never counts the whole table and never skips rows by number.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import reduce
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.crypto import EncryptedTextField
from erp_site.shared.errors import BusinessError
from permissions.actor import Actor
from permissions.rights import OWN_PREFIX

from . import conditions, sealed
from .fields import Catalogue, Field, Type
from .models import Category, Customer
from .own import lists as own_lists
from .presenting import with_parts
from .querysets import reach_of
from .reaching import Reached
from .rules import industries, regions
from .search import finding
from .services import numbering

PAGE_SIZES = (25, 50, 100, 200)
DEFAULT_SIZE = 50
DEFAULT_ORDER = "-id"
COUNT_CAP = 1_000
TOKEN = "t"  # parameter that holds private conditions
BLANK = "-"  # value of a filter for "not filled in"
# Values of the filter 下次复核日期: due by today, and within so many days.
DUE, SOON = "due", "soon"
SOON_DAYS = 30
_REVIEW = "next_review_on"

# order key → (column, descending); the pk breaks ties, and the newest pk alone is the default.
ORDERS: dict[str, tuple[str, bool]] = {
    "-id": ("id", True),
    "number": ("number_key", False),
    "-number": ("number_key", True),
    "name": ("name", False),
    "-name": ("name", True),
    "-updated_at": ("updated_at", True),
    "updated_at": ("updated_at", False),
    # Only those who have a date, in the order of the index over it.
    _REVIEW: (_REVIEW, False),
}
# column → the field that an order by it tells of, where that is called otherwise
_TELLS = {"number_key": "number"}


@dataclass(frozen=True)
class ListQuery:
    """What a list is asked for; every part comes from the URL."""

    text: str = ""
    filters: dict[str, str] = field(default_factory=dict)
    order: str = DEFAULT_ORDER
    after: str = ""
    before: str = ""
    size: int = DEFAULT_SIZE


@dataclass(frozen=True)
class Page:
    customers: list[Customer]
    next_key: str
    previous_key: str
    total: int
    total_is_capped: bool


def parse(params, actor: Actor) -> ListQuery:
    """A ListQuery of GET or POST parameters; unknown values fall back to the defaults.

    ``t`` holds private conditions (``sealed``). Raises BusinessError for a token that is not this actor's.
    """
    given = dict(params.items())
    if token := given.pop(TOKEN, ""):
        given |= sealed.unseal(token, actor)
    size = given.get("size", "")
    order = given.get("sort", "")
    if order not in ORDERS and given.get(f"f-{_REVIEW}", "") in (DUE, SOON):
        order = _REVIEW  # the longest overdue first, straight out of the index
    return ListQuery(
        text=given.get("q", "").strip()[:200],
        filters={key[2:]: value.strip() for key, value in given.items() if key.startswith("f-") and value.strip()},
        order=order if order in ORDERS or _is_own_order(order) else DEFAULT_ORDER,
        after=given.get("after", ""),
        before=given.get("before", ""),
        size=int(size) if size.isdecimal() and int(size) in PAGE_SIZES else DEFAULT_SIZE,
    )


def url_params(query: ListQuery, catalogue: Catalogue, actor: Actor) -> dict[str, str]:
    """The parameters by which the query may stand in an address, its place in the list left out."""
    conditions = {"q": query.text} | {f"f-{key}": value for key, value in query.filters.items()}
    conditions = {key: value for key, value in conditions.items() if value}
    private = {key: value for key, value in conditions.items() if is_private(key, value, catalogue)}
    params = {key: value for key, value in conditions.items() if key not in private}
    if query.order != DEFAULT_ORDER:
        params["sort"] = query.order
    if query.size != DEFAULT_SIZE:
        params["size"] = str(query.size)
    return params | ({TOKEN: sealed.seal(private, actor)} if private else {})


def is_private(key: str, value: str, catalogue: Catalogue) -> bool:
    """Whether the condition ``key=value`` of a list may not stand in an address."""
    if key == "q":
        return sealed.is_private(value)
    field_ = catalogue.get(key[2:].partition("__")[0]) if key.startswith("f-") else None
    return field_ is not None and field_.sensitive and value != BLANK


def rows(query: ListQuery, catalogue: Catalogue, actor: Actor):
    """The unordered queryset that the query asks for, within what the actor sees. Raises BusinessError for a bad filter."""
    return _asked(query, catalogue, actor).found


@dataclass(frozen=True)
class _Asked:
    """``found``: what a query asks for within what the actor sees; ``reached``: the same, for who is answered source by source."""

    found: QuerySet
    reached: Reached | None
    is_many: bool  # surely more rows than are ever counted


def _asked(query: ListQuery, catalogue: Catalogue, actor: Actor, more: Q | None = None) -> _Asked:
    conditions_, is_many, is_walked = [more] if more else [], False, True
    if query.text:
        searched = finding.search(query.text, actor)
        conditions_.append(searched.condition)
        # The ids of a rare word are tested one by one; everything else is walked.
        is_many, is_walked = searched.is_common and not query.filters and actor.sees_all, searched.is_common
    for key, value in query.filters.items():
        condition = filter_condition(catalogue, actor, key, value, query.filters)
        if condition is not None:
            conditions_.append(condition)
    reach = reach_of(actor)
    seen = Customer.objects.visible_to(actor, reach)
    found = reduce(QuerySet.filter, conditions_, seen)
    if reach.is_everything or not reach.sources or not is_walked:
        return _Asked(found, None, is_many)
    everybody = seen.unscoped(actor.ledger_id)
    return _Asked(found, Reached(reach, everybody, reduce(QuerySet.filter, conditions_, everybody)), is_many)


def newest(query: ListQuery, catalogue: Catalogue, actor: Actor, count: int) -> list[Customer]:
    """The ``count`` newest customers that the query asks for, within what the actor sees, each with his set."""
    asked = _asked(query, catalogue, actor)
    return _taken(replace(asked, found=asked.found.select_related("ledger")), "id", True, None, count, ())


def _taken(asked: _Asked, column: str, descending: bool, key, count: int, fields: Iterable[Field]) -> list[Customer]:
    """``count`` customers in an order, behind a key, with the parts that ``fields`` need."""
    beyond = _beyond(column, descending, key) if key else Q()
    if asked.reached is None:
        return list(with_parts(_ordered(asked.found.filter(beyond), column, descending), fields)[:count])
    ids = asked.reached.first(column, descending=descending, count=count, beyond=beyond)
    return list(with_parts(_ordered(asked.found.filter(pk__in=ids), column, descending), fields))


def built_in_order(query: ListQuery, actor: Actor) -> tuple[str, bool]:
    """(column, descending) of a built-in order; the default for one that tells of a field which this reader may not read."""
    column, descending = ORDERS.get(query.order, ORDERS[DEFAULT_ORDER])
    told = _TELLS.get(column, column)
    return (column, descending) if column == "id" or actor.may_read(told) else ORDERS[DEFAULT_ORDER]


def own_order(query: ListQuery, catalogue: Catalogue, actor: Actor) -> own_lists.OwnOrder | None:
    """The order by a set's own field, for whoever may read it."""
    return None if query.order in ORDERS else own_lists.order(query.order, catalogue, actor)


# --- filters -----------------------------------------------------------------------------------------------


def filter_field(catalogue: Catalogue, actor: Actor, key: str) -> Field | None:
    """The field that a filter key means; None when there is none, or it is not this reader's to filter by."""
    field_ = catalogue.get(key.partition("__")[0])
    if field_ is None or not field_.filterable or not actor.may_read(field_.right_key):
        return None
    # A sensitive value is looked up by its match key, which every field of the kind makes: he must read them all.
    by_key = field_.sensitive and not field_.is_own
    return field_ if not by_key or finding.may_look_up(actor, field_.match) else None


def filter_condition(catalogue: Catalogue, actor: Actor, key: str, value: str, filters: dict[str, str]) -> Q | None:
    """The condition of one basic filter, one of ``filters``; None for one that does not apply, or that another one holds."""
    if (derived := conditions.get(key)) is not None:
        return derived.q(catalogue.ledger, value, actor) if derived.may_be_used(actor) else None
    field_ = filter_field(catalogue, actor, key)
    if field_ is None:
        return None
    if field_.is_own and value == BLANK:
        return own_lists.blank(field_)
    if field_.is_own:
        edge = key.partition("__")[2]
        # From and up to are one condition: each alone may hold for half of the set, both together for a handful.
        span = {name: filters.get(f"{field_.key}__{name}", "") for name in ("from", "to")} if edge else {}
        if edge == "to" and span["from"]:
            return None
        return own_lists.condition(field_, value, span, catalogue, actor)
    if value == BLANK:
        return _blank(field_)
    if field_.sensitive:
        return Q(pk__in=finding.having_value(actor.ledger_id, field_.match, _checked(field_, value)))
    if field_.type == Type.CATEGORY:
        return Q(category_id__in=_category_subtree(catalogue.ledger, value))
    if field_.type == Type.SALES_REGION:
        return Q(sales_region_id=_whole_number(value))
    if key == _REVIEW and value in (DUE, SOON):
        return Q(next_review_on__lte=timezone.localdate() + timedelta(days=SOON_DAYS if value == SOON else 0))
    if field_.key == "industry":
        return Q(industry__in=industries.with_divisions(value.split(",")))
    if field_.type in (Type.USER, Type.DEPARTMENT):
        chosen = actor.user_id if value == "me" else _whole_number(value)
        return Q(**{field_.column: chosen})
    if field_.type == Type.DATE:
        return _date_edge(field_, key.partition("__")[2], value)
    if field_.type == Type.CHOICE:
        return Q(**{f"{field_.column}__in": value.split(",")})
    if field_.key == "number":
        return Q(number_key__startswith=numbering.number_key(value))
    return Q(**{field_.column: _as_stored(field_, value)})


def _as_stored(field_: Field, value: str) -> str:
    """浙江 means 浙江省, and codes are stored in capitals."""
    if field_.check:
        return field_.check(value).value
    return _PLACES.get(field_.key, str)(value) or value


def _blank(field_: Field) -> Q | None:
    column = Customer._meta.get_field(
        field_.column.removesuffix("_id") if field_.type in _REFERENCES else field_.column
    )
    if isinstance(column, EncryptedTextField):
        return None
    return Q(**{f"{field_.column}__isnull": True}) if column.null else Q(**{field_.column: ""})


_PLACES = {"province": regions.normal_province, "city": regions.normal_city}
_REFERENCES = (Type.CATEGORY, Type.USER, Type.DEPARTMENT, Type.SALES_REGION)


def _checked(field_: Field, value: str) -> str:
    checked = field_.check(value)
    if checked.problem is not None and checked.problem.severity == "error":
        raise BusinessError(str(checked.problem.message), code=checked.problem.code, field=field_.key)
    return checked.value


def _whole_number(value: str) -> int:
    return int(value) if value.isdecimal() and len(value) < 19 else 0


def _category_subtree(ledger, value: str) -> list[int]:
    """Ids of the chosen category (by pk) and everything below it; the tree is small and read in one query."""
    chosen = _whole_number(value)
    children: dict[int | None, list[int]] = {}
    for pk, parent in Category.objects.filter(ledger=ledger).values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(pk)
    found, waiting = [], [chosen]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(children.get(node, ()))
    return found


def _date_edge(field_: Field, edge: str, value: str) -> Q:
    from .rules import dates

    checked = dates.date(value)
    if checked.problem is not None:
        raise BusinessError(str(checked.problem.message), code="filter.date", field=field_.key)
    lookup = {"from": "gte", "to": "lte"}.get(edge)
    return Q(**{f"{field_.column}__{lookup}" if lookup else field_.column: checked.value})


# --- pages ---------------------------------------------------------------------------------------------------


def page(query: ListQuery, catalogue: Catalogue, actor: Actor, fields: Iterable[Field] = ()) -> Page:
    """One page by key: the rows after (or before) the key of a row, never an offset, with the parts that ``fields`` need.

    Raises BusinessError for a bad key or filter.
    """
    column, descending = built_in_order(query, actor)
    asked = _asked(query, catalogue, actor, Q(next_review_on__isnull=False) if column == _REVIEW else None)
    own = own_order(query, catalogue, actor)
    backwards = bool(query.before)
    key = _unsign(query.before or query.after, query.order if own else column)
    if own:
        near = asked.reached.few() if asked.reached else None
        near_by = asked.found if near is None else asked.found.filter(pk__in=near)
        taken = own.taken(with_parts(near_by, fields), key, backwards=backwards, count=query.size + 1)
    else:
        taken = _taken(asked, column, descending != backwards, key, query.size + 1, fields)
    more = len(taken) > query.size
    taken = taken[: query.size]
    if backwards:
        taken.reverse()
    has_next = more if not backwards else True
    has_previous = more if backwards else bool(key)
    total = len(taken) if not key and not more else _count(asked)

    def key_of(customer: Customer) -> str:
        return (
            _sign(query.order, *own.key_of(customer)) if own else _sign(column, getattr(customer, column), customer.pk)
        )

    return Page(
        customers=taken,
        next_key=key_of(taken[-1]) if taken and has_next else "",
        previous_key=key_of(taken[0]) if taken and has_previous else "",
        total=min(total, COUNT_CAP),
        total_is_capped=total > COUNT_CAP,
    )


def _count(asked: _Asked) -> int:
    """How many are found, as far as anybody is told."""
    if asked.is_many:
        return COUNT_CAP + 1
    return asked.reached.count(COUNT_CAP + 1) if asked.reached else asked.found.order_by()[: COUNT_CAP + 1].count()


def _ordered(found, column: str, descending: bool):
    mark = "-" if descending else ""
    return found.order_by(f"{mark}{column}") if column == "id" else found.order_by(f"{mark}{column}", f"{mark}id")


def _beyond(column: str, descending: bool, key: tuple[Any, int]) -> Q:
    side = "lt" if descending else "gt"
    value, pk = key
    if column == "id":
        return Q(**{f"id__{side}": pk})
    # The first condition lets the index begin at the key; the second takes out the rows of the key before it.
    return Q(**{f"{column}__{side}e": value}) & (Q(**{f"{column}__{side}": value}) | Q(**{f"id__{side}": pk}))


def _is_own_order(text: str) -> bool:
    return text.removeprefix("-").startswith(OWN_PREFIX) and text.isascii() and len(text) <= 41


def _sign(order: str, value: Any, pk: int) -> str:
    return signing.dumps([order, value.isoformat() if hasattr(value, "isoformat") else value, pk], salt="list")


def _unsign(text: str, column: str) -> tuple[Any, int] | None:
    """(value, pk) of the row that a page begins behind; a key of another order is no key of this one."""
    if not text:
        return None
    try:
        order, value, pk = signing.loads(text, salt="list")
    except signing.BadSignature as broken:
        raise BusinessError(_("这个页码链接不完整，请从第一页重新开始。"), code="list.key") from broken
    return (value, pk) if order == column else None
