"""The set's rules at work in the pipeline: defaults filled in, fields not used refused, formulas computed, what is missing named.

What lives here: edits and stored rows turned into the flat values that ``rulebook`` judges, for a whole list with a constant number of
queries, and which of its answers refuse an edit and which only warn. What does not: the rules themselves (``rulebook``).

On a change only what the edit touches, or what it makes required, is refused; a customer who was stored before a rule became stricter can
still be edited in other fields, and the warning says what is missing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from ..fields import Catalogue, Field, Type
from ..models import PARTS, CustomerTag
from ..own import values as own_values
from ..services.cleaning import Cleaner
from ..services.edits import Edit, PartEdit, Problem
from .book import Rule, Rulebook, is_blank

Values = dict[str, Any]

# The flag by which the primary row of a part is known.
_FLAGS = {"contacts": "is_primary", "bank_accounts": "is_default", "invoice_profiles": "is_default"}


class RowReader:
    """Flat values (catalogue key → clean value) of chosen fields, from stored rows and from edits."""

    def __init__(self, catalogue: Catalogue, keys: Iterable[str]):
        wanted = set(keys)
        if "tax_number" in wanted:
            wanted.add("uscc")  # a profile without a number of its own has the credit code
        found = {key: each for key in sorted(wanted) if (each := catalogue.get(key)) is not None and "." not in key}
        self.own = [each for each in found.values() if each.is_own]
        self.plain = {
            each.column: key for key, each in found.items() if not each.is_own and not each.part and each.column
        }
        self.parts: dict[str, dict[str, str]] = {}
        for key, each in found.items():
            if each.part in PARTS:
                self.parts.setdefault(each.part, {})[each.column] = key
        self.has_tags = "tags" in found
        self.keys = frozenset(found)
        self._says = {**self.plain, **{each.key: each.key for each in self.own}}
        if self.has_tags:
            self._says["tags"] = "tags"

    # --- stored ------------------------------------------------------------------------------------------------------------

    def stored(self, customers, ids: Iterable[int]) -> dict[int, tuple[Values, dict[str, list[Values]]]]:
        """id → (flat values, rows of parts); one query for the customers and one for each part that is asked for."""
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        columns = ["pk", "version", *(["custom_values"] if self.own else []), *self.plain]
        rows = {row["pk"]: row for row in customers.filter(pk__in=wanted).values(*columns)}
        parts: dict[int, dict[str, list[Values]]] = {pk: {part: [] for part in self.parts} for pk in rows}
        for part, keys in self.parts.items():
            model = PARTS[part]
            flag = [f"-{_FLAGS[part]}"] if part in _FLAGS else []
            stored = model.objects.filter(customer_id__in=list(rows)).order_by(*flag, "pk")
            for row in stored.values("pk", "customer_id", *keys):
                parts[row["customer_id"]][part].append(row)
        tags: dict[int, list[int]] = {}
        if self.has_tags:
            for pk, tag in (
                CustomerTag.objects.filter(customer_id__in=list(rows))
                .order_by("pk")
                .values_list("customer_id", "tag_id")
            ):
                tags.setdefault(pk, []).append(tag)
        return {
            pk: (self.flat(row, parts[pk], tags.get(pk, [])) | {"version": row["version"]}, parts[pk])
            for pk, row in rows.items()
        }

    def flat(self, row: Mapping[str, Any], parts: Mapping[str, list[Values]], tags: list[int]) -> Values:
        """The flat values of one stored customer."""
        values = {key: row[column] for column, key in self.plain.items()}
        own = row["custom_values"] or {} if self.own else {}
        for each in self.own:
            if (value := own.get(each.key)) is not None:
                values[each.key] = own_values.unsealed(each, value)
        for part, keys in self.parts.items():
            for column, key in keys.items():
                values[key] = next((value for each in parts[part] if (value := each[column])), "")
        if self.has_tags:
            values["tags"] = tags
        return values

    # --- edits ---------------------------------------------------------------------------------------------------------------

    def after(self, edit: Edit, before: Values | None, parts: Mapping[str, list[Values]] | None = None) -> Values:
        """The flat values as they would stand after a normalised edit; ``before`` is not changed."""
        values = dict(before) if before else {}
        says = self._says
        for column, value in edit.values.items():
            if column in says:
                values[says[column]] = value
        if edit.parts:
            for part, keys in self.parts.items():
                if part in edit.parts:
                    self._after_part(values, keys, edit.parts[part], parts[part] if parts else [])
        if not values.get("tax_number") and "tax_number" in self.keys and values.get("uscc"):
            values["tax_number"] = values["uscc"]
        return values

    @staticmethod
    def _after_part(values: Values, keys: Mapping[str, str], rows: list[PartEdit], stored: list[Values]) -> None:
        """A flat key of a part is filled when any row that stays has it; a primary edit means the first stored row."""
        changed: dict[int, PartEdit] = {row.pk: row for row in rows if row.pk is not None}
        primary = next((row for row in rows if row.primary), None)
        if primary is not None and stored:
            changed.setdefault(stored[0]["pk"], primary)
        left = [row for row in stored if not ((edit := changed.get(row["pk"])) and edit.remove)]
        for column, key in keys.items():
            found = []
            for row in left:
                edit = changed.get(row["pk"])
                found.append(edit.values.get(column, row[column]) if edit else row[column])
            found += [
                row.values.get(column)
                for row in rows
                if row.pk is None and not row.remove and not (row.primary and stored)
            ]
            values[key] = next((value for value in found if value), "")


class RuleStage:
    """The pipeline's hand for the rulebook of one set; kept between the chunks of an import."""

    def __init__(self, catalogue: Catalogue, cleaner: Cleaner):
        self.catalogue = catalogue
        self.cleaner = cleaner
        self.book = Rulebook(catalogue)
        self._defaults: dict[tuple, dict[str, Any]] = {}
        self._reader: RowReader | None = None
        self._is_templated = False  # whether any edit so far came through an entry template
        self._before: dict[int, tuple[Values, dict[str, list[Values]]]] = {}
        self._after: dict[Edit, Values] = {}  # what ``compute`` made of the present list, for ``judge``

    @property
    def reader(self) -> RowReader:
        if self._reader is None:
            asked = (each.required for each in self.book.templates.values()) if self._is_templated else ()
            self._reader = RowReader(self.catalogue, self.book.reads.union(*asked))
        return self._reader

    # --- before values are cleaned -----------------------------------------------------------------------------------------

    def fill_defaults(self, edits: list[Edit]) -> None:
        """What a new customer begins with, wherever nothing was said of the field; raw, cleaned with the rest."""
        adds = [edit for edit in edits if edit.is_add]
        if not self._is_templated and any(edit.template for edit in adds):
            self._is_templated, self._reader = True, None
        if not adds or not (self.book.has_defaults or self._is_templated):
            return
        for edit in adds:
            values = edit.values
            found = self._defaults_for(values.get("category"), str(values.get("kind") or ""), edit.template)
            for key, value in found.items():
                values.setdefault(key, value)

    def _defaults_for(self, category: Any, kind: str, template: str) -> dict[str, Any]:
        try:
            key = (category, kind, template)
            if key in self._defaults:
                return self._defaults[key]
        except TypeError:  # a raw value that no dictionary takes is no category
            return self._defaults_for(None, kind, template)
        found = self.book.defaults(category_id=self._category(category), kind=kind, template=template or None)
        if category in (None, "") and "category" in found:
            found |= self.book.defaults(
                category_id=self._category(found["category"]), kind=kind, template=template or None
            )
        # A default that is no longer right (an option that was switched off) is left out: nobody asked for it.
        self._defaults[key] = {key: value for key, value in found.items() if self._is_fit(key, value)}
        return self._defaults[key]

    def _category(self, raw: Any) -> int | None:
        field = self.catalogue.get("category")
        clean, problem = self.cleaner.clean(field, raw) if raw not in (None, "") else (None, None)
        return clean if problem is None and isinstance(clean, int) else None

    def _is_fit(self, key: str, value: Any) -> bool:
        field = self.catalogue.get(key)
        return not field.part and field.type != Type.FILE and self.cleaner.clean(field, value)[1] is None

    # --- clean values --------------------------------------------------------------------------------------------------------

    def look(self, edits: list[Edit], customers) -> None:
        """Read what is stored of the customers that the edits change, and refuse values for fields that are not used.

        ``customers``: the queryset from which rows may be read.
        """
        self._before, self._after = {}, {}
        if self.book.is_plain:
            return
        changes = [edit.customer_id for edit in edits if not edit.is_add]
        if changes:
            self._before = self.reader.stored(customers, changes)
        if self._has_unused:
            for edit in edits:
                self._refuse_unused(edit)

    @property
    def _has_unused(self) -> bool:
        return any(each.need == "hidden" for each in self.catalogue.settings)

    def _refuse_unused(self, edit: Edit) -> None:
        before, parts = self._stored(edit)
        after = self.reader.after(edit, before, parts)
        book = self.book.book(after.get("category"))
        for key in book.unused:
            value = after.get(key)
            if "." in key or is_blank(value) or value == (before or {}).get(key):
                continue
            field = self.catalogue.get(key)
            if key not in self._said(edit, field):
                continue
            edit.problem(
                key,
                "field.unused",
                _("本账套或该分类的客户不使用「%(field)s」。")
                % {"field": self.book.label(field, after.get("category"))},
                suggestion=_("请清空该内容，或在“字段设置”中启用该字段。"),
                value=str(value)[:120] if not field.sensitive else "",
            )
        for key, need in book.in_parts.items():
            if need == "hidden":
                self._refuse_in_part(edit, self.catalogue.get(key))

    def _said(self, edit: Edit, field: Field) -> set[str]:
        """{key} when the edit says something of the field."""
        if field.part:
            return {field.key} if field.part in edit.parts else set()
        return {field.key} if (field.column or field.key) in edit.values else set()

    def _refuse_in_part(self, edit: Edit, field: Field) -> None:
        for index, row in enumerate(edit.parts.get(field.part, ())):
            if not row.remove and not is_blank(row.values.get(field.column)) and row.values[field.column] is not False:
                edit.problem(f"{field.part}.{index}.{field.column}", "field.unused",
                             _("本账套或该分类的客户不使用「%(field)s」。") % {"field": field.label_with_part},
                             suggestion=_("请清空该内容，或在“字段设置”中启用该字段。"))  # fmt: skip

    def _stored(self, edit: Edit) -> tuple[Values | None, dict[str, list[Values]] | None]:
        return self._before.get(edit.customer_id, (None, None)) if not edit.is_add else (None, None)

    # --- formulas ------------------------------------------------------------------------------------------------------------

    def compute(self, edits: list[Edit]) -> None:
        """Formulas whose inputs an edit touches, computed from the row as it would stand."""
        if not self.book.formulas:
            return
        for edit in edits:
            before, parts = self._stored(edit)
            if not edit.is_add and before is None:
                continue
            after = self._after[edit] = self.reader.after(edit, before, parts)
            if not edit.is_add and not edit.recompute and not self._touches_inputs(after, before):
                continue
            found = self.book.compute(after)
            after.update(found.values)
            for key, value in found.values.items():
                if value is not None or not edit.is_add:
                    edit.values[key] = value
            for key, why in found.faults.items():
                edit.problem(key, "formula.no_result", _("「%(field)s」没有结果：%(why)s。")
                             % {"field": self.book.label_of(key), "why": why}, "warning")  # fmt: skip
            if not edit.is_add:
                edit.renew = self._renewal(edit, before["version"])

    def _touches_inputs(self, after: Values, before: Values) -> bool:
        return any(not _same(after.get(key), before.get(key)) for key in self.book.inputs)

    def _renewal(self, edit: Edit, version: int):
        """What the writer calls under its lock: when somebody else has saved since, the formulas are computed once more."""

        def renew(row: Mapping[str, Any], parts: Mapping[str, list[Mapping[str, Any]]]) -> None:
            if row["version"] == version:
                return
            reader = self.reader
            rows = {part: _primary_first(part, parts[part]) for part in reader.parts}
            tags = [each["tag_id"] for each in parts["customer_tags"]]
            after = reader.after(edit, reader.flat(row, rows, tags), rows)
            edit.values.update(self.book.compute(after).values)

        return renew

    # --- what is missing -----------------------------------------------------------------------------------------------------

    def judge(self, edits: list[Edit]) -> None:
        """Required fields and validation rules; problems are put on the edits."""
        plain = self.book.is_plain and not self._is_templated
        for edit in edits:
            if plain:
                self._require_name(edit)
            else:
                self._judge(edit)

    def _require_name(self, edit: Edit) -> None:
        if (edit.is_add or "name" in edit.values) and not edit.values.get("name") and not _has_problem(edit, "name"):
            edit.problem("name", "field.required", self.book.needed("name", ""))

    def _judge(self, edit: Edit) -> None:
        before, parts = self._stored(edit)
        if before is None and not edit.is_add:
            return  # out of sight, or gone: refused elsewhere
        after = self._after.pop(edit, None)
        if after is None:
            after = self.reader.after(edit, before, parts)
        required = self.book.required(after, edit.template or None)
        missing = [key for key in required if is_blank(after.get(key))]
        violations = self.book.violations(after) if self.book.rules else []
        touched = None
        if before is not None and (missing or violations):
            touched = {key for key, value in after.items() if not _same(value, before.get(key))}
        if missing:
            self._require(edit, {key: required[key] for key in missing}, before, after, touched)
        self._require_in_parts(edit, after)
        if violations:
            self._apply_rules(edit, violations, touched)

    def _require(
        self, edit: Edit, missing: dict[str, str], before: Values | None, after: Values, touched: set[str] | None
    ) -> None:
        bad = {problem.field for problem in edit.problems}
        asked_before = self.book.required(before) if before is not None else {}
        for key, why in missing.items():
            if key in bad or key not in self.reader.keys:
                continue
            message = self.book.needed(key, why, after.get("category"))
            is_new_wish = touched is None or key in touched or key not in asked_before
            if is_new_wish and not edit.recompute:
                edit.problem(key, "field.required", message)
            else:
                edit.problem(
                    key, "field.still_missing", message, "warning", suggestion=_("该客户尚未填写，请尽快补填。")
                )

    def _require_in_parts(self, edit: Edit, after: Values) -> None:
        wanted = self.book.book(after.get("category")).in_parts
        for key, need in wanted.items():
            field = self.catalogue.get(key)
            if need != "required":
                continue
            for index, row in enumerate(edit.parts.get(field.part, ())):
                if row.remove or (row.pk is not None and field.column not in row.values):
                    continue
                blank = is_blank(row.values.get(field.column))
                says = any(not is_blank(value) and value is not False for value in row.values.values())
                if blank and (says or row.pk is not None):
                    spot = key if row.primary else f"{field.part}.{index}.{field.column}"
                    edit.problem(spot, "field.required", _("%(field)s必须填写。") % {"field": field.label_with_part})

    @staticmethod
    def _apply_rules(edit: Edit, violations: list[tuple[Rule, list[Problem]]], touched: set[str] | None) -> None:
        for rule, problems in violations:
            is_told_only = edit.recompute or (touched is not None and not touched & rule.reads)
            for problem in problems:
                if is_told_only:
                    problem.severity = "warning"
                elif touched is not None and rule.must_hold is not None and problem.code == "rule.broken":
                    # The complaint stands at a field that the user has before him.
                    problem.field = next((key for key in rule.must_hold.mentions if key in touched), problem.field)
                if not any(each.field == problem.field and each.severity == "error" for each in edit.problems):
                    edit.problems.append(problem)


def _has_problem(edit: Edit, key: str) -> bool:
    return any(problem.field == key for problem in edit.problems)


def _same(left: Any, right: Any) -> bool:
    return left == right or (is_blank(left) and is_blank(right))


def _primary_first(part: str, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a part as the reader wants them: the primary one first, its id under ``pk``."""
    flag = _FLAGS.get(part)
    found = sorted(rows, key=lambda row: (not (flag and row[flag]), row["id"]))
    return [{**row, "pk": row["id"]} for row in found]


def stored_values(catalogue: Catalogue, customers, ids: Iterable[int], keys: Iterable[str]) -> dict[int, Values]:
    """id → flat values of stored customers; a constant number of queries."""
    reader = RowReader(catalogue, keys)
    return {pk: reader.after(Edit(), values, parts) for pk, (values, parts) in reader.stored(customers, ids).items()}
