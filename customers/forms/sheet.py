"""One form page: the customer's own fields in sections, and a formset for each part.

What lives here: building the page for one actor, and turning what came back into an Edit that names only what was changed.
What does not: the rules (``services.pipeline``), where problems are shown (``placing``), two people at once (``conflicts``).
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.forms import formset_factory
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _

from permissions.actor import Actor

from ..fields import Catalogue, Field, Type
from ..models import Customer, EntryTemplate, StoredFile
from ..presenting import Presenter, Shown
from ..rulebook.book import Rulebook
from ..services.edits import Edit, PartEdit
from . import wire
from .base import Base, Row, editable_columns, editable_fields, may_remove, stored_wire
from .controls import RawField, control, is_chosen
from .layout import FORM_PARTS, PART_HEADINGS, Block, blocks
from .options import Options
from .wire import Wire

MOST_ROWS = 100


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


@dataclass(frozen=True)
class Computed:
    """A formula among the controls: its result, renewed while the form is filled in."""

    name: str
    label: str
    text: str
    help_text: str = ""
    is_computed: bool = True


@dataclass
class Section:
    """``fields`` holds bound controls and formulas in the order of the page."""

    id: str
    label: str
    fields: list[Any]
    shown: list[Shown]
    parts: list[PartBlock]
    is_own: bool = False

    def is_empty(self, hidden: Container[str]) -> bool:
        """Whether nothing of it is to be seen while these fields and parts are not."""
        names = [*(each.name for each in self.fields), *(block.part for block in self.parts)]
        return not self.shown and all(name in hidden for name in names)


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
        template: EntryTemplate | None = None,
    ):
        self.catalogue, self.actor, self.customer, self.template = catalogue, actor, customer, template
        self.base = base or Base()
        self.book = Rulebook(catalogue)
        self.options = Options(catalogue)
        self.presenter = Presenter(catalogue, actor)
        self.blocks = blocks(catalogue, template, self._required_at_times() if template else ())
        placed = {key for block in self.blocks for key in block.keys}
        self.fields = [each for each in editable_fields(catalogue, actor, is_new=self.is_new) if each.key in placed]
        filled = filled or Filled.of_base(self.base)
        self.main = self._main_form(data, filled.row)
        self._name_files()
        placed_parts = {part for block in self.blocks for part in block.parts}
        self.parts = {
            part: self._rows(part, columns, data, filled.parts.get(part, []))
            for part in FORM_PARTS
            if part in placed_parts and (columns := editable_columns(catalogue, actor, part))
        }
        self.sent_rows: dict[str, list[forms.Form]] = {}

    @property
    def is_new(self) -> bool:
        return self.customer is None

    # --- building -----------------------------------------------------------------------------------------------

    def _required_at_times(self) -> set[str]:
        """What a customer may have to have, whatever comes to be chosen; a template for several kinds asks which."""
        asked = {*self.book.asked, *self.template.required}
        return asked | {"kind"} if self.is_new and len(self.template.kinds) > 1 else asked

    @property
    def _always_required(self) -> frozenset[str]:
        return self.catalogue.required | frozenset(self.template.required if self.template else ())

    @property
    def spare(self) -> set[str]:
        """Fields and parts of a template's form that are on it only in case they become required."""
        certain = {*self._always_required, "kind"}
        certain |= {each.part for key in certain if (each := self.catalogue.get(key)) is not None and each.part}
        return {key for block in self.blocks if block.is_rest for key in (*block.keys, *block.parts)} - certain

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

    def _kept(self, each: Field) -> list[tuple[str, str]]:
        """The stored choices of a field that are not among its options any more."""
        if self.is_new or not (is_chosen(each) or each.type == Type.MULTI_CHOICE):
            return []
        value = stored_wire(self.presenter, self.customer, each)
        options = dict(self.options.of(each))
        kept = [one for one in (value if isinstance(value, list) else [value]) if one and one not in options]
        is_many = each.type == Type.MULTI_CHOICE
        return [(one, self.presenter.text(each, [one] if is_many else wire.to_raw(each, one))) for one in kept]

    def _name_files(self) -> None:
        """Give the controls of files the names of those that they hold; one query, none without such a field."""
        fields = [each for each in self.fields if each.type == Type.FILE]
        held = {each.key: str(self.main[each.key].value() or "") for each in fields}
        tokens = {token for token in held.values() if token}
        if not tokens:
            return
        rows = StoredFile.objects.filter(ledger=self.catalogue.ledger, token__in=tokens)
        names = dict(rows.values_list("token", "name"))
        for key, token in held.items():
            address = reverse("file_download", args=[self.catalogue.ledger.code, token]) if token in names else ""
            self.main.fields[key].widget.shown = {token: (names[token], address)} if token in names else {}

    def _rows(self, part: str, columns: list[Field], data: Any, filled: list[FilledRow]) -> Rows:
        required = {each.right_key for key in self._always_required if (each := self.catalogue.get(key)) is not None}
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
        found = [self._section(block) for block in self.blocks]
        return [section for section in found if section.fields or section.shown or section.parts]

    def _section(self, block: Block) -> Section:
        described = [each for key in block.keys if (each := self.catalogue.get(key)) is not None and not each.part]
        return Section(
            block.id,
            block.label,
            [self.main[each.key] if each.key in self.main.fields else self._computed(each)
             for each in described if each.key in self.main.fields or self._is_shown_formula(each)],
            self._shown(described),
            [PartBlock(part, str(PART_HEADINGS[part]), self.parts[part]) for part in block.parts if part in self.parts],
            block.is_own,
        )  # fmt: skip

    def mark(self, required: Mapping[str, str], labels: Mapping[str, str], helps: Mapping[str, str]) -> None:
        """Mark what must be filled in as the form stands, and call and explain fields as this category does."""
        for key, each in self.main.fields.items():
            each.required = key in required or (key == "number" and each.required)
        for key, label in labels.items():
            self.main[key].label = label
        for key, text in helps.items():
            self.main.fields[key].help_text = self.main[key].help_text = text

    def _is_shown_formula(self, each: Field) -> bool:
        return each.type == Type.FORMULA and self.actor.may_read(each.right_key)

    def _computed(self, each: Field) -> Computed:
        stored = None if self.is_new else self.presenter.value(self.customer, each)
        return Computed(each.key, str(each.label), self.presenter.text(each, stored), str(each.help))

    def _shown(self, described: list[Field]) -> list[Shown]:
        """What the actor may read of the customer but not write."""
        if self.is_new:
            return []
        fixed = [
            each
            for each in self.catalogue.readable(self.actor, described)
            if not each.read_only and each not in self.fields and each.key != "number"
        ]
        return self.presenter.row(self.customer, fixed)

    # --- what it holds ------------------------------------------------------------------------------------------

    def held(self, each: Field) -> Wire:
        """What the control of a field holds before anything is sent."""
        initial = self.main[each.key].value()
        return initial if isinstance(initial, list | bool) else str(initial or "")

    def primary_held(self) -> Iterator[tuple[str, str]]:
        """(flat key, text) of the first row of each part on the page: 联系人, 手机, 开户行."""
        for each in self.catalogue.fields:
            rows = self.parts[each.part].forms if each.primary and each.part in self.parts else ()
            form = next(iter(rows), None)
            if form is not None and each.column in form.fields:
                yield each.key, str(form[each.column].value() or "").strip()

    # --- what came back -----------------------------------------------------------------------------------------

    def sent(self, each: Field) -> Wire:
        """What was sent for a field of the customer row."""
        return wire.of_post(each, self.main[each.key].data)

    def sent_row(self, part: str, form: forms.Form) -> Row:
        """What was sent for a row of a part."""
        columns = editable_columns(self.catalogue, self.actor, part)
        return {each.column: wire.of_post(each, form[each.column].data) for each in columns}

    def is_changed(self, each: Field) -> bool:
        return self.sent(each) != self.base.row.get(each.key, wire.of_value(each, None))

    def edit(self, without: Container[str] = ()) -> Edit:
        """The changes that were sent, as an Edit: everything else on the page, and the fields ``without``, stay out of it.

        Of a new customer what was left empty is said as well, or a default would come back that somebody took out.
        """
        values = {
            each.key: wire.to_raw(each, self.sent(each))
            for each in self.fields
            if each.key not in without and (self.is_changed(each) or (self.is_new and each.key in self.main.data))
        }
        parts = {part: rows for part in self.parts if (rows := self._part_edits(part))}
        return Edit(
            values=values,
            parts=parts,
            customer_id=self.customer.pk if self.customer else None,
            base_version=self.base.version or None,
            template=self.template.code if self.template and self.is_new else "",
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
