"""The one pipeline: every door's edits are normalised, validated, matched and authorised here, then written.

What lives here: the stages, each working on the whole list with a constant number of queries. What does not: cleaning of a
value (``cleaning``), hits (``matching``), saving (``writing``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from permissions.actor import Actor
from permissions.masking import looks_masked
from permissions.models import User
from permissions.rights import Right

from ..fields import Catalogue
from ..models import PARTS, Customer, ForeignNumber
from ..rules import identifiers, names, regions
from . import matching, numbering
from .cleaning import Cleaner
from .edits import Edit, Hit, Outcome, PartEdit, Problem, accepted


@dataclass
class Policy:
    """How a door wants doubtful edits handled, beside the set's own parameters.

    ``report_duplicates``: a name that is taken refuses nothing, it is only reported (imports); otherwise the set's policy asks
    for a reason. ``require_complete``: new customers must have every required field.
    """

    report_duplicates: bool = False


@dataclass
class Pipeline:
    """The stages for one set and one actor; keeps look-up tables between the chunks of an import."""

    ledger: Any
    by: Actor
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self):
        self.catalogue = Catalogue.of(self.ledger)
        self.cleaner = Cleaner(self.catalogue)
        self._levels: dict[str, bool] = {}

    def prepare(self, edits: list[Edit]) -> None:
        """Run every stage before writing; afterwards each edit has clean values, its problems and its hits."""
        self.authorise(edits)
        self.normalise(edits)
        self.derive(edits)
        self.validate(edits)
        self.match(edits)

    # --- may he ---------------------------------------------------------------------------------------

    def authorise(self, edits: list[Edit]) -> None:
        """Rights to add and to edit, per edit, and the level of every field that it touches."""
        adds, changes = self.by.decide(Right.ADD), self.by.decide(Right.EDIT)
        for edit in edits:
            decision = adds if edit.is_add else changes
            if not decision.allowed:
                edit.problem("", "permission.denied", decision.rule)
        self._require_visible([edit for edit in edits if not edit.is_add])
        for edit in edits:
            for key, value in _said(edit):
                if not self._may_edit(key) and not self._is_masked(key, value):
                    self._refuse_field(edit, key)
            for part in {part for part, rows in edit.parts.items() if any(row.remove for row in rows)}:
                for each in self.catalogue.of_part(part):
                    if not self._may_edit(each.key):
                        self._refuse_field(edit, each.key)

    def _is_masked(self, key: str, value: Any) -> bool:
        """Whether the value is what a reader of masked ones was shown: it comes back as "unchanged"."""
        field = self.catalogue.get(key)
        return field is not None and field.sensitive and looks_masked(value)

    def _require_visible(self, edits: list[Edit]) -> None:
        ids = {edit.customer_id for edit in edits}
        if not ids or self.by.is_system:
            return
        seen = set(Customer.objects.visible_to(self.by).filter(pk__in=ids).values_list("pk", flat=True))
        for edit in edits:
            if edit.customer_id not in seen:
                edit.problem("", "customer.not_found", _("没有找到该客户，或您无权查看。"))

    def _may_edit(self, key: str) -> bool:
        if key not in self._levels:
            field = self.catalogue.get(key)
            self._levels[key] = field is None or self.by.may_edit(field.right_key)
        return self._levels[key]

    def _refuse_field(self, edit: Edit, key: str) -> None:
        field = self.catalogue.get(key)
        edit.problem(
            key,
            "field.not_allowed",
            _("您没有修改「%(field)s」的权限。") % {"field": field.label_with_part},
            suggestion=_("请去掉该列，或向账套主管申请权限。"),
        )

    # --- normalise --------------------------------------------------------------------------------------

    def normalise(self, edits: list[Edit]) -> None:
        """Raw values to clean ones; flat keys move into the primary rows of their parts."""
        for edit in edits:
            raw, edit.values = edit.values, {}
            for key, value in raw.items():
                self._normalise_value(edit, key, value)
            for part, rows in edit.parts.items():
                self._normalise_part(edit, part, rows)
            self._sort_tax_number(edit)

    def _normalise_value(self, edit: Edit, key: str, value: Any) -> None:
        field = self.catalogue.get(key)
        if field is None or field.read_only:
            return
        if field.sensitive and looks_masked(value):
            return
        clean, problem = self.cleaner.clean(field, value)
        if problem:
            edit.problems.append(problem)
        if field.part == "foreign_numbers":
            if clean:
                edit.foreign[key.partition(":")[2]] = clean
        elif key == "tags":
            edit.values["tags"] = clean
        elif field.part:
            self._primary_row(edit, field.part).values[field.column] = clean
        else:
            edit.values[field.column] = clean
            if key == "registered_capital" and getattr(clean, "currency", ""):
                edit.values["capital_currency"] = clean.currency

    @staticmethod
    def _primary_row(edit: Edit, part: str) -> PartEdit:
        rows = edit.parts.setdefault(part, [])
        for row in rows:
            if row.primary:
                return row
        rows.append(PartEdit({}, primary=True))
        return rows[-1]

    def _normalise_part(self, edit: Edit, part: str, rows: list[PartEdit]) -> None:
        for index, row in enumerate(rows):
            if row.primary:
                continue
            for column, value in list(row.values.items()):
                field = self.catalogue.get(f"{part}.{column}")
                if field is None or (field.sensitive and looks_masked(value)):
                    del row.values[column]
                    continue
                row.values[column], problem = self.cleaner.clean(field, value)
                if problem:
                    problem.field = f"{part}.{index}.{column}"
                    edit.problems.append(problem)
            self._require_of_part(edit, part, index, row)

    def _require_of_part(self, edit: Edit, part: str, index: int, row: PartEdit) -> None:
        """A part row without what makes it one (an address without a line) is refused; an empty new row says nothing."""
        column = _NEEDED.get(part)
        if column is None or row.remove or row.values.get(column):
            return
        if column in row.values if row.pk else any(value not in (None, "", False) for value in row.values.values()):
            field = self.catalogue.get(f"{part}.{column}")
            edit.problem(
                f"{part}.{index}.{column}", "field.required", _("%(field)s必须填写。") % {"field": field.label}
            )

    @staticmethod
    def _sort_tax_number(edit: Edit) -> None:
        """A tax number of 18 code characters is the credit code: it goes there, and the profile derives it."""
        for row in edit.parts.get("invoice_profiles", ()):
            number = row.values.get("tax_number")
            if not row.primary or not number:
                continue
            checked = identifiers.uscc(number)
            if not edit.values.get("uscc") and (checked.problem is None or checked.problem.severity != "error"):
                edit.values["uscc"] = checked.value
                if checked.problem:
                    edit.problem(
                        "uscc", checked.problem.code, checked.problem.message, checked.problem.severity, value=number
                    )
            if number == edit.values.get("uscc") and edit.is_add:
                del row.values["tax_number"]
        edit.parts = {part: rows for part, rows in edit.parts.items() if any(_says_something(row) for row in rows)}

    # --- derive ------------------------------------------------------------------------------------------

    def derive(self, edits: list[Edit]) -> None:
        """Fill in what follows from the rest: comparison key, pinyin, 助记码, short name, region."""
        for edit in edits:
            values = edit.values
            name = values.get("name")
            if name and isinstance(name, str):
                values["name_key"] = names.name_key(name)
                values["pinyin"] = names.pinyin_of(name)[:400]
                if edit.is_add and not values.get("mnemonic_code"):
                    values["mnemonic_code"] = names.mnemonic_of(name)[:60]
                if edit.is_add and not values.get("short_name"):
                    values["short_name"] = names.short_name_of(name)[:60]
            self._derive_region(edit)
            if values.get("registered_capital") is not None:
                values.setdefault("capital_currency", "CNY")
        self._derive_ownership([edit for edit in edits if edit.is_add])

    def _derive_ownership(self, edits: list[Edit]) -> None:
        """Who does not see everything owns what he adds, or he would lose sight of it; the department is the owner's."""
        mine = not self.by.sees_all
        for edit in edits:
            if mine and not edit.values.get("owner_id"):
                edit.values["owner_id"] = self.by.user_id
        waiting = [edit for edit in edits if edit.values.get("owner_id") and not edit.values.get("department_id")]
        if waiting:
            owners = {edit.values["owner_id"] for edit in waiting if isinstance(edit.values["owner_id"], int)}
            departments = dict(User.objects.filter(pk__in=owners).values_list("pk", "department_id"))
            for edit in waiting:
                edit.values["department_id"] = departments.get(edit.values["owner_id"])

    @staticmethod
    def _derive_region(edit: Edit) -> None:
        """Official names for province and city; for a new customer, blanks filled from the address or the name."""
        values = edit.values
        if values.get("province"):
            values["province"] = regions.normal_province(values["province"]) or values["province"]
        if values.get("city"):
            values["city"] = regions.normal_city(values["city"], values.get("province") or "") or values["city"]
        if not edit.is_add:
            return
        found = regions.region_of(values.get("address") or "") if values.get("address") else regions.NOWHERE
        if not found.province and not values.get("province"):
            found = regions.region_of(values.get("name") or "")
        if not found.province or values.get("province") not in (None, "", found.province):
            return
        values["province"] = found.province
        if values.get("city") in (None, "", found.city):
            values["city"], values["region_code"] = found.city, found.code
            values["district"] = values.get("district") or found.district

    # --- validate ------------------------------------------------------------------------------------------

    def validate(self, edits: list[Edit]) -> None:
        """Required fields, policies of the set, numbers typed by hand."""
        digit_policy = self.ledger.parameter("check_digit_policy")
        for edit in edits:
            for problem in edit.problems:
                if problem.severity == "reason" and problem.code.endswith("check_digit"):
                    problem.severity = digit_policy
            self._require(edit)
        self._validate_numbers([edit for edit in edits if edit.values.get("number")])
        for edit, message in numbering.cannot_number(self.ledger, [edit for edit in edits if edit.is_add]):
            edit.problem("number", "number.missing_part", message, suggestion=_("请补填该字段，或手工填写编号。"))
        self._validate_foreign([edit for edit in edits if edit.foreign])

    def _require(self, edit: Edit) -> None:
        bad = {problem.field for problem in edit.problems}
        for key in self.catalogue.required:
            field = self.catalogue.get(key)
            if field is None or key in bad:
                continue
            given, value = _given(edit, field)
            if (edit.is_add or given) and value in (None, "", []):
                edit.problem(key, "field.required", _("%(field)s必须填写。") % {"field": field.label})

    def _validate_numbers(self, edits: list[Edit]) -> None:
        mode = self.ledger.parameter("number_mode")
        keys = {edit: numbering.number_key(str(edit.values["number"])) for edit in edits}
        held = numbering.taken(self.ledger.pk, keys.values())
        first: dict[str, Edit] = {}
        for edit, key in keys.items():
            holder = held.get(key, 0)
            if edit.is_add and mode == "auto":
                edit.problem("number", "number.automatic", _("本账套的客户编号由系统自动生成，不能手工填写。"),
                             suggestion=_("请留空编号。"), value=edit.values["number"])  # fmt: skip
            elif key in held and (holder is None or holder != edit.customer_id):
                edit.problem("number", "number.taken", _("客户编号「%(number)s」已被使用。") % {"number": edit.values["number"]},
                             suggestion=_("请换一个编号，或留空由系统生成。"), value=edit.values["number"])  # fmt: skip
                if holder:
                    edit.hits.append(Hit("number", edit.values["number"], holder))
            other = first.setdefault(key, edit)
            if other is not edit:
                edit.problem("number", "number.repeated", _("客户编号「%(number)s」在文件中重复。") % {"number": edit.values["number"]},
                             value=edit.values["number"])  # fmt: skip
                edit.hits.append(Hit("number", edit.values["number"], other=other))

    def _validate_foreign(self, edits: list[Edit]) -> None:
        wanted = {(system, numbering.number_key(number)) for edit in edits for system, number in edit.foreign.items()}
        if not wanted:
            return
        held = {
            (system, key): customer
            for system, key, customer in ForeignNumber.objects.filter(
                ledger=self.ledger, number_key__in={key for _system, key in wanted}
            ).values_list("system", "number_key", "customer_id")
        }
        first: dict[tuple[str, str], Edit] = {}
        for edit in edits:
            for system, number in edit.foreign.items():
                key = (system, numbering.number_key(number))
                holder, other = held.get(key), first.setdefault(key, edit)
                if (holder and holder != edit.customer_id) or other is not edit:
                    edit.problem(f"foreign:{system}", "foreign.taken",
                                 _("%(system)s 编号「%(number)s」已属于另一个客户。") % {"system": system, "number": number},
                                 value=number)  # fmt: skip

    # --- match -----------------------------------------------------------------------------------------------

    def match(self, edits: list[Edit]) -> None:
        """Exact duplicates through the match keys, and what the set's policy makes of them."""
        for edit in edits:
            edit.keys = matching.keys_of(self.ledger.pk, edit.values, _part_values(edit))
        matching.find_hits(edits)
        name_policy, uscc_policy = self.ledger.parameter("name_policy"), self.ledger.parameter("uscc_policy")
        for edit in edits:
            if edit.hits:
                self._judge(edit, {hit.kind for hit in edit.hits}, name_policy, uscc_policy)

    def _judge(self, edit: Edit, kinds: set[str], name_policy: str, uscc_policy: str) -> None:
        uscc = edit.values.get("uscc")
        if uscc and any(hit.kind == "tax" and hit.value == uscc for hit in edit.hits):
            severity = "error" if uscc_policy == "block" else self._softened("reason")
            edit.problem("uscc", "uscc.taken", _("统一社会信用代码「%(value)s」已属于另一个客户。") % {"value": uscc}, severity,
                         suggestion=_("请打开已有客户核对。"), value=uscc)  # fmt: skip
        if "name" in kinds and name_policy != "allow" and edit.values.get("name"):
            severity = "error" if name_policy == "block" else self._softened("reason")
            edit.problem("name", "name.taken", _("已有同名客户「%(value)s」。") % {"value": edit.values["name"]}, severity,
                         suggestion=_("请确认不是同一客户，并说明原因。"), value=edit.values["name"])  # fmt: skip

    def _softened(self, severity: str) -> str:
        return "warning" if self.policy.report_duplicates else severity


_NEEDED = {"addresses": "line", "bank_accounts": "account"}


def _said(edit: Edit) -> Iterator[tuple[str, Any]]:
    """(catalogue key, raw value) of everything that the edit says."""
    yield from edit.values.items()
    for part, rows in edit.parts.items():
        for row in rows:
            for column, value in row.values.items():
                yield f"{part}.{column}", value


def _says_something(row: PartEdit) -> bool:
    return (
        row.pk is not None
        or row.remove
        or any(value not in (None, "", False) for value in row.values.values())
        or (row.primary and bool(row.values))
    )


def _given(edit: Edit, field) -> tuple[bool, Any]:
    """(whether the edit says anything of this field, what)."""
    if field.part:
        rows = edit.parts.get(field.part, ())
        values = [row.values[field.column] for row in rows if field.column in row.values and not row.remove]
        return bool(values), next((value for value in values if value), None)
    column = "tags" if field.key == "tags" else field.column
    return column in edit.values, edit.values.get(column)


def _part_values(edit: Edit) -> dict[str, list[dict[str, Any]]]:
    return {part: [row.values for row in rows if not row.remove] for part, rows in edit.parts.items() if part in PARTS}


def submit(
    edits: list[Edit], *, ledger, by: Actor, kind: str, reason: str = "", policy: Policy | None = None
) -> Outcome:
    """Prepare the edits and write those that nothing speaks against, in one transaction; the others come back refused.

    Raises BusinessError when the set takes no data, or when somebody else was quicker (``write.clash``).
    """
    from . import writing

    ledger.require_writable()
    Pipeline(ledger, by, policy or Policy()).prepare(edits)
    outcome = Outcome(refused=[edit for edit in edits if edit.refused])
    wanted = accepted(edits)
    if wanted:
        writing.write(wanted, ledger=ledger, by=by, kind=kind, reason=reason, outcome=outcome)
    return outcome


__all__ = ["Pipeline", "Policy", "Problem", "submit"]
