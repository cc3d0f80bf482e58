"""改变编码级次 and 重编分类编码: new codes for the whole tree or a branch, shown first, then done at one stroke.

What lives here: the preview (old → new, what speaks against it, what uses the codes) and the act. What does not: the arithmetic of codes
(``rules.category_codes``). Customers point to their category by key: none of them changes, nor does any customer number.
"""

import hashlib
import json
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger, LedgerEvent
from ledgers.parameters import PARAMETERS
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from permissions.models import User

from ..models import Category, NumberingRule
from ..rules import category_codes as codes
from ..settings import categories
from . import counting


@dataclass(frozen=True)
class Line:
    """One category of the preview; ``customers`` are its own."""

    recoded: codes.Recoded
    customers: int

    @property
    def customers_text(self) -> str:
        return f"{self.customers:,}" if self.customers else ""


@dataclass(frozen=True)
class Preview:
    """What would become of every code. ``mark`` stands for exactly this: the act refuses when something else would come of it."""

    levels: str
    how: str
    top: Category | None
    lines: list[Line]
    rules: list[NumberingRule]
    mark: str

    @property
    def changed(self) -> int:
        return sum(line.recoded.changes for line in self.lines)

    @property
    def faults(self) -> int:
        return sum(bool(line.recoded.faults) for line in self.lines)

    @property
    def customers(self) -> int:
        """Customers in categories whose code changes."""
        return sum(line.customers for line in self.lines if line.recoded.changes)

    @property
    def customers_text(self) -> str:
        return f"{self.customers:,}"

    @property
    def is_possible(self) -> bool:
        return not self.faults


def preview(ledger: Ledger, *, levels: str, how: str, top: Category | None = None) -> Preview:
    """New codes under ``levels`` ("2-2-3"; "" for free codes, which changes none), of the tree or of the branch ``top``.

    Raises BusinessError (``field`` levels) for levels that are none.
    """
    parsed = _parsed(levels)
    plan = _plan(ledger, parsed, how, top)
    counts = counting.per_category(ledger)
    lines = [Line(row, counts.get(row.entry.pk)) for row in plan]
    return Preview(codes.text_of(parsed), how, top, lines, rules_with_codes(ledger), _mark(parsed, plan))


def _parsed(levels: str) -> codes.Levels:
    try:
        return codes.parse(levels)
    except codes.BadLevels as bad:
        raise BusinessError(str(bad), code="category.levels", field="levels") from bad


def _plan(ledger: Ledger, levels: codes.Levels, how: str, top: Category | None) -> list[codes.Recoded]:
    nodes = categories.tree(ledger)
    inside = {category.pk for category in categories.branch(top)} if top else None
    entries = [
        codes.Entry(node.category.pk, node.category.code, node.category.name, node.category.parent_id, node.depth)
        for node in nodes
        if inside is None or node.category.pk in inside
    ]
    if not levels:
        return [codes.Recoded(entry, entry.code) for entry in entries]
    others = {node.category.code: node.category.name for node in nodes if inside and node.category.pk not in inside}
    return codes.recode(entries, levels, how, others)


def _mark(levels: codes.Levels, plan: list[codes.Recoded]) -> str:
    told = [codes.text_of(levels), [[row.entry.pk, row.entry.code, row.new] for row in plan]]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def rules_with_codes(ledger: Ledger) -> list[NumberingRule]:
    """Numbering rules in force that put the category's code into the number: from now on they put the new one."""
    rules = NumberingRule.objects.filter(ledger=ledger).exclude(state=NumberingRule.State.RETIRED)
    return [rule for rule in rules if any(part.get("type") == "category" for part in rule.parts)]


@transaction.atomic
def apply(ledger: Ledger, *, levels: str, how: str, mark: str, by: User | None, top: Category | None = None) -> int:
    """Give the codes of the preview with this ``mark``; returns how many changed. Old codes go on finding their categories.

    Raises BusinessError when the tree was changed since, or something speaks against a code.
    """
    current = changeable(ledger)
    parsed = _parsed(levels)
    plan = _plan(ledger, parsed, how, top)
    if _mark(parsed, plan) != mark:
        raise BusinessError(_("预览之后分类又有改动。"), code="category.changed", remedy=_("请核对新的预览后再确认。"))
    wrong = next((row for row in plan if row.faults), None)
    if wrong is not None:
        about = {"name": wrong.entry.name, "fault": wrong.faults[0]}
        raise BusinessError(_("「%(name)s」：%(fault)s") % about, code="category.code")
    changed = {row.entry.pk: row.new for row in plan if row.changes}
    categories.set_codes(ledger, changed)
    if top is None:
        _keep_levels(current, ledger, codes.text_of(parsed))
    told = {"levels": codes.text_of(parsed) or _("不限"), "count": len(changed)}
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=_("分类编码级次 %(levels)s，%(count)s 个编码改变") % told)
    return len(changed)


def _keep_levels(current: Ledger, ledger: Ledger, levels: str) -> None:
    """Written here, not by ``change_parameters``: levels and codes change together or not at all."""
    stored = {key: value for key, value in current.parameters.items() if key != "category_levels"}
    if levels != PARAMETERS["category_levels"].default:
        stored["category_levels"] = levels
    current.parameters = ledger.parameters = stored
    current.save(update_fields=["parameters"])
