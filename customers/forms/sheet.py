"""One form page: the customer's own fields in sections, and a formset for each part.

What lives here: building the page for one actor, and turning what came back into an Edit that names only what was changed.
What does not: the rules (``services.pipeline``), where problems are shown (``placing``), two people at once (``conflicts``).
"""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _

from permissions.actor import Actor

from ..fields import GROUP_LABELS, PART_LABELS, Catalogue, Field, Group
from ..models import Customer
from ..presenting import Presenter, Shown
from ..services.edits import Edit, PartEdit
from . import wire
from .base import FORM_PARTS, Base, Row, editable_columns, editable_fields, may_remove
from .controls import RawField, control, is_chosen
from .options import Options
from .wire import Wire

# (id, heading, groups of the catalogue, parts): the order in which a clerk has the papers before him.
SECTIONS: tuple[tuple[str, str | Promise, tuple[str, ...], tuple[str, ...]], ...] = (
    ("basic", GROUP_LABELS[Group.BASIC], (Group.BASIC,), ()),
    ("contact", GROUP_LABELS[Group.CONTACT], (Group.CONTACT,), ("contacts",)),
    ("place", GROUP_LABELS[Group.PLACE], (Group.PLACE,), ("addresses",)),
    ("identity", GROUP_LABELS[Group.IDENTITY], (Group.IDENTITY,), ()),
    ("invoice", GROUP_LABELS[Group.INVOICE], (), ("bank_accounts", "invoice_profiles")),
    ("terms", _("信用与归属"), (Group.CREDIT, Group.OWNERSHIP), ()),
)
MOST_ROWS = 100

# Where a section's heading already says the part's own name.
_PART_HEADINGS: dict[str, str | Promise] = {**PART_LABELS, "addresses": _("收货与开票地址")}


@dataclass
class FilledRow:
    """A row of a part as it is to stand on the page; ``pk`` None is a new one."""

    values: Row
    pk: int | None = None
    remove: bool = False
    note: str | Promise = ""


@dataclass
class Filled:
    """What the controls of an unsent form hold."""

    row: Row = field(default_factory=dict)
    parts: dict[str, list[FilledRow]] = field(default_factory=dict)

    @classmethod
    def of_base(cls, base: Base) -> "Filled":
        parts = {part: [FilledRow(values, pk) for pk, values in rows.items()] for part, rows in base.parts.items()}
        return cls(dict(base.row), parts)


@dataclass
class PartBlock:
    part: str
    label: str
    formset: "Rows"


@dataclass
class Section:
    id: str
    label: str
    fields: list[Any]
    shown: list[Shown]
    parts: list[PartBlock]


class Rows(forms.BaseFormSet):
    """The rows of one part. A stored row carries its pk, and a DELETE box where its reader may take it out."""

    def __init__(self, *args, stored: dict[int, Row], removable: bool, shown: dict[int, list[Shown]], **kwargs):
        self.stored, self.removable, self.shown = stored, removable, shown
        super().__init__(*args, **kwargs)

    def initial_form_count(self) -> int:
        """Stored rows only: a row that is not stored yet is taken out by the page without a mark."""
        return super().initial_form_count() if self.is_bound else sum(bool(row["id"]) for row in self.initial)

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["id"] = forms.CharField(required=False, widget=forms.HiddenInput)
        given = form["id"].data if form.is_bound else form.initial.get("id")
        form.pk = int(given) if str(given or "").isdecimal() and int(given) in self.stored else None
        form.shown = self.shown.get(form.pk, [])
        form.note = form.initial.get("note", "")
        if self.removable or form.pk is None:
            form.fields["DELETE"] = forms.BooleanField(required=False)


class Sheet:
    """The form page of one customer (or of a new one) for one actor.

    ``base`` is what the user was shown when the form opened, ``data`` what he sent; without ``data`` the page holds ``filled``.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        actor: Actor,
        *,
        customer: Customer | None = None,
        base: Base | None = None,
        data: Any = None,
        filled: Filled | None = None,
    ):
        self.catalogue, self.actor, self.customer = catalogue, actor, customer
        self.base = base or Base()
        self.options = Options(catalogue)
        self.presenter = Presenter(catalogue, actor)
        self.fields = editable_fields(catalogue, actor, is_new=customer is None)
        filled = filled or Filled.of_base(self.base)
        self.main = self._main_form(data, filled.row)
        self.parts = {
            part: self._rows(part, columns, data, filled.parts.get(part, []))
            for part in FORM_PARTS
            if (columns := editable_columns(catalogue, actor, part))
        }
        self.sent_rows: dict[str, list[forms.Form]] = {}

    @property
    def is_new(self) -> bool:
        return self.customer is None

    # --- building -----------------------------------------------------------------------------------------------

    def _main_form(self, data: Any, start: Row) -> forms.Form:
        controls = {each.key: self._control(each) for each in self.fields}
        return type("CustomerForm", (forms.Form,), controls)(data, initial=start)

    def _control(self, each: Field) -> RawField:
        required = each.key in self.catalogue.required
        placeholder = ""
        if each.key == "number":
            required = required or self.catalogue.ledger.parameter("number_mode") == "manual"
            placeholder = "" if required else str(_("留空自动生成"))
        return control(each, self.options, required=required, keep=self._kept(each), placeholder=placeholder)

    def _kept(self, each: Field) -> tuple[str, str] | None:
        """The stored choice of a field that is not among its options any more."""
        if self.is_new or not is_chosen(each):
            return None
        stored = self.presenter.value(self.customer, each)
        value = wire.of_value(each, stored)
        if not value or value in dict(self.options.of(each)):
            return None
        return value, self.presenter.text(each, stored)

    def _rows(self, part: str, columns: list[Field], data: Any, filled: list[FilledRow]) -> Rows:
        required = {self.catalogue.get(key).right_key for key in self.catalogue.required if self.catalogue.get(key)}
        controls = {each.column: control(each, self.options, required=each.key in required) for each in columns}
        form = type("RowForm", (forms.Form,), controls)
        filled = sorted(filled, key=lambda row: row.pk is None)
        new = sum(row.pk is None for row in filled)
        kind = formset_factory(form, formset=Rows, extra=new, max_num=MOST_ROWS, absolute_max=MOST_ROWS * 2)
        initial = [row.values | {"id": row.pk or "", "DELETE": row.remove, "note": row.note} for row in filled]
        return kind(
            data,
            prefix=part,
            initial=initial,
            stored=self.base.parts.get(part, {}),
            removable=may_remove(self.catalogue, self.actor, part),
            shown=self._shown_rows(part, columns),
        )

    def _shown_rows(self, part: str, columns: list[Field]) -> dict[int, list[Shown]]:
        """pk → what the actor may read of a stored row but not write."""
        if self.is_new:
            return {}
        fixed = [
            each for each in self.catalogue.readable(self.actor, self.catalogue.of_part(part)) if each not in columns
        ]
        return {
            row.pk: [self.presenter.shown(each, getattr(row, each.column)) for each in fixed]
            for row in getattr(self.customer, part).all()
        }

    @cached_property
    def sections(self) -> list[Section]:
        """The sections that hold anything for this actor."""
        found = [self._section(*section) for section in SECTIONS]
        return [section for section in found if section.fields or section.shown or section.parts]

    def _section(self, id: str, label: str | Promise, groups: tuple[str, ...], parts: tuple[str, ...]) -> Section:
        return Section(
            id,
            str(label),
            [self.main[each.key] for each in self.fields if each.group in groups],
            self._shown(groups),
            [PartBlock(part, str(_PART_HEADINGS[part]), self.parts[part]) for part in parts if part in self.parts],
        )

    def _shown(self, groups: tuple[str, ...]) -> list[Shown]:
        """What the actor may read of the customer but not write."""
        if self.is_new:
            return []
        fixed = [
            each
            for each in self.catalogue.readable(self.actor)
            if each.group in groups and not each.part and not each.read_only and each not in self.fields
        ]
        return self.presenter.row(self.customer, [each for each in fixed if each.key != "number"])

    # --- what came back -----------------------------------------------------------------------------------------

    def sent(self, each: Field) -> Wire:
        """What was sent for a field of the customer row."""
        return wire.of_post(each, self.main[each.key].data)

    def sent_row(self, part: str, form: forms.Form) -> Row:
        """What was sent for a row of a part."""
        columns = editable_columns(self.catalogue, self.actor, part)
        return {each.column: wire.of_post(each, form[each.column].data) for each in columns}

    def edit(self) -> Edit:
        """The changes that were sent, as an Edit: everything else on the page stays out of it."""
        values = {
            each.key: wire.to_raw(each, sent)
            for each in self.fields
            if (sent := self.sent(each)) != self.base.row.get(each.key, wire.of_value(each, None))
        }
        parts = {part: rows for part in self.parts if (rows := self._part_edits(part))}
        return Edit(
            values=values,
            parts=parts,
            customer_id=self.customer.pk if self.customer else None,
            base_version=self.base.version or None,
        )

    def _part_edits(self, part: str) -> list[PartEdit]:
        """Changed, new and removed rows; ``sent_rows`` keeps which form each of them came from."""
        edits: list[PartEdit] = []
        self.sent_rows[part] = []
        for form in self.parts[part].forms:
            edit = self._part_edit(part, form)
            if edit is not None:
                edits.append(edit)
                self.sent_rows[part].append(form)
        return edits

    def _part_edit(self, part: str, form: forms.Form) -> PartEdit | None:
        removed = "DELETE" in form.fields and bool(form["DELETE"].data)
        if removed:
            return PartEdit({}, pk=form.pk, remove=True) if form.pk else None
        sent = self.sent_row(part, form)
        if form.pk:
            before = self.base.parts[part][form.pk]
            changed = {column: value for column, value in sent.items() if value != before.get(column)}
            return PartEdit(self._raw(part, changed), pk=form.pk) if changed else None
        said = {column: value for column, value in sent.items() if value}
        # A new row that holds nothing but what it began with was never filled in.
        if not any(value is not True and value != form.fields[column].initial for column, value in said.items()):
            return None
        return PartEdit(self._raw(part, said))

    def _raw(self, part: str, row: Row) -> dict[str, Any]:
        return {column: wire.to_raw(self.catalogue.get(f"{part}.{column}"), value) for column, value in row.items()}
