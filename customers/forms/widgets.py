"""The looks of controls that Django has none for: a select written at one stroke, coloured options, a file, another customer.

What lives here: HTML of one control and what it reads from a request. What does not: which field gets which control (``controls``).
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

CLEAR = "-clear"  # suffix of the box that takes a file away
UPLOAD = "-file"  # suffix of the input that brings one

_SELECTED, _CHECKED = mark_safe(" selected"), mark_safe(" checked")


class Choice(forms.Select):
    """A select whose options are written at one stroke: one template for each of a hundred trades is half of the page's time."""

    def render(self, name: str, value: Any, attrs: dict | None = None, renderer: Any = None) -> SafeString:
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "\n",
            '<option value="{}"{}>{}</option>',
            ((each, _SELECTED if each == chosen else "", label) for each, label in self.choices),
        )
        return format_html(
            "<select{}>{}</select>", flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name})), options
        )


class Boxes(forms.CheckboxSelectMultiple):
    """Options that may be ticked together, each with its colour; ``colours``: value → name of a colour."""

    kind = "checkbox"

    def __init__(self, *, choices: Iterable[tuple[str, str]], colours: dict[str, str]):
        super().__init__(choices=choices)
        self.colours = colours

    def render(self, name: str, value: Any, attrs: dict | None = None, renderer: Any = None) -> SafeString:
        chosen = {str(each) for each in (value if isinstance(value, list | tuple) else [value or ""])}
        own_id = (attrs or {}).get("id", name)
        boxes = format_html_join(
            "\n",
            '<label class="option" data-colour="{}"><input type="{}" name="{}" value="{}" id="{}_{}"{}>{}</label>',
            (
                (
                    self.colours.get(each, ""),
                    self.kind,
                    name,
                    each,
                    own_id,
                    at,
                    _CHECKED if each in chosen else "",
                    label,
                )
                for at, (each, label) in enumerate(self.choices)
            ),
        )
        return format_html('<div class="options" id="{}">{}</div>', own_id, boxes)

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        """A link from the list of problems leads to the first box."""
        return f"{id_}_0" if id_ else id_


class Pills(Boxes):
    """One of a few options, all of them in sight."""

    kind = "radio"
    allow_multiple_selected = False

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name)


class FileBox(forms.Widget):
    """A stored file (its token in a hidden input), a place for another, and a box that takes it away.

    ``shown``: token → (file name, address). An upload is stored before the form is built, so a form that comes back keeps it.
    """

    needs_multipart_form = True

    def __init__(self, shown: dict[str, tuple[str, str]] | None = None):
        super().__init__()
        self.shown = shown or {}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        return "" if data.get(f"{name}{CLEAR}") else data.get(name, "")

    def render(self, name: str, value: Any, attrs: dict | None = None, renderer: Any = None) -> SafeString:
        present: SafeString | str = ""
        if value:
            text, address = self.shown.get(str(value), (_("已选文件"), ""))
            link = format_html('<a href="{}">{}</a>', address, text) if address else text
            present = format_html(
                '<span class="file-present">{}<label class="check"><input type="checkbox" name="{}{}">{}</label></span>',
                link,
                name,
                CLEAR,
                _("删除"),
            )
        control = flatatt({"type": "file", "name": f"{name}{UPLOAD}", **(attrs or {})})
        return format_html('<input type="hidden" name="{}" value="{}">{}<input{}>', name, value or "", present, control)


class CustomerBox(forms.TextInput):
    """Another customer by number; the page offers those that its reader sees while he types (js/customers-pick.js)."""

    def __init__(self):
        super().__init__(
            attrs={"autocomplete": "off", "data-customer-pick": "", "placeholder": _("输入编号或名称查找")}
        )
