"""What a set's rules make of a form as it stands: shown, required, computed, prefilled.

What lives here: the customer that would come of the form, and the rulebook's answers in the form's own terms. What does not: the rules
(``rulebook.book``). The page asks again after each change that matters; without scripts every field is shown and the pipeline judges.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from permissions.actor import Actor

from ..fields import Catalogue, Field, Type
from ..models import Customer, EntryTemplate
from ..own import values as own_values
from ..presenting import Presenter
from ..rulebook.book import Rulebook
from ..rulebook.stage import stored_values
from ..services.cleaning import Cleaner
from . import wire
from .base import Row, editable_fields
from .sheet import Sheet
from .wire import Wire

# A change of these may change what is asked of any other field.
_ALWAYS_WATCHED = ("category", "kind", "status")


@dataclass
class State:
    """Keys (and parts) that are not to be shown; by key why it is required, a formula's result, what it begins with, its name and help."""

    hidden: set[str] = field(default_factory=set)
    required: dict[str, str] = field(default_factory=dict)
    computed: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, Wire] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    helps: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> str:
        return json.dumps({**self.__dict__, "hidden": sorted(self.hidden)}, ensure_ascii=False)


def judge(sheet: Sheet, book: Rulebook, *, posted: bool) -> State:
    """The state of a form: of what was sent when ``posted``, else of what it opens with. Only for fields that are on it."""
    # Where nothing depends on anything, nobody need look at the customer.
    values = {} if book.is_plain and not sheet.is_new else standing(sheet, book, posted=posted)
    on_page = {each.key for each in sheet.fields} | {each.name for each in _computed(sheet)}
    category = values.get("category")
    needed = book.demanded(values) | book.required(values, sheet.template)
    return State(
        hidden=(book.hidden(values) & on_page) | _not_asked(sheet, needed, posted=posted),
        required={key: book.needed(key, why, category) for key, why in needed.items() if key in on_page},
        computed=_results(sheet, book, values) if book.formulas else {},
        defaults=_offered(sheet.catalogue, sheet.actor, book, values, sheet.template, sheet.fields)
        if sheet.is_new
        else {},
        labels=_said(sheet, book, "label", book.label, category),
        helps=_said(sheet, book, "help_text", book.help, category),
    )


def _not_asked(sheet: Sheet, needed: Iterable[str], *, posted: bool) -> set[str]:
    """What is on a template's form only in case it is required, and is neither required nor filled in as the form stands."""
    asked = {each for key in needed if (field := sheet.catalogue.get(key)) is not None for each in (key, field.part)}
    held = {each.key for each in sheet.fields if (sheet.sent(each) if posted else sheet.held(each))}
    held |= {part for part, rows in sheet.parts.items() if any(form.pk for form in rows.forms)}
    held |= {sheet.catalogue.get(key).part for key, text in sheet.primary_held() if text}
    return sheet.spare - asked - held


def opening(catalogue: Catalogue, actor: Actor, book: Rulebook, template: EntryTemplate | None) -> Row:
    """What the form of a new customer opens with: the defaults, with those of the category and kind that are among them."""
    fields = editable_fields(catalogue, actor, is_new=True)
    values: dict[str, Any] = {"kind": template.kinds[0] if template and template.kinds else ""}
    row = _offered(catalogue, actor, book, values, template, fields)
    if values["kind"]:
        row["kind"] = values["kind"]
    if row.get("category"):
        values["category"] = int(row["category"])
        row = _offered(catalogue, actor, book, values, template, fields) | row
    return row


def _offered(
    catalogue: Catalogue,
    actor: Actor,
    book: Rulebook,
    values: dict[str, Any],
    template: EntryTemplate | None,
    fields: Iterable[Field],
) -> Row:
    """Defaults of this category, kind and template as the controls hold them; one that is no value any more is left out."""
    given = book.defaults(category_id=values.get("category"), kind=values.get("kind") or "", template=template)
    cleaner, presenter = Cleaner(catalogue, actor), Presenter(catalogue, actor)
    found: Row = {}
    for each in fields:
        if each.key in given:
            clean, problem = cleaner.clean(each, given[each.key])
            if problem is None or problem.severity != "error":
                found[each.key] = _wire(presenter, each, clean)
    return found


def _wire(presenter: Presenter, each: Field, clean: Any) -> Wire:
    value = own_values.typed(each, clean) if each.is_own else clean
    return presenter.shown(each, value).text if each.type == Type.CUSTOMER else wire.of_value(each, value)


def inapplicable(sheet: Sheet) -> set[str]:
    """Fields into which something was sent though, as the form stands, this customer has no such field."""
    if not sheet.catalogue.settings:
        return set()
    hidden = sheet.book.hidden(standing(sheet, sheet.book, posted=True))
    return {each.key for each in sheet.fields if each.key in hidden and sheet.is_changed(each)}


def watched(sheet: Sheet, book: Rulebook) -> str:
    """Names of the controls after whose change the form must be judged anew, for the page."""
    if book.is_plain and not book.has_defaults:
        return ""
    keys = {*_ALWAYS_WATCHED, *book.inputs}
    for expression in (*book.conditions, *(rule.when for rule in book.rules if rule.when and rule.row.required)):
        keys |= expression.fields
    names = set()
    for key in keys:
        each = sheet.catalogue.get(key)
        names.add(each.column if each is not None and each.part else key)
    return " ".join(sorted(names))


# --- the customer that would come of it ----------------------------------------------------------------------------------------


def standing(sheet: Sheet, book: Rulebook, *, posted: bool) -> dict[str, Any]:
    """catalogue key → clean value of the customer as he would stand. What cannot be read counts as blank."""
    values = _implied(sheet) if sheet.is_new else _stored(sheet, book)
    cleaner = Cleaner(sheet.catalogue, sheet.actor)
    for each in sheet.fields:
        held = sheet.sent(each) if posted else sheet.held(each)
        if not sheet.is_new and held == sheet.base.row.get(each.key):
            continue
        clean, problem = cleaner.clean(each, wire.to_raw(each, held))
        values[each.key] = None if problem is not None and problem.severity == "error" else clean
    return values | dict(sheet.primary_held())


def _implied(sheet: Sheet) -> dict[str, Any]:
    """What a new customer is by the template alone: of its kind, though the form does not ask for it."""
    return {"kind": sheet.template.kinds[0]} if sheet.template and sheet.template.kinds else {}


def _stored(sheet: Sheet, book: Rulebook) -> dict[str, Any]:
    """What is stored now, as far as the rules look at it."""
    seen = Customer.objects.visible_to(sheet.actor)
    found = stored_values(sheet.catalogue, seen, [sheet.customer.pk], book.reads | set(_ALWAYS_WATCHED))
    return found.get(sheet.customer.pk, {})


# --- formulas and names ------------------------------------------------------------------------------------------------------------


def _computed(sheet: Sheet) -> Iterable[Any]:
    return (each for section in sheet.sections for each in section.fields if getattr(each, "is_computed", False))


def _results(sheet: Sheet, book: Rulebook, values: dict[str, Any]) -> dict[str, str]:
    """Texts of the formulas on the page, as their reader may see them."""
    results = book.computed(values)
    found = {}
    for shown in _computed(sheet):
        each = sheet.catalogue.get(shown.name)
        value = results.get(each.key)
        found[each.key] = sheet.presenter.shown(each, own_values.typed(each, value) if value is not None else None).text
    return found


def _said(
    sheet: Sheet, book: Rulebook, column: str, say: Callable[[Field, int | None], str], category: int | None
) -> dict[str, str]:
    """Names (or helps) of fields for which they differ from category to category; the page turns them back as well."""
    differing = {each.field for each in sheet.catalogue.settings if each.category_id and getattr(each, column)}
    return {each.key: say(each, category) for each in sheet.fields if each.key in differing}
