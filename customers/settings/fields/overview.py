"""字段设计 as a table: every field of the customer by group, with what the set and the chosen category say of it.

What lives here: reading for the page, with a constant number of queries. What does not: who inherits what when a customer is judged
(``rulebook.book``) and any writing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgers.models import Ledger

from ...fields import BUILT_IN, GROUP_LABELS, PART_FIELDS, Catalogue, Field, Group, Type
from ...forms.layout import PART_HEADINGS
from ...models import Category, CustomField, FieldSetting
from ...own import values as own_values
from ...rulebook import names as rule_names
from ...rules.expressions import ExpressionError, Names, parse_condition
from ...services import categories

# What the system itself fills in or could not do without: named and placed like others, never asked for or switched off.
ALWAYS = frozenset({"name", "number", "kind", "status"})
MOST_COUNTED = 1_000
TYPE_LABELS: dict[str, str | Promise] = dict(CustomField.Type.choices)
_BUILT_IN_TYPES: dict[str, str | Promise] = {
    Type.CATEGORY: gettext_lazy("分类"),
    Type.DEPARTMENT: gettext_lazy("部门"),
    Type.TAGS: gettext_lazy("标签"),
    Type.SALES_REGION: gettext_lazy("销售区域"),
}


@dataclass(frozen=True)
class Said:
    """One value at the level that the page edits: its own (blank: nothing said), and what holds without it."""

    own: str = ""
    inherited: str = ""

    @property
    def now(self) -> str:
        return self.own or self.inherited


@dataclass(frozen=True)
class Row:
    field: Field
    label: Said
    need: Said
    conditions: list[str]
    type_label: str
    is_fixed: bool  # its need cannot be changed
    marks: list[str] = field(default_factory=list)
    usage: str = ""  # how many customers have a value, where that is known without counting them all

    @property
    def key(self) -> str:
        return self.field.key

    @property
    def custom(self) -> CustomField | None:
        return self.field.custom

    @property
    def is_of_part(self) -> bool:
        """Whether it stands in rows of a part (联系人·手机): such a field is named and switched, but has no place and no condition."""
        return "." in self.key

    @property
    def need_text(self) -> str:
        return "" if self.field.read_only else need_label(self.need.now)

    @property
    def inherited_need_text(self) -> str:
        return need_label(self.need.inherited)

    @property
    def is_unused(self) -> bool:
        return self.need.now == FieldSetting.Need.HIDDEN


@dataclass(frozen=True)
class GroupRows:
    id: str
    label: str
    rows: list[Row]
    is_own: bool


@dataclass
class Overview:
    """The fields of one set as its designer sees them, for the whole set or for one category."""

    ledger: Ledger
    category: Category | None = None

    def __post_init__(self):
        self.catalogue = Catalogue.of(self.ledger)
        line = categories.lineage(self.ledger).get(self.category.pk, []) if self.category else []
        # From the set down to the level that is edited; what stands before the last is inherited.
        self.levels: list[int | None] = [None, *reversed(line)]
        self.settings = {(each.field, each.category_id): each for each in self.catalogue.settings}
        self.names = rule_names.names_of(self.catalogue).spoken()

    def fields(self) -> tuple[Field, ...]:
        """Every field that stands on the form, those not in use in their places."""
        unused = {each.key for each in self.catalogue.unused}
        order = {each.key: at for at, each in enumerate((*self.catalogue.fields, *self.catalogue.unused))}
        found = (each for each in (*self.catalogue.fields, *self.catalogue.unused) if not each.part)
        kept = [each for each in found if each.group != Group.SYSTEM or each.is_own]
        return tuple(sorted(kept, key=lambda each: (each.key in unused, order[each.key])))

    def groups(self) -> list[GroupRows]:
        """All groups with their rows: the product's own order, then the set's own groups."""
        by_group: dict[str, list[Row]] = {}
        for each in self.fields():
            by_group.setdefault(each.group, []).append(self.row(each))
        labels = {key: label for key, label in GROUP_LABELS.items() if key in by_group} | {
            key: key for key in by_group if key not in GROUP_LABELS
        }
        found = [
            GroupRows(str(key), str(label), by_group[key], key not in GROUP_LABELS) for key, label in labels.items()
        ]
        return [*found, *self._parts()]

    def _parts(self) -> list[GroupRows]:
        """The columns of contacts, addresses and the other parts, those not in use too."""
        found = []
        for part, label in PART_HEADINGS.items():
            keys = [each.key for each in PART_FIELDS if each.part == part]
            rows = [self.row(each) for key in keys if (each := self.catalogue.get(key)) is not None]
            found.append(GroupRows(part, _("%(part)s（每一行）") % {"part": label}, rows, is_own=False))
        return found

    def row(self, each: Field) -> Row:
        setting = self.settings.get((each.key, self.levels[-1]))
        return Row(
            each,
            self._said(each.key, "label", setting, str(self.plain_label(each))),
            self._said(each.key, "need", setting, self._plain_need(each)),
            self._conditions(each.key),
            str(TYPE_LABELS.get(each.custom.type, "")) if each.custom else type_label(each),
            each.key in ALWAYS or each.read_only,
            _marks(each),
            self._usage(each),
        )

    def _usage(self, each: Field) -> str:
        row = each.custom
        if row is None or not row.is_indexed or not own_values.is_copied(each):
            return ""
        found = self._used.get(row.pk, 0)
        return f"{MOST_COUNTED:,}+" if found > MOST_COUNTED else f"{found:,}"

    @cached_property
    def _used(self) -> dict[int, int]:
        """field id → how many customers have a value, counted up to a thousand each; one query, answered by the index."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT f.id, (SELECT COUNT(*) FROM (SELECT DISTINCT v.customer_id FROM customers_customvalue v"
                " WHERE v.field_id = f.id LIMIT %s) AS users_of_field) FROM customers_customfield f WHERE f.ledger_id = %s",
                [MOST_COUNTED + 1, self.ledger.pk],
            )
            return dict(cursor.fetchall())

    def _said(self, key: str, name: str, setting: FieldSetting | None, plain: str) -> Said:
        above = [self.settings.get((key, level)) for level in self.levels[:-1]]
        inherited = next((value for each in reversed(above) if each and (value := getattr(each, name))), plain)
        return Said(getattr(setting, name) if setting else "", inherited)

    @staticmethod
    def plain_label(each: Field) -> str | Promise:
        """What a field is called before anybody renames it."""
        return each.custom.label if each.custom else _BUILT_IN_LABELS.get(each.key, each.label)

    def _plain_need(self, each: Field) -> str:
        asked = each.custom.is_required if each.custom else each.key in self.ledger.parameter("required_fields")
        return FieldSetting.Need.REQUIRED if asked or each.key == "name" else FieldSetting.Need.OPTIONAL

    def _conditions(self, key: str) -> list[str]:
        """When it is shown and required, in words, as it holds at this level."""
        words = []
        for name, text in (("visible_when", _("显示：%(when)s")), ("required_when", _("必填：%(when)s"))):
            said = next((value for level in reversed(self.levels) if (value := self._value(key, level, name))), "")
            if said:
                words.append(text % {"when": in_words(said, self.names)})
        return words

    def _value(self, key: str, level: int | None, name: str) -> str:
        setting = self.settings.get((key, level))
        return getattr(setting, name) if setting else ""


def need_label(need: str) -> str:
    return str(dict(FieldSetting.Need.choices).get(need, ""))


_BUILT_IN_LABELS = {each.key: each.label for each in (*BUILT_IN, *PART_FIELDS)}


def in_words(expression: str, names: Names) -> str:
    """A stored expression as a sentence; as it is stored when a field of it is gone."""
    try:
        return parse_condition(expression, names).render(names)
    except ExpressionError:
        return expression


def type_label(each: Field) -> str:
    """The type of a built-in field in the words of the types that a set's own fields have."""
    return str(TYPE_LABELS.get(each.type) or _BUILT_IN_TYPES.get(each.type, ""))


def _marks(each: Field) -> list[str]:
    """What else is worth knowing at a glance."""
    row = each.custom
    said: Iterable[tuple[Any, str]] = (
        (each.filterable, _("可筛选")),
        (row is not None and row.is_unique, _("不可重复")),
        (each.sensitive, _("敏感")),
        (each.in_list, _("列表显示")),
    )
    return [text for holds, text in said if holds]
