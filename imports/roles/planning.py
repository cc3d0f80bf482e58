"""Rows of a file against the roles and members of a set: what each would be, and every fault with row, column, value, remedy.

What lives here: reading rows into drafts and memberships; a constant number of queries whatever the file. What does not: what no change of
rights may do (the verbs in ``ledgers.access`` say that, see ``applying``).

A blank cell leaves what is there; 无 empties it. Superior roles may stand below those under them. A circle is named with its rows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from ledgers.access import dating, roles
from ledgers.access.roles import Draft
from ledgers.models import Ledger
from permissions import naming
from permissions.models import Membership, Role, RowScope, User
from permissions.organisation import checks, trees
from permissions.rights import Level

from ..organisation.planning import Fault
from ..organisation.tables import Line, Table
from . import cells
from .cells import NONE, BadCell, fold
from .sheets import COLUMNS, Kind

ADDED, CHANGED, UNCHANGED = "added", "changed", "unchanged"


@dataclass
class RolePlan:
    """A role that the file speaks of: the draft it would be. ``parent``: key of its superior role, if that is named."""

    key: str
    now: Role | None
    before: Draft | None
    draft: Draft
    line: Line | None = None
    parent: str | None = None
    fields: list[Line] = field(default_factory=list)

    @property
    def first(self) -> Line:
        return self.line or self.fields[0]


@dataclass
class MemberPlan:
    """A membership that the file speaks of; ``role``: key of its role."""

    line: Line
    user: User
    role: str
    now: Membership | None
    starts_on: date | None
    ends_on: date | None


@dataclass
class Plan:
    """What a file would do. ``verbs`` (filled in by ``applying``): (kind, row) → (verb, words)."""

    roles: list[RolePlan]
    members: list[MemberPlan]
    faults: list[Fault]
    ignored: list[str]
    lines: list[Line]
    labels: dict[tuple[str, str], str]
    verbs: dict[tuple[str, str, int], tuple[str, str]] = field(default_factory=dict)

    def fault(self, line: Line, key: str, code: str, message: str, suggestion: str = "") -> None:
        label = self.labels.get((line.kind, key), "")
        value = line.values.get(key, "")[:120]
        self.faults.append(Fault(line.sheet, line.number, label, value, f"roles.{code}", str(message), str(suggestion)))

    def count(self, verb: str, kind: str | None = None) -> int:
        return sum(1 for (each, _s, _r), (what, _w) in self.verbs.items() if what == verb and kind in (None, each))

    def figures(self) -> dict[str, dict[str, int]]:
        """Kind → {added, changed, unchanged} for the kinds that the file has."""
        kinds = [kind for kind in Kind if any(line.kind == kind for line in self.lines)]
        return {kind: {verb: self.count(verb, kind) for verb in (ADDED, CHANGED, UNCHANGED)} for kind in kinds}


def plan(table: Table, ledger: Ledger) -> Plan:
    """Check every row; writes nothing."""
    return _Planner(table, ledger).plan()


class _Planner:
    """One check: the roles of the set and of the file by code and by name, the people by login and by name."""

    def __init__(self, table: Table, ledger: Ledger):
        self.ledger, self.table = ledger, table
        self.found = Plan([], [], [], table.ignored, table.lines, table.labels)
        rows = ledger.roles.prefetch_related(Prefetch("scopes", RowScope.objects.order_by("pk")), "field_rules")
        self.roles = {fold(row.code): row for row in rows}
        self.scopes = cells.ScopeReader(ledger)
        self.plans: dict[str, RolePlan] = {}
        self.named: dict[str, set[str]] = {}
        for key, row in self.roles.items():
            self.named.setdefault(fold(row.name), set()).add(key)

    def plan(self) -> Plan:
        of_kind = {kind: [line for line in self.table.lines if line.kind == kind] for kind in Kind}
        for line in self.table.lines:
            for key, fault in line.faults.items():
                self.found.fault(line, key, "cell", fault.message, fault.suggestion)
        for line in of_kind[Kind.ROLE]:
            self._take_in(line)
        for each in self.plans.values():
            self._judge(each)
        self._refuse_circles()
        self._read_fields(of_kind[Kind.FIELD])
        self._read_members(of_kind[Kind.MEMBER])
        self.found.roles = list(self.plans.values())
        order = {kind: place for place, kind in enumerate(Kind)}
        kinds = {line.sheet: order[line.kind] for line in self.table.lines}
        self.found.faults.sort(key=lambda fault: (kinds[fault.sheet], fault.sheet, fault.row))
        return self.found

    # --- roles ------------------------------------------------------------------------------------------------------------

    def _take_in(self, line: Line) -> None:
        """A row of a role finds the role that it means: by its code, else by its name."""
        name, code = line.values.get("name", ""), line.values.get("code", "")
        if not name and not code:
            self.found.fault(line, "name", "required", _("必须填写。"))
            return
        known = {fold(row.name): key for key, row in self.roles.items()}
        key = fold(code) or known.get(fold(name)) or f"\0{fold(name)}"
        if key in self.plans:
            where = {"row": self.plans[key].first.number}
            self.found.fault(
                line,
                "code" if code else "name",
                "repeated",
                _("与第 %(row)s 行是同一个角色。") % where,
                _("请删去其中一行。"),
            )
            return
        now = self.roles.get(key)
        before = roles.of_role(now) if now else None
        if now is None and not name:
            self.found.fault(line, "name", "required", _("新角色必须有名称。"))
            return
        if now is not None and before.name != name:
            self.named[fold(before.name)].discard(key)
        self.named.setdefault(fold(name or before.name), set()).add(key)
        draft = replace(before, name=name or before.name) if before else Draft(name=name, code=code)
        self.plans[key] = RolePlan(key, now, before, draft, line)

    def _judge(self, each: RolePlan) -> None:
        line, draft = each.line, each.draft
        readers: dict[str, tuple[str, Callable[[str], Any]]] = {
            "rights": ("rights", cells.rights),
            "denied": ("denied", cells.rights),
            "scopes": ("scopes", self.scopes.read),
            "excluded": ("excluded", self.scopes.read),
            "sensitive": ("sensitive_level", cells.level),
        }
        changes: dict[str, Any] = {}
        for key, (attribute, read) in readers.items():
            if text := line.values.get(key, ""):
                self._try(line, key, lambda read=read, text=text, at=attribute: changes.update({at: read(text)}))
        if text := line.values.get("description", ""):
            changes["description"] = "" if fold(text) in NONE else text
        each.draft = replace(draft, **_as_stored(changes, draft))
        if text := line.values.get("parent", ""):
            each.parent = "" if fold(text) in NONE else self._role(line, "parent", text)
        both = [right for right in each.draft.rights if right in each.draft.denied]
        if both and not (set(both) <= set(draft.rights) and set(both) <= set(draft.denied)):
            self.found.fault(line, "denied", "both", _("不能同时允许又禁止同一项权限。"), _("请从其中一列去掉。"))

    def _try(self, line: Line, key: str, act: Callable[[], Any]) -> None:
        try:
            act()
        except BadCell as wrong:
            self.found.fault(line, key, key, str(wrong), wrong.suggestion)

    def _role(self, line: Line, column: str, text: str) -> str | None:
        """Key of the role that a cell names: its code first, then a name that is borne once; None with a fault."""
        key = fold(text)
        if key in self.plans or key in self.roles:
            return key
        found = self.named.get(key, set())
        if len(found) == 1:
            return next(iter(found))
        if found:
            message, hint = _("有几个角色都叫「%(what)s」。"), _("请改写角色编码。")
        else:
            message, hint = _("没有角色「%(what)s」，文件和账套里都没有。"), _("请改为已有的角色，或在“角色”表中加上。")
        self.found.fault(line, column, "role", message % {"what": text[:60]}, hint)
        return None

    def _refuse_circles(self) -> None:
        by_pk = {row.pk: key for key, row in self.roles.items()}
        parents: dict[str, str | None] = {key: by_pk.get(row.parent_id) for key, row in self.roles.items()}
        for key, each in self.plans.items():
            parents[key] = parents.get(key) if each.parent is None else each.parent or None
        for circle in trees.circles(parents):
            told = checks.arrow([self._called(key) for key in circle])
            for key in circle[:-1]:
                if key in self.plans and self.plans[key].line:
                    message = _("上级角色成了循环：%(chain)s。") % {"chain": told}
                    self.found.fault(self.plans[key].line, "parent", "circle", message, _("请改正其中一行的上级角色。"))

    def _called(self, key: str) -> str:
        each = self.plans.get(key)
        if each and each.line:
            return _("%(name)s（第 %(row)s 行）") % {"name": each.draft.name, "row": each.line.number}
        return self.roles[key].name

    # --- field rights ---------------------------------------------------------------------------------------------------

    def _read_fields(self, lines: list[Line]) -> None:
        if not lines:
            return
        keys: dict[str, set[str]] = {}
        for each in naming.fields_of(self.ledger.pk):
            keys.setdefault(fold(each.label), set()).add(each.key)
            keys[fold(each.key)] = {each.key}
        seen: dict[tuple[str, str], int] = {}
        for line in lines:
            if not self._has_all(line):
                continue
            role = self._role(line, "role", line.values["role"])
            found = keys.get(fold(line.values["field"]), set())
            if len(found) != 1:
                message = _("有几个字段都叫「%(what)s」。") if found else _("账套中没有字段「%(what)s」。")
                hint = _("请改写字段键，如 contacts.mobile。")
                self.found.fault(line, "field", "field", message % {"what": line.values["field"][:60]}, hint)
            elif role is not None:
                key = next(iter(found))
                if first := seen.get((role, key)):
                    self.found.fault(
                        line, "field", "repeated", _("与第 %(row)s 行重复。") % {"row": first}, _("请删去其中一行。")
                    )
                else:
                    seen[role, key] = line.number
                    self._try(line, "level", lambda line=line, role=role, key=key: self._set_level(line, role, key))

    def _set_level(self, line: Line, role: str, key: str) -> None:
        text = line.values["level"]
        wanted = None if fold(text) in NONE else Level(cells.level(text))
        each = self.plans.get(role)
        if each is None:
            now = self.roles[role]
            before = roles.of_role(now)
            each = self.plans[role] = RolePlan(role, now, before, before)
        levels = {name: level for name, level in each.draft.levels.items() if name != key}
        each.draft = replace(each.draft, levels=levels if wanted is None else {**levels, key: wanted})
        each.fields.append(line)

    def _has_all(self, line: Line) -> bool:
        blank = [each.key for each in COLUMNS[line.kind] if each.required and not line.values.get(each.key)]
        for key in blank:
            self.found.fault(line, key, "required", _("必须填写。"))
        return not blank

    # --- members ----------------------------------------------------------------------------------------------------------

    def _read_members(self, lines: list[Line]) -> None:
        if not lines:
            return
        people: dict[str, set[int]] = {}
        users = {row.pk: row for row in User.objects.filter(is_active=True).defer("password")}
        for row in users.values():
            people.setdefault(fold(row.display_name), set()).add(row.pk)
        for row in users.values():
            people[fold(row.username)] = {row.pk}
        have = {
            (row.user_id, fold(row.role.code)): row for row in self.ledger.memberships.select_related("role", "user")
        }
        seen: dict[tuple[int, str], int] = {}
        for line in lines:
            if not self._has_all(line):
                continue
            found = people.get(fold(line.values["user"]), set())
            role = self._role(line, "role", line.values["role"])
            if len(found) != 1:
                message = _("有几个人都叫「%(what)s」。") if found else _("没有在职的用户「%(what)s」。")
                self.found.fault(line, "user", "user", message % {"what": line.values["user"][:60]}, _("请写用户名。"))
            elif role is not None:
                user = users[next(iter(found))]
                if first := seen.get((user.pk, role)):
                    self.found.fault(
                        line, "user", "repeated", _("与第 %(row)s 行重复。") % {"row": first}, _("请删去其中一行。")
                    )
                else:
                    seen[user.pk, role] = line.number
                    self._member(line, user, role, have.get((user.pk, role)))

    def _member(self, line: Line, user: User, role: str, now: Membership | None) -> None:
        days = {"starts_on": now.starts_on if now else None, "ends_on": now.ends_on if now else None}
        faults = len(self.found.faults)
        for key in days:
            if text := line.values.get(key, ""):
                self._try(line, key, lambda key=key, text=text: days.update({key: _day(text)}))
        if len(self.found.faults) == faults:
            self.found.members.append(MemberPlan(line, user, role, now, **days))


def _day(text: str) -> date | None:
    return None if fold(text) in NONE else cells.day(text)


def _as_stored(changes: dict[str, Any], draft: Draft) -> dict[str, Any]:
    """Scopes that say the same in another order stay as they are."""
    for key in ("scopes", "excluded"):
        if key in changes and _unordered(changes[key]) == _unordered(getattr(draft, key)):
            del changes[key]
    return changes


def _unordered(scopes) -> dict[str, set]:
    return {kind: set(map(str, values)) for kind, values in scopes}


def told_days(row: Any) -> str:
    """From and until, in words."""
    return dating.told(row) or _("长期")
