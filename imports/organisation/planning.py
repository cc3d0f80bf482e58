"""Rows of a file against what is there: what would be added, changed, left as it is, and everything that is wrong.

What lives here: the check, which writes nothing; a constant number of queries whatever the file. What does not: reading (``tables``) and
writing (``applying``), which plans again under the lock and applies only what this says.

A blank cell leaves what is there; 无 empties it. Parents may stand below their children. A circle is named with its rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from permissions.models import Company, Department, Position, User
from permissions.organisation import access, checks, people, trees
from permissions.organisation.companies import USCC

from .sheets import COLUMNS, LABELS, Column, Kind
from .tables import Line, Table

ADDED, CHANGED, UNCHANGED = "added", "changed", "unchanged"
NONE = {"无", "-", "—", "none"}  # what empties a reference
_LONGEST = {Kind.COMPANY: 120, Kind.DEPARTMENT: 60, Kind.POSITION: 60, Kind.PERSON: 60}
_NAME = {Kind.PERSON: "display_name"}
_KEY = {Kind.PERSON: "username"}
_UP = {Kind.COMPANY: "parent", Kind.DEPARTMENT: "parent", Kind.PERSON: "superior"}
_DEEPEST = {
    Kind.COMPANY: checks.DEEPEST_COMPANY,
    Kind.DEPARTMENT: checks.DEEPEST_DEPARTMENT,
    Kind.PERSON: checks.DEEPEST_SUPERIOR,
}
_MODELS = {Kind.COMPANY: Company, Kind.DEPARTMENT: Department, Kind.POSITION: Position, Kind.PERSON: User}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where, what stands there, why, and what to do."""

    sheet: str
    row: int
    column: str
    value: str
    code: str
    message: str
    suggestion: str = ""

    def as_json(self) -> dict[str, Any]:
        return vars(self)


@dataclass
class Entry:
    """One row on its way: ``key`` is its folded code or user name, ``now`` the row in the database, ``values`` clean ones.

    References in ``values`` are keys (kind, folded) of other entries or rows; ``before`` shows what stood there, for the preview.
    """

    line: Line
    key: str
    now: Any
    values: dict[str, Any] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    verb: str = UNCHANGED

    @property
    def title(self) -> str:
        return (
            self.line.values.get(_NAME.get(self.line.kind, "name"))
            or self.line.values[_KEY.get(self.line.kind, "code")]
        )


@dataclass
class Plan:
    """What a file would do."""

    entries: list[Entry]
    faults: list[Fault]
    ignored: list[str]
    moved: int = 0  # people who would come to another department

    def count(self, verb: str, kind: str | None = None) -> int:
        return sum(1 for entry in self.entries if entry.verb == verb and kind in (None, entry.line.kind))

    def figures(self) -> dict[str, dict[str, int]]:
        """Kind → {added, changed, unchanged} for the kinds that the file has."""
        kinds = [kind for kind in Kind if any(entry.line.kind == kind for entry in self.entries)]
        return {kind: {verb: self.count(verb, kind) for verb in (ADDED, CHANGED, UNCHANGED)} for kind in kinds}


def fold(text: str) -> str:
    return text.strip().casefold()


def plan(table: Table, *, by: User | None) -> Plan:
    """Check every row; ``by`` (None: the system) decides whether logins of administrators may be changed."""
    return _Planner(table, by).plan()


class _Planner:
    """One check: what is in the database and in the file, by key and by name."""

    def __init__(self, table: Table, by: User | None):
        self.table = table
        self.by = by
        self.faults: list[Fault] = []
        related = {
            Kind.COMPANY: Company.objects.all(),
            Kind.POSITION: Position.objects.all(),
            Kind.DEPARTMENT: Department.objects.all(),
            Kind.PERSON: User.objects.defer("password"),
        }
        self.rows = {kind: {row.pk: row for row in rows} for kind, rows in related.items()}
        self.known = {kind: _by_key(kind, self.rows[kind].values()) for kind in Kind}
        self.entries: dict[str, dict[str, Entry]] = {kind: {} for kind in Kind}
        self.named: dict[str, dict[str, set[str]]] = {}

    def plan(self) -> Plan:
        self._take_in()
        self._index_names()
        for kind in Kind:
            for entry in self.entries[kind].values():
                self._judge(entry)
        for kind in _UP:
            self._refuse_circles(kind)
        self._refuse_double_names()
        for kind in Kind:
            for entry in self.entries[kind].values():
                self._compare(entry)
        entries = [entry for kind in Kind for entry in self.entries[kind].values()]
        moved = sum(
            1 for entry in entries if entry.line.kind == Kind.PERSON and entry.now and "department" in entry.before
        )
        order = {kind: place for place, kind in enumerate(Kind)}
        kinds = {line.sheet: order[line.kind] for line in self.table.lines}
        self.faults.sort(key=lambda fault: (kinds[fault.sheet], fault.sheet, fault.row))
        return Plan(entries, self.faults, self.table.ignored, moved)

    # --- rows in ----------------------------------------------------------------------------------------------------------

    def _take_in(self) -> None:
        for line in self.table.lines:
            for key, fault in line.faults.items():
                self._fault(line, key, "cell", fault.message, fault.suggestion)
            key = line.values.get(_KEY.get(line.kind, "code"), "")
            if not key:
                self._fault(line, _KEY.get(line.kind, "code"), "required", _("必须填写。"))
                continue
            first = self.entries[line.kind].get(fold(key))
            if first:
                where = _("“%(sheet)s”第 %(row)s 行") % {"sheet": first.line.sheet, "row": first.line.number}
                self._fault(
                    line,
                    _KEY.get(line.kind, "code"),
                    "repeated",
                    _("与%(where)s重复。") % {"where": where},
                    _("请删去其中一行。"),
                )
                continue
            self.entries[line.kind][fold(key)] = Entry(line, fold(key), self.known[line.kind].get(fold(key)))

    def _index_names(self) -> None:
        """Folded name → keys that bear it, in the file or in the database, so that a reference may be a name."""
        for kind in Kind:
            found: dict[str, set[str]] = {}
            name = _NAME.get(kind, "name")
            for key, row in self.known[kind].items():
                entry = self.entries[kind].get(key)
                text = (entry and entry.line.values.get(name)) or getattr(row, name)
                if text and (kind != Kind.PERSON or row.is_active):
                    found.setdefault(fold(text), set()).add(key)
            for key, entry in self.entries[kind].items():
                text = entry.line.values.get(name)
                if text:
                    found.setdefault(fold(text), set()).add(key)
            self.named[kind] = found

    # --- one row ----------------------------------------------------------------------------------------------------------

    def _judge(self, entry: Entry) -> None:
        line = entry.line
        for column in COLUMNS[line.kind]:
            if column.key not in line.values or column.key in line.faults:
                continue
            text = line.values[column.key]
            if not text:
                if column.required and entry.now is None:
                    self._fault(line, column.key, "required", _("必须填写。"))
                continue
            if column.refers:
                self._refer(entry, column, text)
            else:
                self._plain(entry, column, text)
        if line.kind == Kind.PERSON and entry.now is not None:
            self._judge_person(entry)

    def _plain(self, entry: Entry, column: Column, text: str) -> None:
        message, value = "", text
        kind = entry.line.kind
        if column.key == "code":
            message = checks.code_fault(text)
        elif column.key == "username":
            message = people.username_fault(text)
        elif column.key in ("name", "display_name"):
            if len(text) > _LONGEST[kind]:
                message = _("最多 %(longest)s 个字。") % {"longest": _LONGEST[kind]}
        elif column.key == "uscc":
            value = text.upper()
            message = "" if USCC.fullmatch(value) else _("应为 18 位数字和大写字母。")
        elif column.key == "rank":
            value = int(text) if text.isdecimal() and len(text) < 4 else 0
            message = "" if 1 <= value <= 99 else _("应为 1–99 的整数。")
        elif column.key == "email":
            message = _email_fault(text)
        if message:
            self._fault(entry.line, column.key, column.key, message)
        elif not (entry.now is not None and column.key in ("code", "username")):
            entry.values[column.key] = value

    def _refer(self, entry: Entry, column: Column, text: str) -> None:
        if text.casefold() in NONE:
            entry.values[column.key] = None
            return
        key, message = self._resolve(column.refers, text)
        if message:
            self._fault(entry.line, column.key, "unknown", message, _suggestion(column.refers))
            return
        row = self.known[column.refers].get(key)
        stays = entry.now is not None and row is not None and getattr(entry.now, f"{column.key}_id") == row.pk
        if row is not None and not row.is_active and not stays:
            message = _("「%(name)s」已停用或离职。") % {"name": text}
            self._fault(entry.line, column.key, "inactive", message)
            return
        entry.values[column.key] = key

    def _resolve(self, kind: str, text: str) -> tuple[str, str]:
        """(key of what a cell names, "") or ("", why not): the code or user name first, then a name that is borne once."""
        key = fold(text)
        if key in self.entries[kind] or key in self.known[kind]:
            return key, ""
        named = self.named[kind].get(key, set())
        if len(named) == 1:
            return next(iter(named)), ""
        about = {"kind": LABELS[kind], "text": text[:60]}
        if named:
            return "", _("有几个%(kind)s都叫「%(text)s」，请改用编码或用户名。") % about
        return "", _("没有%(kind)s「%(text)s」，文件和系统里都没有。") % about

    def _judge_person(self, entry: Entry) -> None:
        person = entry.now
        changes = any(self._differs(entry, key) for key in entry.values)
        if not changes:
            return
        if not person.is_active or person.left_on:
            self._fault(entry.line, "username", "left", _("该用户已停用或离职，不能修改。"),
                        _("请去掉这一行，或先在人员页面恢复在职。"))  # fmt: skip
        elif not access.may_change_person(self.by, person):
            self._fault(
                entry.line, "username", "administrator", _("管理员账号只能由超级管理员修改。"), _("请去掉这一行。")
            )

    # --- the whole --------------------------------------------------------------------------------------------------------

    def _refuse_circles(self, kind: str) -> None:
        attribute = _UP[kind]
        by_pk = {row.pk: key for key, row in self.known[kind].items()}
        parents: dict[str, str | None] = {
            key: by_pk.get(getattr(row, f"{attribute}_id")) for key, row in self.known[kind].items()
        }
        for key, entry in self.entries[kind].items():
            parents[key] = entry.values[attribute] if attribute in entry.values else parents.get(key)
        for found in trees.circles(parents):
            text = checks.arrow([self._called(kind, key) for key in found])
            for key in found[:-1]:
                if key in self.entries[kind]:
                    message = _("上级成了循环：%(chain)s。") % {"chain": text}
                    self._fault(self.entries[kind][key].line, attribute, "circle", message, _("请改正其中一行的上级。"))
        for key in trees.too_deep(parents, _DEEPEST[kind]):
            if key in self.entries[kind]:
                message = _("层级太深，最多 %(deepest)s 级。") % {"deepest": _DEEPEST[kind]}
                self._fault(self.entries[kind][key].line, attribute, "depth", message)

    def _called(self, kind: str, key: str) -> str:
        entry = self.entries[kind].get(key)
        if entry:
            return _("%(name)s（第 %(row)s 行）") % {"name": entry.title, "row": entry.line.number}
        return str(self.known[kind][key])

    def _refuse_double_names(self) -> None:
        """Companies and positions have names of their own; departments within one parent."""
        for kind in (Kind.COMPANY, Kind.POSITION):
            for name, keys in self.named[kind].items():
                self._refuse_bearers(kind, name, keys, _("名称与另一个%(kind)s相同。") % {"kind": LABELS[kind]})
        places: dict[tuple, set[str]] = {}
        by_pk = {row.pk: key for key, row in self.known[Kind.DEPARTMENT].items()}
        for key in {*self.known[Kind.DEPARTMENT], *self.entries[Kind.DEPARTMENT]}:
            row, entry = self.known[Kind.DEPARTMENT].get(key), self.entries[Kind.DEPARTMENT].get(key)
            values = entry.values if entry else {}
            name = values.get("name") or (row.name if row else "")
            parent = values["parent"] if "parent" in values else by_pk.get(row.parent_id) if row else None
            company = values.get("company") or (row.company_id if row else None)
            places.setdefault((fold(name), parent, company), set()).add(key)
        for (name, _parent, _company), keys in places.items():
            self._refuse_bearers(Kind.DEPARTMENT, name, keys, _("同一上级下已有同名的部门。"))

    def _refuse_bearers(self, kind: str, name: str, keys: set[str], message: str) -> None:
        if len(keys) < 2 or not name:
            return
        for key in keys:
            entry = self.entries[kind].get(key)
            if (
                entry
                and "name" in entry.values
                and (entry.now is None or self._differs(entry, "name") or "parent" in entry.values)
            ):
                self._fault(entry.line, "name", "name.taken", message, _("请换一个名称。"))

    # --- added, changed, unchanged ------------------------------------------------------------------------------------------

    def _differs(self, entry: Entry, key: str) -> bool:
        return self._present(entry, key) != entry.values[key]

    def _present(self, entry: Entry, key: str) -> Any:
        """What stands there now, as ``values`` would say it."""
        column = next(each for each in COLUMNS[entry.line.kind] if each.key == key)
        if not column.refers:
            return getattr(entry.now, key)
        row = self.rows[column.refers].get(getattr(entry.now, f"{key}_id"))
        return fold(getattr(row, _KEY.get(column.refers, "code"))) if row else None

    def _compare(self, entry: Entry) -> None:
        if entry.now is None:
            entry.verb = ADDED
            return
        for key in list(entry.values):
            if self._differs(entry, key):
                entry.before[key] = str(getattr(entry.now, key) or "")
            else:
                del entry.values[key]
        entry.verb = CHANGED if entry.values else UNCHANGED

    def _fault(self, line: Line, key: str, code: str, message: str, suggestion: str = "") -> None:
        label = self.table.labels.get((line.kind, key), "")
        value = line.values.get(key, "")[:120]
        self.faults.append(
            Fault(line.sheet, line.number, label, value, f"organisation.{code}", str(message), str(suggestion))
        )


def _by_key(kind: str, rows: Iterable[Any]) -> dict[str, Any]:
    return {fold(getattr(row, _KEY.get(kind, "code"))): row for row in rows}


def _email_fault(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        return _("邮箱格式不正确。")
    return ""


def _suggestion(kind: str) -> str:
    texts = {
        Kind.PERSON: _("请改为已有的用户名，或在“人员”表中加上这个人。"),
        Kind.COMPANY: _("请改为已有公司的编码或名称，或在“公司”表中加上。"),
        Kind.DEPARTMENT: _("请改为已有部门的编码或名称，或在“部门”表中加上。"),
        Kind.POSITION: _("请改为已有职位的编码或名称，或在“职位”表中加上。"),
    }
    return texts[kind]
