"""Formulas and conditions while they are written: what may be inserted, where a fault is, and what comes of it for real customers.

What lives here: HTTP and the shelf of fields and functions. What does not: the language (``rules.expressions``) and how a set's rows become
values (``rulebook.stage``).
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ledgers.pages import needs
from permissions.actor import Actor
from permissions.rights import Right

from ...fields import Catalogue
from ...models import Category, Customer
from ...presenting import Presenter
from ...rulebook import names as rule_names
from ...rulebook.book import shown_result
from ...rulebook.stage import stored_values
from ...rules.expressions import (
    FUNCTIONS,
    KIND_LABELS,
    EvaluationError,
    Expression,
    ExpressionError,
    Kind,
    Name,
    Names,
    parse,
    parse_condition,
)
from ...services import categories

SAMPLES = 3
CONDITION = "condition"
MOST_OPTIONS = 200  # of a field in the builder's select


@dataclass(frozen=True)
class Shelf:
    """What the writer of an expression may insert."""

    fields: list[dict[str, str]]
    functions: list[dict[str, str]]


def shelf(catalogue: Catalogue, *, besides: str = "") -> Shelf:
    """Fields by their labels with an example of a value, and functions; ``besides`` is the field that is being written."""
    names = rule_names.names_of(catalogue)
    fields = [
        {"text": f"[{names.label_of(name.key)}]", "kind": str(KIND_LABELS[name.kind]), "hint": _options_of(name)}
        for name in names
        if name.key != besides
    ]
    functions = [{"text": each.signature, "name": each.chinese, "help": str(each.help)} for each in FUNCTIONS.values()]
    return Shelf(fields, functions)


def _options_of(name: Name) -> str:
    return "、".join(list(name.choices.values())[:6])


def builder_fields(catalogue: Catalogue) -> str:
    """What js/fields-builder.js offers, as JSON: fields with their kind and the labels of their options."""
    names = rule_names.names_of(catalogue)
    found = [
        {"label": names.label_of(each.key), "kind": each.kind, "options": list(each.choices.values())[:MOST_OPTIONS]}
        for each in names
    ]
    return json.dumps(found, ensure_ascii=False)


def called(request: HttpRequest, ids: Iterable[int]) -> list[dict[str, str]]:
    """Address, number and name of customers, as whoever asks may know them; the newest first."""
    presenter = Presenter(Catalogue.of(request.ledger), request.actor)
    number, name = presenter.catalogue.get("number"), presenter.catalogue.get("name")
    seen = Customer.objects.visible_to(request.actor).select_related("ledger").filter(pk__in=list(ids)).order_by("-pk")
    return [
        {
            "url": each.get_absolute_url(),
            "number": presenter.shown(number, each.number).text,
            "name": presenter.shown(name, each.name).text,
        }
        for each in seen
    ]


@dataclass(frozen=True)
class Sample:
    number: str
    name: str
    result: str
    fault: str = ""


@require_POST
@needs(Right.CONFIGURE)
def expression_check(request: HttpRequest) -> HttpResponse:
    """A formula or condition that is being written: sound, or where it is not; and its result for the newest customers."""
    text = request.POST.get(request.POST.get("of", ""), request.POST.get("text", ""))
    is_condition = request.POST.get("kind") == CONDITION
    catalogue = Catalogue.of(request.ledger)
    context: dict[str, Any] = {"text": text.strip(), "is_condition": is_condition}
    if context["text"]:
        context |= check(
            text, catalogue, request.actor, is_condition=is_condition, own_key=request.POST.get("own_key", "")
        )
    return render(request, "settings/fields/expression_check.html", context)


def check(text: str, catalogue: Catalogue, actor: Actor, *, is_condition: bool, own_key: str = "") -> dict[str, Any]:
    """Template variables: ``fault`` with the text before, at and after its place, or ``kind`` and ``samples``."""
    names = rule_names.names_of(catalogue)
    try:
        found = parse_condition(text, names) if is_condition else parse(text, names)
        if own_key and own_key in found.fields:
            raise ExpressionError(_("公式不能引用它自己。"))
    except ExpressionError as fault:
        return {"fault": fault.message, "marked": _marked(text, fault.position)}
    kind = "" if is_condition else str(KIND_LABELS.get(found.kind, ""))
    return {"kind": kind, "samples": _samples(found, catalogue, actor, names)}


def _marked(text: str, position: int) -> tuple[str, str, str] | None:
    """The text before the fault, the character at it, and what follows."""
    if not position:
        return None
    at = min(position - 1, len(text))
    return text[:at], text[at : at + 1] or "⌷", text[at + 1 :]


def _samples(found: Expression, catalogue: Catalogue, actor: Actor, names: Names) -> list[Sample]:
    """The result for the three newest customers that the actor sees and whose fields he may read."""
    if not all(actor.may_read(each.right_key) for key in found.fields if (each := catalogue.get(key))):
        return []
    seen = Customer.objects.visible_to(actor)
    newest = list(seen.order_by("-id").values("pk", "number", "name")[:SAMPLES])
    rows = stored_values(catalogue, seen, [each["pk"] for each in newest], found.fields)
    coded = _coded(found, catalogue)
    samples = []
    for each in newest:
        result, fault = "", ""
        try:
            result = _result(found, coded(rows[each["pk"]]))
        except EvaluationError as wrong:
            fault = wrong.message
        number, name = actor.shown("number", each["number"]), actor.shown("name", each["name"])
        samples.append(Sample(str(number or ""), str(name or ""), result, fault))
    return samples


def _coded(found: Expression, catalogue: Catalogue) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A function that puts codes in the place of ids, as expressions compare them."""
    fields = {key: catalogue.get(key) for key in found.fields}
    types = {key: each.type for key, each in fields.items() if each is not None and each.type in rule_names.CODED}
    codes = dict(Category.objects.filter(ledger=catalogue.ledger).values_list("pk", "code")) if types else {}
    lines = categories.lineage(catalogue.ledger) if types else {}
    coder = rule_names.Coder(catalogue, {pk: tuple(codes[at] for at in reversed(line)) for pk, line in lines.items()})
    return lambda row: {key: coder.code(types[key], value) if key in types else value for key, value in row.items()}


def _result(found: Expression, row: Any) -> str:
    result = found.evaluate(row)
    if found.kind == Kind.BOOLEAN:
        return _("成立") if result else _("不成立")
    return shown_result(result) or _("（空）")
