"""How a spreadsheet cell becomes a raw value of a catalogue field, and how a stored value becomes a cell again.

What lives here: ``Column`` (one catalogue field under one heading, used by import and export alike) on import-export's
Field and Widget layer, and the apostrophe that keeps a spreadsheet from running a text. What does not: which heading means
which field (``importing.guessing``), whether a value is right (the pipeline), what a reader may see (``customers.presenting``).
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from import_export import fields, widgets

from customers.fields import Field, Type
from customers.presenting import Presenter
from customers.services.edits import Problem

from .reading.cells import CellFault

# --- texts that a spreadsheet would run ---------------------------------------------------------------------------

_RUNS = "=+-@\t\r\n＝＋－＠"


def neutralise(text: str) -> str:
    """A CSV cell that no spreadsheet runs: a leading apostrophe where it would, and where there is one already."""
    return "'" + text if text[:1] in (*_RUNS, "'") and text else text


def restore(text: str) -> str:
    """The inverse of ``neutralise``: takes exactly one apostrophe off, and only where ``neutralise`` puts one."""
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in _RUNS + "'" else text


# --- widgets: one per type of field -------------------------------------------------------------------------------


class CellProblem(ValueError):
    """A cell cannot mean anything for this type of field; carries what the user is told."""

    def __init__(self, code: str, message: str, suggestion: str):
        super().__init__(message)
        self.code, self.message, self.suggestion = code, message, suggestion


class TextCell(widgets.CharWidget):
    """Text; a number loses nothing on the way ("13800138000", never "13800138000.0")."""

    def clean(self, value, row=None, **kwargs) -> str:
        if type(value) is str:
            return value
        if type(value) is bool:
            return _("是") if value else _("否")
        if type(value) is float:
            return str(int(value)) if value.is_integer() else repr(value)
        if isinstance(value, datetime):
            return value.isoformat(" ", "seconds").removesuffix(" 00:00:00")
        return str(value)


class CodeCell(TextCell):
    """A number, code or phone: text in which a date can only be the spreadsheet's own mistake."""

    def clean(self, value, row=None, **kwargs) -> str:
        if isinstance(value, date):
            raise CellProblem(
                "cell.became_date",
                _("表格软件把内容变成了日期 %(value)s，原来的内容已丢失。") % {"value": value.isoformat()[:10]},
                _("请把该列设为“文本”格式后重新填写。"),
            )
        return super().clean(value)


class AmountCell(widgets.DecimalWidget):
    """An amount; a heading such as 注册资本（万元） lends its unit to bare numbers."""

    def __init__(self, unit: str = ""):
        super().__init__(coerce_to_string=False)
        self.unit = unit

    def clean(self, value, row=None, **kwargs) -> Decimal | str:
        if isinstance(value, bool | date):
            raise CellProblem(
                "amount.invalid",
                _("「%(value)s」不是金额。") % {"value": TextCell().clean(value)},
                _("请填写数字，例如 50000。"),
            )
        if type(value) is str:
            return value + self.unit if self.unit and _BARE_NUMBER.fullmatch(value.strip()) else value
        number = Decimal(repr(value) if type(value) is float else value)
        return f"{number:f}{self.unit}" if self.unit else number


_BARE_NUMBER = re.compile(r"[-+(（¥￥]?[\d,，.]+[)）]?")


class NumberCell(AmountCell):
    """A number that is no amount: nothing lends it a unit."""

    def clean(self, value, row=None, **kwargs) -> Decimal | str:
        if isinstance(value, bool | date):
            raise CellProblem(
                "numeric.format",
                _("「%(value)s」不是数字。") % {"value": TextCell().clean(value)},
                _("请填写数字，例如 12.5。"),
            )
        return super().clean(value)


class WholeCell(widgets.IntegerWidget):
    """A whole number; other text is left to the rules, which say what is wrong with it."""

    def clean(self, value, row=None, **kwargs) -> int | str:
        return value if type(value) is int else TextCell().clean(value)


class DayCell(widgets.DateWidget):
    """A day; a clock time falls away, and a bare number is left to the rules, which never guess."""

    def clean(self, value, row=None, **kwargs) -> date | str:
        if isinstance(value, datetime):
            return value.date()
        return value if isinstance(value, date) else TextCell().clean(value)


class YesNoCell(widgets.BooleanWidget):
    """Yes or no; words are left to the rules."""

    def clean(self, value, row=None, **kwargs) -> bool | str:
        return value if type(value) is bool else TextCell().clean(value)


# Values that identify: a spreadsheet that turned one of them into a date has destroyed it.
_CODES = {"number", "uscc", "tax_number", "postal_code", "bank_account", "id_number", "phone", "mobile"}


_WRITTEN = (Type.TEXT, Type.LONG_TEXT)


def is_code(field: Field) -> bool:
    """Whether the field's values identify something: they are text, however much they look like numbers."""
    if field.is_own and field.type == Type.TEXT and (field.check or field.custom.is_unique or field.custom.pattern):
        return True
    return field.key in _CODES or field.part == "foreign_numbers" or (field.sensitive and field.type in _WRITTEN)


def widget_of(field: Field, unit: str = "") -> widgets.Widget:
    """The widget that reads and renders the values of a catalogue field."""
    if field.type == Type.MONEY:
        return AmountCell(unit)
    if is_code(field):
        return CodeCell()
    by_type = {Type.INTEGER: WholeCell, Type.DECIMAL: NumberCell, Type.DATE: DayCell, Type.BOOLEAN: YesNoCell}
    return by_type.get(field.type, TextCell)()


class Column(fields.Field):
    """One catalogue field under one heading of a file."""

    def __init__(self, field: Field, heading: str = "", *, unit: str = "", from_csv: bool = False):
        """``unit`` is what the heading adds to bare amounts (万元); ``from_csv`` undoes the apostrophe of our own CSV files.

        A field whose own label names the unit (年采购额（万元）) keeps its amounts in it: there the heading adds nothing.
        """
        unit = "" if field.is_own and unit and unit in str(field.label) else unit
        super().__init__(
            attribute=field.key,
            column_name=heading or str(field.label),
            widget=widget_of(field, unit),
            readonly=field.read_only,
        )
        self.field = field
        self.key = field.key
        self.from_csv = from_csv
        self._has_unit = bool(unit)

    def read(self, cell: Any) -> tuple[Any, Problem | None]:
        """(raw value, None), or (None, the problem) for a cell that holds no usable value. ``cell`` is not blank."""
        if type(cell) is str:
            if self.from_csv and cell[0] == "'":
                cell = restore(cell)
            # Nearly every cell of every file comes this way.
            return (self.widget.clean(cell) if self._has_unit else cell), None
        if type(cell) is CellFault:
            return None, Problem(self.key, cell.code, cell.message, suggestion=cell.suggestion, value=cell.raw[:120])
        try:
            return self.widget.clean(cell), None
        except CellProblem as bad:
            return None, Problem(self.key, bad.code, bad.message, suggestion=bad.suggestion, value=str(cell)[:120])

    def write(self, customer, presenter: Presenter) -> Any:
        """The cell for a customer as the presenter's reader gets it: text, or a typed number or date; None when blank.

        The customer's parts must be prefetched (``presenting.with_parts``). Masked values are text with asterisks.
        """
        value = presenter.value(customer, self.field)
        shown = presenter.shown(self.field, value)
        if not shown.text:
            return None
        if shown.is_masked or not isinstance(value, int | Decimal | date) or isinstance(value, bool | datetime):
            return shown.text
        if self.field.value_type not in _TYPED:
            return shown.text
        currency = customer.capital_currency if self.key == "registered_capital" else ""
        return f"{value:f} {currency}" if currency not in ("", "CNY") else value


_TYPED = {Type.MONEY, Type.DECIMAL, Type.INTEGER, Type.DATE}
