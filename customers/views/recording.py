"""What the pages of customers tell the access log: which fields stood there whole, by which conditions somebody searched.

What lives here: names of fields and conditions, in the words of the log. What does not: writing (``permissions.logs.access``). Nothing here
passes on a value, or what somebody typed.
"""

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.translation import gettext as _

from permissions.logs import access

from ..fields import Catalogue, Field
from ..forms.base import FORM_PARTS
from ..listing import ListQuery, Page
from ..models import Customer
from ..presenting import Presenter

Kind = access.Kind


def viewed(request: HttpRequest, customer: Customer, presenter: Presenter, parts: Iterable[str] = ()) -> None:
    """Somebody opened a customer: his own fields (``parts`` empty), or the rows of these parts, which must be prefetched."""
    whole = [each.label_with_part for each in _whole(customer, presenter, tuple(parts))]
    kind = Kind.SENSITIVE if whole else Kind.VIEW
    access.note(request.actor, kind, object_id=customer.pk, detail="、".join(whole), request=request)


def _whole(customer: Customer, presenter: Presenter, parts: tuple[str, ...]) -> list[Field]:
    """Sensitive fields that have a value and that this reader gets as they are."""
    catalogue, actor = presenter.catalogue, presenter.actor
    if not parts:
        fields = [each for each in catalogue.fields if each.sensitive and actor.may_read(each.right_key)]
        return [each for each in fields if presenter.value(customer, each)]
    return [
        each
        for part in parts
        for each in catalogue.of_part(part)
        if each.sensitive
        and actor.may_read(each.right_key)
        and any(getattr(row, each.column) for row in getattr(customer, part).all())
    ]


def edited(request: HttpRequest, customer: Customer, presenter: Presenter) -> None:
    """Somebody opened a customer's form, which shows him and his parts."""
    whole = dict.fromkeys(each.label_with_part for each in _whole(customer, presenter, ()))
    whole |= dict.fromkeys(each.label_with_part for each in _whole(customer, presenter, FORM_PARTS))
    kind = Kind.SENSITIVE if whole else Kind.VIEW
    detail = _("编辑页；%(fields)s") % {"fields": "、".join(whole)} if whole else _("编辑页")
    access.note(request.actor, kind, object_id=customer.pk, detail=detail, request=request)


def history_viewed(request: HttpRequest, customer: Customer) -> None:
    """Somebody read what a customer was like before."""
    access.note(request.actor, Kind.HISTORY, object_id=customer.pk, request=request)


def listed(request: HttpRequest, query: ListQuery, page: Page, fields: Iterable[Field], catalogue: Catalogue) -> None:
    """A page of the list: a search when it has conditions, else somebody leafing through rows that show something sensitive."""
    if not page.customers and not (query.text or query.filters):
        return
    conditions = [_("关键词")] if query.text else []
    conditions += [str(each.label) for key in query.filters if (each := catalogue.get(key))]
    shown = [str(each.label) for each in fields if each.sensitive and request.actor.may_read(each.right_key)]
    words = {"conditions": "、".join(conditions) or _("无"), "fields": "、".join(shown) or _("无")}
    detail = _("客户列表；条件：%(conditions)s；完整显示：%(fields)s") % words
    turned = bool(query.after or query.before)
    if conditions and not turned:
        access.note(request.actor, Kind.SEARCH, count=page.total, detail=detail, request=request)
    elif turned or shown:
        access.note(request.actor, Kind.BROWSE, count=len(page.customers), detail=detail, request=request)


def asked(request: HttpRequest, where: str, count: int) -> None:
    """Somebody looked for customers elsewhere than in the list; ``where`` in the user's words."""
    access.note(request.actor, Kind.SEARCH, count=count, detail=where, request=request)
