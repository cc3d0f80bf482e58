"""The kinds of data scope: what each means, what can be chosen for it, and a scope in words.

What lives here: the register of kinds, which upper apps complete in ``AppConfig.ready`` (categories, provinces …), and what happens to the
roles that name a row which is merged or removed. What does not: which customers a scope means (``customers.querysets``), and how values
travel in a document (``ledgers.services.sections.scope_words``).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from permissions.models import Department, DepartmentRole, RowScope, User
from permissions.organisation import trees
from permissions.rights import Scope

from ..models import Ledger

Scopes = tuple[tuple[str, tuple], ...]


@dataclass(frozen=True)
class Choice:
    """Something that a scope can name; ``depth`` in its tree, ``is_active`` whether it is still to be chosen."""

    value: Any
    label: str
    depth: int = 0
    is_active: bool = True


@dataclass(frozen=True)
class Kind:
    """One kind of scope. ``choices``: what its values are chosen from. ``read`` and ``write`` instead: its values as one text that is typed;
    ``read`` raises BusinessError for a text that means nothing. Neither: the kind needs no values."""

    kind: str
    help: str | Promise
    choices: Callable[[Ledger], list[Choice]] | None = None
    read: Callable[[Ledger, str], list] | None = None
    write: Callable[[Ledger, Iterable], str] | None = None

    @property
    def label(self) -> str:
        return str(Scope(self.kind).label)

    @property
    def needs_values(self) -> bool:
        return bool(self.choices or self.read)


_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _KINDS[kind.kind] = kind


def kinds() -> list[Kind]:
    """Every kind that can be chosen here, in the order of ``Scope``."""
    return [_KINDS[kind] for kind in Scope.values if kind in _KINDS]


def _departments(_ledger: Ledger) -> list[Choice]:
    rows = {row.pk: row for row in Department.objects.order_by("code")}
    order = trees.ordered(trees.parents_of(rows.values()))
    return [Choice(pk, rows[pk].name, depth, rows[pk].is_active) for pk, depth in order]


for _kind in (
    Kind(Scope.OWN, gettext_lazy("负责人是他本人的客户")),
    Kind(Scope.DEPARTMENT, gettext_lazy("归他所在部门的客户，不含下级部门")),
    Kind(Scope.DEPARTMENT_TREE, gettext_lazy("归他所在部门和所有下级部门的客户，适合主管")),
    Kind(Scope.DEPARTMENTS, gettext_lazy("归下面勾选的部门的客户，与他在哪个部门无关"), _departments),
    Kind(Scope.ALL, gettext_lazy("账套里的每一个客户")),
):
    register(_kind)


class Words:
    """Scopes of one set in words, and what can be chosen; each kind's choices are read once."""

    def __init__(self, ledger: Ledger):
        self.ledger = ledger
        self._choices: dict[str, list[Choice]] = {}

    def choices(self, kind: str) -> list[Choice]:
        if kind not in self._choices:
            known = _KINDS.get(kind)
            self._choices[kind] = known.choices(self.ledger) if known and known.choices else []
        return self._choices[kind]

    def of(self, kind: str, values: Iterable) -> str:
        """指定部门：销售一部、销售二部."""
        known, values, label = _KINDS.get(kind), list(values), str(Scope(kind).label)
        if known is None or not known.needs_values:
            return label
        if known.write:
            return f"{label}：{known.write(self.ledger, values)}"
        names = {each.value: each.label for each in self.choices(kind)}
        told = [str(names[value]) for value in values if value in names]
        listed = "、".join(told[:6]) + (_("等 %(count)s 个") % {"count": len(told)} if len(told) > 6 else "")
        return f"{label}：{listed or _('（没有选）')}"

    def all_of(self, scopes: Scopes) -> list[str]:
        return [self.of(kind, values) for kind, values in scopes]

    def text(self, scopes: Scopes, excluded: Scopes = ()) -> str:
        """Scopes as one line, with what is taken away."""
        told = "；".join(self.all_of(scopes)) or _("无")
        return f"{told}（{_('除去')} {'；'.join(self.all_of(excluded))}）" if excluded else told


def replace_value(ledger_id: int | None, kind: str, old: Any, new: Any | None) -> int:
    """Let every scope that names ``old`` name ``new``, or nothing when it is None; returns how many scopes. ``ledger_id`` None: all sets.

    A scope that names nothing any more stays, and opens nothing: without it the role would get the scopes of its superior role.
    """
    scopes = RowScope.objects.filter(kind=kind)
    changed = []
    for scope in scopes.filter(role__ledger=ledger_id) if ledger_id else scopes:
        if old in scope.values:
            kept = [new if value == old else value for value in scope.values]
            scope.values = list(dict.fromkeys(value for value in kept if value is not None))
            changed.append(scope)
    RowScope.objects.bulk_update(changed, ["values"])
    return len(changed)


def follow_department(origin: Department, target: Department, by: User | None) -> None:
    """全部移到: scopes that name a department name the one that takes it in, and so do the roles it gives its people."""
    replace_value(None, Scope.DEPARTMENTS, origin.pk, target.pk)
    have = set(DepartmentRole.objects.filter(department=target).values_list("role_id", flat=True))
    given = DepartmentRole.objects.filter(department=origin)
    given.exclude(role_id__in=have).update(department=target)
