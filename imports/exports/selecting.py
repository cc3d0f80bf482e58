"""Which customers an export is about: the customer list's own query string, or customers picked by hand.

What lives here: reading the query, its words for people (without values that identify a person), its primary keys in order.
What does not: what a condition means (``customers.listing``) and who sees which rows (``CustomerQuerySet.visible_to``).
"""

from array import array
from dataclasses import dataclass
from itertools import chain
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from customers import listing
from customers.fields import Catalogue
from customers.presenting import Presenter
from customers.views import filter_bar
from erp_site.shared.errors import BusinessError
from permissions.actor import Actor

MAX_PICKED = 1_000
PICKED = "ids"  # parameter that names customers one by one
HIDDEN = "***"


@dataclass(frozen=True)
class Selection:
    """What is exported: a list query, and where given only these primary keys."""

    query: listing.ListQuery
    picked: tuple[int, ...] = ()


def parse(params, actor: Actor) -> Selection:
    """The selection of a list's parameters, or of its query string (``q=恒源&f-province=浙江省&sort=-name&ids=1,2``)."""
    params = QueryDict(params.removeprefix("?")) if isinstance(params, str) else params
    ids = [int(pk) for pk in params.get(PICKED, "").split(",") if pk.strip().isdecimal() and len(pk) < 19]
    if len(ids) > MAX_PICKED:
        raise BusinessError(
            _("一次最多选择 %(count)s 位客户导出。") % {"count": MAX_PICKED}, code="export.too_many_picked"
        )
    return Selection(listing.parse(params, actor), tuple(dict.fromkeys(ids)))


def as_query(selection: Selection, catalogue: Catalogue, actor: Actor) -> str:
    """The query string of a selection, private conditions sealed for this actor; ``parse`` reads it again."""
    params = listing.url_params(selection.query, catalogue, actor)
    if selection.picked:
        params[PICKED] = ",".join(map(str, selection.picked))
    return urlencode(params)


def refuse_unknown(text: str, selection: Selection, catalogue: Catalogue, actor: Actor) -> None:
    """Raise BusinessError for a condition that would be passed over: a mistyped filter must not export everything."""
    params = QueryDict(text.removeprefix("?"))
    known = {"q", "sort", PICKED, "size", "after", "before", listing.TOKEN}
    unknown = [key for key in params if key not in known and not key.startswith("f-")]
    unknown += [f"f-{key}" for key in selection.query.filters if not listing.filter_field(catalogue, actor, key)]
    own = listing.own_order(selection.query, catalogue, actor)
    default = selection.query.order == listing.DEFAULT_ORDER and params.get("sort") == listing.DEFAULT_ORDER
    obeyed = listing.built_in_order(selection.query, actor) != listing.ORDERS[listing.DEFAULT_ORDER]
    if params.get("sort") and not (default or obeyed or own):
        unknown.append(f"sort={params['sort']}")
    if unknown:
        usable = [each.key for each in catalogue.fields if listing.filter_field(catalogue, actor, each.key)]
        raise BusinessError(
            _("筛选条件「%(keys)s」不存在，或您无权按它筛选。") % {"keys": "、".join(unknown)},
            code="export.unknown_condition",
            field="filter",
            remedy=_("可用的条件：q、sort、%(keys)s。") % {"keys": "、".join(f"f-{key}" for key in usable)},
        )


def _found(selection: Selection, catalogue: Catalogue, actor: Actor):
    found = listing.rows(selection.query, catalogue, actor)
    return found.filter(pk__in=selection.picked) if selection.picked else found


def count(selection: Selection, catalogue: Catalogue, actor: Actor, *, cap: int) -> int:
    """How many customers, counted no further than ``cap`` + 1."""
    return _found(selection, catalogue, actor).order_by()[: cap + 1].count()


def keys(selection: Selection, catalogue: Catalogue, actor: Actor) -> array:
    """The primary keys in the list's order, eight bytes each: one query, however large the set.

    Fixing the keys first keeps a long export whole: a row that is edited meanwhile is neither left out nor written twice, and
    the search condition is not asked again for each chunk.
    """
    if own := listing.own_order(selection.query, catalogue, actor):
        parts = own.whole(_found(selection, catalogue, actor))
        walked = (part.values_list("pk", flat=True).iterator(chunk_size=10_000) for part in parts)
        return array("q", chain.from_iterable(walked))
    column, descending = listing.built_in_order(selection.query, actor)
    order = [f"-{name}" if descending else name for name in dict.fromkeys((column, "id"))]
    found = _found(selection, catalogue, actor).order_by(*order)
    return array("q", found.values_list("pk", flat=True).iterator(chunk_size=10_000))


def describe(selection: Selection, catalogue: Catalogue, actor: Actor) -> list[tuple[str, str]]:
    """(label, value) of each condition that counts, in the user's words; values that identify a person are left out."""
    query, parts = selection.query, []
    if selection.picked:
        parts.append((_("选定客户"), _("%(count)s 位") % {"count": len(selection.picked)}))
    if query.text:
        parts.append((_("搜索"), HIDDEN if listing.is_private("q", query.text, catalogue) else query.text))
    presenter = Presenter(catalogue, actor)
    for key, value in query.filters.items():
        is_private = listing.is_private(f"f-{key}", value, catalogue)
        for chip in filter_bar.chips(listing.ListQuery(filters={key: value}), catalogue, actor, presenter):
            parts.append((chip.label, HIDDEN if is_private else chip.value))
    return parts


def as_text(parts: list[tuple[str, str]]) -> str:
    """The conditions in one line, 全部客户 without any."""
    return "；".join(_("%(label)s：%(value)s") % {"label": label, "value": value} for label, value in parts) or _(
        "全部客户"
    )
