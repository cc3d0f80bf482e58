"""Numbers before they are saved: what somebody typed against rule, length, reserved ranges and everybody else's numbers; and whether
a new customer without a number can get one.

What lives here: ``judge``, the pipeline's stage for numbers. What does not: drawing (``numbering``).
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from permissions.actor import Actor
from permissions.models import Department
from permissions.rights import Right

from ..models import Customer, NumberAlias, NumberCounter, NumberReservation
from ..rules.numbering import MissingPart
from .edits import Edit, Hit
from .number_rules import AUTO, CHOSEN_BY, EXTERNAL, MANUAL, Facts, Ready, RuleSet
from .numbering import number_key, taken

MISSING = {
    "category": _lazy("客户分类（或上级分类）"),
    "region": _lazy("省份或地址"),
    "sales_region": _lazy("销售区域"),
    "initials": _lazy("客户名称"),
    "kind": _lazy("客户类型"),
    "company": _lazy("部门所属的公司"),
    "department": _lazy("部门"),
}
_FAR = 1_000  # a typed number that leaves out more serials than this asks whether it is meant


class Judge:
    """Judges the numbers of one list of edits; ``renumbering``: the rule itself made the numbers; these keys are free for them.

    ``quiet``: a door that takes whole files is not told of doubts that ask nothing of it.
    """

    def __init__(self, ledger, by: Actor, catalogue, *, renumbering: frozenset[str] | None = None, quiet: bool = False):
        self.ledger, self.by, self.catalogue = ledger, by, catalogue
        self.renumbering, self.quiet = renumbering, quiet

    def judge(self, edits: list[Edit]) -> None:
        """Put what speaks against a number, or against giving one, on its edit."""
        said = [edit for edit in edits if edit.values.get("number")]
        blank = [edit for edit in edits if edit.is_add and not edit.values.get("number")]
        if not said and not blank:
            return
        self.rules = RuleSet(self.ledger)
        self._can_be_numbered(blank)
        if said:
            self._typed(said)

    # --- those who get one ----------------------------------------------------------------------------------------------

    def _can_be_numbered(self, edits: list[Edit]) -> None:
        most = self.ledger.parameter("number_max_length")
        for edit in edits:
            ready = self.rules.choose(edit.values)
            mode = ready.mode if ready else self.ledger.parameter("number_mode")
            if mode in (MANUAL, EXTERNAL):
                message = (
                    _("编号由外部系统给出，请填写。") if mode == EXTERNAL else _("这类客户手工编号，请填写客户编号。")
                )
                edit.problem("number", "number.required", message)
            elif ready is None:
                edit.problem("number", "number.no_rule", _("没有适用于该客户的编码规则，无法自动编号。"),
                             suggestion=_("请在账套设置中建立编码规则，或手工填写编号。"))  # fmt: skip
            elif self.rules.says_of_customer:
                self._has_what_it_takes(edit, ready, most)

    def _has_what_it_takes(self, edit: Edit, ready: Ready, most: int) -> None:
        try:
            before, after = ready.plan.frame(self.rules.context(edit.values))
        except MissingPart as missing:
            message = _("编码规则「%(rule)s」需要%(what)s，该客户没有填写。")
            what = missing_label(missing, self.catalogue)
            edit.problem("number", "number.missing_part", message % {"rule": ready.rule.name, "what": what},
                         suggestion=_("请补填该字段，或手工填写编号。"))  # fmt: skip
            return
        length = len(before) + len(after) + ready.plan.serial.width + 2 * bool(ready.plan.check)
        if length > most:
            about = {"rule": ready.rule.name, "length": length, "most": most}
            edit.problem("number", "number.too_long",
                         _("编码规则「%(rule)s」给出的编号有 %(length)s 位，超过了 %(most)s 位。") % about,
                         suggestion=_("请缩短分类等编码，或在编号设置中放宽长度。"))  # fmt: skip

    # --- those who brought one --------------------------------------------------------------------------------------------

    def _typed(self, edits: list[Edit]) -> None:
        stored = self._stored(edits)
        keys = {edit: number_key(str(edit.values["number"])) for edit in edits}
        fresh = [edit for edit in edits if keys[edit] != stored.get(edit.customer_id, {}).get("number_key")]
        self._unique(edits, keys, stored)
        if self.renumbering is not None:
            return
        for edit in fresh:
            facts = edit.values if edit.is_add else stored.get(edit.customer_id, {}) | edit.values
            self._in_form(edit, self.rules.choose(facts))

    def _stored(self, edits: list[Edit]) -> dict[int, Facts]:
        """What customers that are changed have now; only what choosing a rule takes."""
        ids = [edit.customer_id for edit in edits if not edit.is_add]
        if not ids:
            return {}
        rows = Customer.objects.of(self.ledger.pk).filter(pk__in=ids).values("pk", "number", "number_key", *CHOSEN_BY)
        return {row["pk"]: row for row in rows}

    def _in_form(self, edit: Edit, ready: Ready | None) -> None:
        """Mode, length, the rule's own form, and what is kept back for others."""
        number = str(edit.values["number"])
        held = [row for row in self._reservations(number) if self._holds(row)]
        mode = ready.mode if ready else self.ledger.parameter("number_mode")
        if mode == AUTO and not held:
            message = (
                _("本账套的客户编号由系统自动生成，不能手工填写。")
                if edit.is_add
                else _("客户编号由系统给出，不能修改。")
            )
            edit.problem("number", "number.automatic", message, suggestion=_("请留空编号。"), value=number)
            return
        least, most = self.ledger.parameter("number_min_length"), self.ledger.parameter("number_max_length")
        if not least <= len(number) <= most:
            about = {"least": least, "most": most, "length": len(number)}
            edit.problem("number", "number.length",
                         _("客户编号应为 %(least)s 至 %(most)s 位，这里是 %(length)s 位。") % about,
                         suggestion=_("请补足或缩短编号。"), value=number)  # fmt: skip
        if not held:
            others = [row for row in self._reservations(number) if not self._holds(row)]
            for row in others[:1]:
                edit.problem("number", "number.reserved",
                             _("「%(number)s」在保留号段内（%(purpose)s）。") % {"number": number, "purpose": row.purpose},
                             suggestion=_("请换一个编号，或请号段的持有部门填写。"), value=number)  # fmt: skip
            if ready is not None:
                self._like_the_rule(edit, ready, number)

    def _like_the_rule(self, edit: Edit, ready: Ready, number: str) -> None:
        policy = self.ledger.parameter("number_pattern_policy")
        reading, serial = ready.plan.read(number), ready.plan.serial
        if reading is None:
            if policy == "allow" or (policy == "warning" and self.quiet):
                return
            edit.problem("number", "number.pattern",
                         _("「%(number)s」不符合编码规则「%(rule)s」。") % {"number": number, "rule": ready.rule.name},
                         policy, suggestion=_("规则给出的编号形如 %(like)s。") % {"like": self._example(edit, ready)},
                         value=number)  # fmt: skip
        elif not serial.first <= reading.serial <= serial.last:
            about = {"number": number, "first": serial.text(serial.first), "last": serial.text(serial.last)}
            edit.problem("number", "number.range",
                         _("「%(number)s」不在这类客户的号段 %(first)s 至 %(last)s 内。") % about,
                         "warning" if policy == "allow" else policy, value=number)  # fmt: skip
        elif not self.quiet and self._leaves_out(ready, reading) > _FAR:
            edit.problem("number", "number.far",
                         _("「%(number)s」比下一个流水号大得多，之后的自动编号将接着它往下排。") % {"number": number},
                         "reason", suggestion=_("请确认没有多写一位。"), value=number)  # fmt: skip

    def _example(self, edit: Edit, ready: Ready) -> str:
        """What the rule would give this customer, or its first serial alone."""
        plan = ready.plan
        try:
            return plan.number(plan.frame(self.rules.context(edit.values)), plan.serial.first)
        except MissingPart:
            return f"…{plan.serial.text(plan.serial.first)}"

    def _leaves_out(self, ready: Ready, reading) -> int:
        counter = NumberCounter.objects.filter(rule=ready.rule, scope=reading.scope).first()
        return reading.serial - (counter.next_serial if counter else ready.plan.serial.first)

    # --- reserved ranges --------------------------------------------------------------------------------------------------

    def _reservations(self, number: str) -> list[NumberReservation]:
        """The ranges kept back in which the number lies."""
        found = []
        for ready in self.rules.ready if self.rules.reserved else ():
            rows = self.rules.reserved.get(ready.rule.pk)
            reading = ready.plan.read(number) if rows else None
            if reading:
                found += [row for row in rows.get(reading.scope, ()) if row.first <= reading.serial <= row.last]
        return found

    def _holds(self, row: NumberReservation) -> bool:
        """Whether the actor may take numbers out of the range: its department, who made it, or who runs the set."""
        by = self.by
        if by.is_system or by.can(Right.CONFIGURE) or row.by_id == by.user_id:
            return True
        mine = by.user.department_id
        return bool(row.department_id and mine and mine in Department.subtree(row.department_id))

    # --- once only ----------------------------------------------------------------------------------------------------------

    def _unique(self, edits: list[Edit], keys: dict[Edit, str], stored: dict[int, Facts]) -> None:
        """Refuse what somebody bears, bore, or what is kept back; numbers given up in the same renumbering are free."""
        held = taken(self.ledger.pk, set(keys.values()))
        free = set(self._reusable({key for key, holder in held.items() if holder is None}))
        if self.renumbering is not None:
            free |= self.renumbering
            free |= {stored[edit.customer_id]["number_key"] for edit in edits if edit.customer_id in stored}
        first: dict[str, Edit] = {}
        for edit, key in keys.items():
            holder, number = held.get(key), edit.values["number"]
            if key in held and key not in free and (holder is None or holder != edit.customer_id):
                edit.problem("number", "number.taken", _("客户编号「%(number)s」已被使用。") % {"number": number},
                             suggestion=_("请换一个编号，或留空由系统生成。"), value=number)  # fmt: skip
                if holder:
                    edit.hits.append(Hit("number", number, holder))
            other = first.setdefault(key, edit)
            if other is not edit:
                edit.problem("number", "number.repeated", _("客户编号「%(number)s」在文件中重复。") % {"number": number},
                             value=number)  # fmt: skip
                edit.hits.append(Hit("number", number, other=other))

    def _reusable(self, keys: set[str]) -> Iterator[str]:
        """Retired numbers that a rule lets be used again."""
        if not keys or not any(each.rule.allow_reuse for each in self.rules.ready):
            return
        retired = NumberAlias.objects.filter(ledger=self.ledger, kind=NumberAlias.Kind.RETIRED, customer=None)
        yield from retired.filter(number_key__in=keys).values_list("number_key", flat=True)


def missing_label(missing: MissingPart, catalogue) -> str:
    """What the customer lacks, in the user's words."""
    if missing.part_type == "field":
        field = catalogue.get(missing.key)
        return str(field.label) if field else missing.key
    return str(MISSING.get(missing.part_type, missing.part_type))
