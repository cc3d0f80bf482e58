"""The one pipeline: every door's edits are normalised, validated, matched and authorised here, then written.

What lives here: the stages, each working on the whole list with a constant number of queries. What does not: cleaning of a
value (``cleaning``), hits (``duplicates.exact``), saving (``writing``).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from permissions.actor import Actor
from permissions.masking import looks_masked
from permissions.models import User
from permissions.rights import Right

from ..duplicates import exact
from ..fields import Catalogue
from ..models import PARTS, Customer, ForeignNumber
from ..own import cleaning as own_cleaning
from ..own import uniqueness as own_uniqueness
from ..rulebook.stage import RuleStage
from ..rules import identifiers, names, regions
from . import changing, identity, numbering, part_rules, reviews, status
from . import regions as sales_regions
from .cleaning import Cleaner
from .edits import Edit, Outcome, PartEdit, Problem, accepted
from .number_checks import Judge
from .snapshots import own_values_of

# Filled in AppConfig.ready by rooms that judge edits beside the stages below; each is called once with the whole list.
more_rules: list[Callable[["Pipeline", list[Edit]], None]] = []


@dataclass
class Policy:
    """How a door wants doubtful edits handled, beside the set's own parameters.

    ``report_duplicates``: a name that is taken refuses nothing, it is only reported (imports); otherwise the set's policy asks
    for a reason. ``renumbering``: the numbers were made by the rule itself, and one customer may take what another gives up in
    the same list, or gave up before (these keys).
    """

    report_duplicates: bool = False
    renumbering: frozenset[str] | None = None


@dataclass
class Pipeline:
    """The stages for one set and one actor; keeps look-up tables between the chunks of an import."""

    ledger: Any
    by: Actor
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self):
        self.catalogue = Catalogue.of(self.ledger)
        self.cleaner = Cleaner(self.catalogue, self.by)
        self.rules = RuleStage(self.catalogue, self.cleaner)
        self._levels: dict[str, bool] = {}
        self.before: dict[int, dict[str, Any]] = {}

    def prepare(self, edits: list[Edit]) -> None:
        """Run every stage before writing; afterwards each edit has clean values, its problems and its hits."""
        self.authorise(edits)
        self.rules.fill_defaults(edits)
        self.normalise(edits)
        self.rules.look(edits, Customer.objects.visible_to(self.by))
        self.derive(edits)
        self.validate(edits)
        for judge in more_rules:
            judge(self, edits)
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
        return field is not None and field.may_come_masked and looks_masked(value)

    def _require_visible(self, edits: list[Edit]) -> None:
        """Changed customers must be seen; what is stored of them now, as far as rules look at it, is kept in ``before``."""
        ids = {edit.customer_id for edit in edits}
        rows = Customer.objects.visible_to(self.by).filter(pk__in=ids).values(*_LOOKED_AT) if ids else ()
        self.before = {row["pk"]: row for row in rows}
        for edit in edits:
            if edit.customer_id not in self.before and not self.by.is_system:
                edit.problem("", "customer.not_found", _("没有找到该客户，或您无权查看。"))
        for_looking = changing.view_only(self.before, self.by) if self.before else ()
        for edit in edits:
            if edit.customer_id in for_looking:
                edit.problem("", changing.CODE, changing.words())

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
        self.cleaner.own.look_ahead(edit.values for edit in edits)
        for edit in edits:
            kind = self._kind_of(edit)
            raw, edit.values = edit.values, {}
            for key, value in raw.items():
                self._normalise_value(edit, key, value, kind)
            for part, rows in edit.parts.items():
                self._normalise_part(edit, part, rows, kind)
            self._sort_tax_number(edit, kind)

    def _kind_of(self, edit: Edit) -> str:
        """The kind that the customer will be of: some fields are judged by it."""
        field = self.catalogue.get("kind")
        said, problem = self.cleaner.clean(field, edit.values.get("kind"))
        return said if said and not problem else self.before.get(edit.customer_id, {}).get("kind", "")

    def _normalise_value(self, edit: Edit, key: str, value: Any, kind: str) -> None:
        field = self.catalogue.get(key)
        if field is None or field.read_only:
            return
        if field.may_come_masked and looks_masked(value):
            return
        clean, problem = self.cleaner.clean(field, value, kind)
        if problem:
            edit.problems.append(problem)
        if field.part == "foreign_numbers":
            if clean or not edit.is_add:
                edit.foreign[key.partition(":")[2]] = clean or ""  # blank: the number in that system is taken out
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

    def _normalise_part(self, edit: Edit, part: str, rows: list[PartEdit], kind: str) -> None:
        for index, row in enumerate(rows):
            if row.primary:
                continue
            for column, value in list(row.values.items()):
                field = self.catalogue.get(f"{part}.{column}")
                if field is None or (field.sensitive and looks_masked(value)):
                    del row.values[column]
                    continue
                row.values[column], problem = self.cleaner.clean(field, value, kind)
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
    def _sort_tax_number(edit: Edit, kind: str) -> None:
        """A tax number of 18 code characters is the credit code: it goes there, and the profile derives it.

        That of a person is his identity number, which stays where it is, and so does one abroad.
        """
        for row in edit.parts.get("invoice_profiles", ()):
            number = row.values.get("tax_number")
            if not row.primary or not number or not identity.may_be_credit_code(number, kind):
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
        """Fill in what follows from the rest: comparison key, pinyin, 助记码, short name, region, formulas."""
        identity.derive(edits)
        part_rules.derive(edits)
        status.derive(edits, self.before, self.ledger, self.by)
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
        seen = Customer.objects.visible_to(self.by)
        sales_regions.derive(edits, self.ledger, seen)
        reviews.derive(edits, self.ledger, seen)
        self.rules.compute(edits)

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
        self.rules.judge(edits)
        Judge(self.ledger, self.by, self.catalogue, renumbering=self.policy.renumbering,
              quiet=self.policy.report_duplicates).judge(edits)  # fmt: skip
        self._validate_foreign([edit for edit in edits if edit.foreign])
        identity.judge(edits, self.before)
        status.judge(edits, self.before, self.ledger, self.by)
        part_rules.judge(edits, self.ledger, self.by)
        own_cleaning.forgive_unchanged(edits, self.catalogue, own_values_of)
        own_uniqueness.check(edits, self.catalogue)

    def _validate_foreign(self, edits: list[Edit]) -> None:
        wanted = {
            (system, numbering.number_key(number))
            for edit in edits
            for system, number in edit.foreign.items()
            if number
        }
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
                if not number:
                    continue
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
            edit.keys = exact.keys_of(self.ledger.pk, edit.values, _part_values(edit))
        exact.find_hits(edits)
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
        named = {hit.value for hit in edit.hits if hit.kind == "name"}
        if named - {edit.values.get("name_key")}:
            edit.problem("former_name", "former_name.known", _("曾用名与另一客户的名称或曾用名相同。"), "warning",
                         suggestion=_("请确认不是同一客户。"))  # fmt: skip
        if edit.values.get("name_key") in named and name_policy != "allow":
            severity = "error" if name_policy == "block" else self._softened("reason")
            edit.problem("name", "name.taken", _("已有同名客户「%(value)s」（含曾用名）。") % {"value": edit.values["name"]}, severity,
                         suggestion=_("请确认不是同一客户，并说明原因。"), value=edit.values["name"])  # fmt: skip

    def _softened(self, severity: str) -> str:
        return "warning" if self.policy.report_duplicates else severity


_NEEDED = {
    "addresses": "line", "bank_accounts": "account", "licences": "number", "former_names": "name", "blocks": "reason",
}  # fmt: skip
# Columns of a stored customer that rules compare a change with.
_LOOKED_AT = ("pk", "kind", "name", "uscc", "province", "status", "status_since")


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
