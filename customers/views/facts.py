"""The fields of a customer on his page: filled ones with what their type allows, blank ones by name only.

What lives here: links of references, files and addresses, colours of options, and the groups. What does not: texts and masking
(``presenting``), HTML.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

from ..fields import Field, Type
from ..forms.controls import colours_of
from ..models import Customer, CustomField
from ..presenting import Presenter, Shown


@dataclass(frozen=True)
class Fact:
    """A filled field. ``href`` leads to another customer, a file or a page; ``options`` are (label, colour) of chosen ones."""

    cell: Shown
    href: str = ""
    is_file: bool = False
    is_outside: bool = False
    options: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class FactGroup:
    id: str
    label: str
    facts: list[Fact]
    blanks: list[str]


def groups(
    request: HttpRequest,
    customer: Customer,
    fields: list[Field],
    labels: dict[str, str | Promise],
    presenter: Presenter,
) -> Iterator[FactGroup]:
    """The groups that hold any of the fields, in the order of ``labels``; two queries for references, whatever their number."""
    presenter.look_ahead([customer], fields)
    visible = _visible(customer, fields, presenter)
    for at, (id, label) in enumerate(labels.items()):
        cells = presenter.row(customer, [each for each in fields if each.group == id])
        if cells:
            filled = [_fact(request, customer, cell, presenter, visible) for cell in cells if cell.text]
            blanks = [cell.label for cell in cells if not cell.text]
            yield FactGroup(str(id) if str(id).isascii() else f"own-{at}", str(label), filled, blanks)


def _visible(customer: Customer, fields: Iterable[Field], presenter: Presenter) -> set[int]:
    """Which of the customers that this one refers to its reader may open."""
    wanted = {presenter.value(customer, each) for each in fields if each.type == Type.CUSTOMER} - {None}
    if not wanted:
        return set()
    return set(Customer.objects.visible_to(presenter.actor).filter(pk__in=wanted).values_list("pk", flat=True))


def _fact(request: HttpRequest, customer: Customer, cell: Shown, presenter: Presenter, visible: set[int]) -> Fact:
    each, code = cell.field, request.ledger.code
    if not each.is_own or cell.is_masked:
        return Fact(cell)
    value: Any = presenter.value(customer, each)
    if each.type in (Type.CHOICE, Type.MULTI_CHOICE):
        colours = colours_of(each)
        chosen = value if isinstance(value, list) else [value]
        return Fact(cell, options=[(presenter.text(each, _alike(each, one)), colours.get(one, "")) for one in chosen])
    if each.type == Type.CUSTOMER:
        return Fact(cell, href=reverse("customer_detail", args=[code, value]) if value in visible else "")
    if each.type == Type.FILE:
        return Fact(cell, href=reverse("file_download", args=[code, value]), is_file=True)
    if each.custom.type == CustomField.Type.URL:
        return Fact(cell, href=safe_address(cell.text), is_outside=True)
    if each.custom.type == CustomField.Type.EMAIL:
        return Fact(cell, href=f"mailto:{cell.text}")
    if each.custom.type == CustomField.Type.PHONE:
        return Fact(cell, href=f"tel:{cell.text}")
    return Fact(cell)


def _alike(each: Field, one: str) -> Any:
    return [one] if each.type == Type.MULTI_CHOICE else one


def safe_address(text: str) -> str:
    """The address of a page as a link may have it; empty for anything but http and https."""
    lower = text.strip().lower()
    if lower.startswith(("http://", "https://")):
        return text.strip()
    return "" if ":" in lower.split("/")[0] else f"https://{text.strip()}"
