"""The form that starts an export: format, and fields in an order.

What lives here: what was posted, and moving fields about without a script. What does not: whether a field may be exported
(``services.chosen``).
"""

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.fields import GROUP_LABELS, Field

from ..models import ExportJob
from .cells import by_default


class ExportForm(forms.Form):
    format = forms.ChoiceField(
        label=_("格式"), choices=ExportJob.Format.choices, initial=ExportJob.Format.XLSX, widget=forms.RadioSelect
    )


class FieldPicker:
    """The offered fields in two parts: those picked, in order, and the rest by group."""

    def __init__(self, offered: list[Field], keys: list[str]):
        self.offered = {field.key: field for field in offered}
        self.keys = [key for key in dict.fromkeys(keys) if key in self.offered]

    def act(self, act: str) -> None:
        """What a button asked for: ``up:KEY``, ``down:KEY``, ``drop:KEY``, ``add:KEY``, ``all``, ``import``, ``list``, ``none``."""
        verb, _sep, key = act.partition(":")
        if verb in ("all", "import", "list", "none"):
            self.keys = self._preset(verb)
        elif verb == "add" and key in self.offered and key not in self.keys:
            self.keys.append(key)
        elif verb == "drop" and key in self.keys:
            self.keys.remove(key)
        elif verb in ("up", "down") and key in self.keys:
            self._move(key, -1 if verb == "up" else 1)

    def _preset(self, name: str) -> list[str]:
        fields = list(self.offered.values())
        chosen = {
            "all": fields,
            "import": by_default(fields),
            "list": [field for field in fields if field.in_list],
            "none": [],
        }[name]
        return [field.key for field in chosen]

    def _move(self, key: str, step: int) -> None:
        place = self.keys.index(key) + step
        self.keys.remove(key)
        self.keys.insert(max(0, place), key)

    @property
    def picked(self) -> list[Field]:
        return [self.offered[key] for key in self.keys]

    @property
    def rest(self) -> list[tuple[str, list[Field]]]:
        """(name of the group, fields not picked), empty groups left out."""
        groups: dict[str, list[Field]] = {}
        for field in self.offered.values():
            if field.key not in self.keys:
                groups.setdefault(str(GROUP_LABELS[field.group]), []).append(field)
        return list(groups.items())
