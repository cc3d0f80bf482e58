"""A role as one value, and the verbs that change roles.

What lives here: ``Draft`` (all that a role says), adding, changing, switching off, deleting. What does not: what follows from a role
(``permissions.grants``), the page (``forms``, ``views.roles``), and what no change may do (``keeping``).

Two people who change one role at once: a page sends the mark of what it showed (``mark``), and a role that is no longer so is refused.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions import naming
from permissions.logs import changes
from permissions.models import FieldRule, RightChange, Role, RowScope, User
from permissions.organisation import trees
from permissions.rights import ROLE_TEMPLATES, Level, Right

from ..models import Ledger, LedgerEvent
from ..services.locking import changeable
from ..services.logbook import note
from . import keeping
from .scoping import Scopes, Words

DEEPEST = 5  # levels of superior roles
MOST_VALUES = 500

# Sentences that say why a role cannot be deleted; higher apps add theirs in AppConfig.ready.
uses: list[Callable[[Role], Iterable[str]]] = []


@dataclass(frozen=True)
class Draft:
    """Everything that a role says itself; what it inherits is not in it. ``levels``: key of a field → ``Level``."""

    name: str = ""
    description: str = ""
    code: str = ""
    parent_id: int | None = None
    rights: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    scopes: Scopes = ()
    excluded: Scopes = ()
    sensitive_level: int = Level.MASKED
    levels: dict[str, int] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """As the log of changes keeps it."""
        return {
            "name": self.name,
            "description": self.description,
            "parent": self.parent_id,
            "rights": list(self.rights),
            "denied": list(self.denied),
            "scopes": _sorted(self.scopes),
            "excluded": _sorted(self.excluded),
            "sensitive_level": int(self.sensitive_level),
            "levels": {key: int(self.levels[key]) for key in sorted(self.levels)},
        }

    @property
    def mark(self) -> str:
        """A hash of all that it says."""
        text = json.dumps(self.stored(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def _sorted(scopes: Scopes) -> list[list]:
    return sorted([str(kind), sorted(values, key=str)] for kind, values in scopes)


def of_role(role: Role) -> Draft:
    """A role as it is stored; scopes and field rules may be prefetched."""
    rows = sorted(role.scopes.all(), key=lambda scope: scope.pk)
    return Draft(
        name=role.name,
        description=role.description,
        code=role.code,
        parent_id=role.parent_id,
        rights=_ordered(role.rights),
        denied=_ordered(role.denied),
        scopes=tuple((row.kind, tuple(row.values)) for row in rows if not row.is_denied),
        excluded=tuple((row.kind, tuple(row.values)) for row in rows if row.is_denied),
        sensitive_level=role.sensitive_level,
        levels={rule.field: rule.level for rule in role.field_rules.all()},
    )


def of_template(code: str) -> Draft:
    """A role template; KeyError for an unknown one."""
    name, rights, scope, level = ROLE_TEMPLATES[code]
    return Draft(name=str(name), code=code, rights=_ordered(rights), scopes=((scope, ()),), sensitive_level=level)


def _ordered(rights: Iterable[str]) -> tuple[str, ...]:
    chosen = set(rights)
    return tuple(str(right) for right in Right.values if right in chosen)


def beginning(ledger: Ledger, draft: Draft) -> Draft:
    """A draft as a new role would begin: with a name and a code that are free."""
    codes, names = set(), set()
    for code, name in ledger.roles.values_list("code", "name"):
        codes.add(code.lower())
        names.add(name.casefold())
    code = draft.code or f"role_{len(codes) + 1}"
    name = draft.name
    return replace(
        draft,
        code=_free(code, lambda text: text.lower() in codes, "_{}", 30),
        name=_free(name, lambda text: text.casefold() in names, "（{}）", 60) if name else "",
    )


def _free(text: str, is_taken: Callable[[str], bool], ending: str, most: int) -> str:
    number, proposed = 2, text[:most]
    while is_taken(proposed):
        end = ending.format(number)
        proposed = text[: most - len(end)] + end
        number += 1
    return proposed


@transaction.atomic
def save(ledger: Ledger, draft: Draft, *, by: User | None, role: Role | None = None, seen: str = "") -> Role:
    """Add a role, or make ``role`` what the draft says; ``seen`` is the mark of the role as the user saw it (blank: not asked).

    Raises BusinessError (``field``): a name or code that is taken, a circle, an unknown right, field or value, somebody else's change
    meanwhile, and what ``keeping`` forbids.
    """
    ledger = changeable(ledger)
    role = _present(ledger, role) if role else None
    before = of_role(role) if role else None
    if role and seen and seen != before.mark:
        raise BusinessError(
            _("角色「%(name)s」在您打开之后被别人修改过。") % {"name": role.name},
            code="role.stale",
            remedy=_("请重新打开该角色，核对后再改；您填写的内容还在下面，可以对照。"),
        )
    draft = _checked(ledger, draft, role, before)
    if before and draft.mark == before.mark:
        return role
    with keeping.watched(ledger, by=by):
        role = _store(ledger, role, draft)
    _log(ledger, role, before, draft, by)
    return role


def _present(ledger: Ledger, role: Role) -> Role:
    found = ledger.roles.filter(pk=role.pk).first()
    if found is None:
        raise BusinessError(_("角色「%(name)s」已被删除。") % {"name": role.name}, code="role.gone")
    return found


def _store(ledger: Ledger, role: Role | None, draft: Draft) -> Role:
    role = role or Role(ledger=ledger, code=draft.code)
    role.name, role.description, role.parent_id = draft.name, draft.description, draft.parent_id
    role.rights, role.denied, role.sensitive_level = list(draft.rights), list(draft.denied), draft.sensitive_level
    role.save()
    role.scopes.all().delete()
    role.field_rules.all().delete()
    RowScope.objects.bulk_create(
        RowScope(role=role, kind=kind, values=list(values), is_denied=is_denied)
        for is_denied, scopes in ((False, draft.scopes), (True, draft.excluded))
        for kind, values in scopes
    )
    FieldRule.objects.bulk_create(FieldRule(role=role, field=key, level=level) for key, level in draft.levels.items())
    return role


def _log(ledger: Ledger, role: Role, before: Draft | None, after: Draft, by: User | None) -> None:
    told = told_changes(ledger, before, after) if before else _("新建")
    detail = _("角色「%(name)s」：%(told)s") % {"name": role.name, "told": told}
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=detail)
    kind = RightChange.Kind.ROLE_CHANGED if before else RightChange.Kind.ROLE_ADDED
    was = before.stored() if before else None
    changes.note(ledger.pk, kind, by=by, role=role, detail=detail, before=was, after=after.stored())


def told_changes(ledger: Ledger, before: Draft, after: Draft) -> str:
    """What differs, in words: + 导出；- 打印；数据范围 …"""
    words, told = Words(ledger), []
    if before.name != after.name:
        told.append(_("名称「%(old)s」→「%(new)s」") % {"old": before.name, "new": after.name})
    for sign, more, less in (("+", after, before), ("-", before, after)):
        told += [f"{sign} {Right(right).label}" for right in more.rights if right not in less.rights]
        told += [f"{sign} {_('禁止')}{Right(right).label}" for right in more.denied if right not in less.denied]
    if _sorted(before.scopes) != _sorted(after.scopes) or _sorted(before.excluded) != _sorted(after.excluded):
        told.append(_("数据范围：%(scope)s") % {"scope": words.text(after.scopes, after.excluded)})
    if before.sensitive_level != after.sensitive_level:
        told.append(_("敏感字段：%(level)s") % {"level": Level(after.sensitive_level).label})
    touched = {key for key in {**before.levels, **after.levels} if before.levels.get(key) != after.levels.get(key)}
    if touched:
        told.append(_("字段权限 %(count)s 项") % {"count": len(touched)})
    if before.parent_id != after.parent_id:
        told.append(_("上级角色"))
    if before.description != after.description:
        told.append(_("说明"))
    return "；".join(told)


# --- checks -----------------------------------------------------------------------------------------------------------


def _checked(ledger: Ledger, draft: Draft, role: Role | None, before: Draft | None) -> Draft:
    """The draft with its texts trimmed and in order; BusinessError for what cannot be."""
    draft = replace(
        draft,
        name=draft.name.strip(),
        description=draft.description.strip(),
        code=role.code if role else draft.code.strip(),
        rights=_known_rights(draft.rights),
        denied=_known_rights(draft.denied),
    )
    _check_name(ledger, draft, role)
    both = [str(Right(right).label) for right in draft.rights if right in draft.denied]
    if both:
        raise BusinessError(_("不能同时允许又禁止：%(what)s。") % {"what": "、".join(both)}, code="role.rights")
    if draft.code == keeping.MANAGER and (
        set(keeping.KEPT) - set(draft.rights) or set(keeping.KEPT) & set(draft.denied)
    ):
        raise BusinessError(_("账套主管必须保有“账套设置”和“成员与权限”。"), code="role.manager")
    check_parent(ledger, role, draft.parent_id)
    _check_levels(ledger, draft, before)
    words = Words(ledger)
    for kind, values in (*draft.scopes, *draft.excluded):
        _check_scope(words, kind, values, before)
    return draft


def _known_rights(rights: Iterable[str]) -> tuple[str, ...]:
    unknown = sorted(set(map(str, rights)) - set(Right.values))
    if unknown:
        raise BusinessError(_("没有功能权限「%(what)s」。") % {"what": "、".join(unknown)}, code="role.rights")
    return _ordered(rights)


def _check_name(ledger: Ledger, draft: Draft, role: Role | None) -> None:
    others = ledger.roles.exclude(pk=role.pk if role else None)
    if not draft.name:
        raise BusinessError(_("角色名称必须填写。"), code="role.name", field="name")
    if len(draft.name) > 60 or len(draft.description) > 200:
        raise BusinessError(_("名称最多 60 个字，说明最多 200 个字。"), code="role.name", field="name")
    if others.filter(name__iexact=draft.name).exists():
        raise BusinessError(_("已有角色「%(name)s」。") % {"name": draft.name}, code="role.name", field="name")
    if role is None:
        plain = draft.code.replace("_", "").replace("-", "")
        if not (plain.isascii() and plain.isalnum()) or len(draft.code) > 30:
            raise BusinessError(
                _("角色编码由 1–30 位字母、数字、下划线或连字符组成，如 role_1。"), code="role.code", field="code"
            )
        if others.filter(code__iexact=draft.code).exists():
            raise BusinessError(
                _("角色编码「%(code)s」已存在。") % {"code": draft.code}, code="role.code", field="code"
            )


def check_parent(ledger: Ledger, role: Role | None, parent_id: int | None) -> None:
    """Raise BusinessError (``field`` parent) for a superior role of another set, one that is switched off, a circle, or too many levels."""
    if parent_id is None:
        return
    rows = {row.pk: row for row in ledger.roles.all()}
    parent, key = rows.get(parent_id), role.pk if role else 0
    if parent is None:
        raise BusinessError(_("账套中没有这个上级角色。"), code="role.parent", field="parent")
    if not parent.is_active and not (role and role.parent_id == parent_id):
        raise BusinessError(
            _("上级角色「%(name)s」已停用。") % {"name": parent.name}, code="role.parent", field="parent"
        )
    parents = trees.parents_of(rows.values()) | {key: parent_id}
    circle = trees.circle(parents, key)
    if circle:
        line = " → ".join(rows[pk].name if pk in rows else "" for pk in circle)
        raise BusinessError(
            _("上级角色形成循环：%(line)s。") % {"line": line},
            code="role.circle",
            field="parent",
            remedy=_("请选择另一个上级角色。"),
        )
    if trees.too_deep(parents, DEEPEST):
        raise BusinessError(_("上级角色最多 %(most)s 级。") % {"most": DEEPEST}, code="role.deep", field="parent")


def _check_levels(ledger: Ledger, draft: Draft, before: Draft | None) -> None:
    """Rules that stay as they are may name a field that is gone; new ones may not."""
    old = before.levels if before else {}
    touched = {key for key, level in draft.levels.items() if old.get(key) != level}
    unknown = sorted(touched - set(naming.labels_of(ledger.pk))) if touched else []
    if unknown:
        raise BusinessError(_("账套中没有字段「%(keys)s」。") % {"keys": "、".join(unknown[:5])}, code="role.field")
    if not set(draft.levels.values()) <= set(Level.values) or draft.sensitive_level not in Level.values:
        raise BusinessError(_("没有这样的字段级别。"), code="role.level")


def _check_scope(words: Words, kind: str, values: tuple, before: Draft | None) -> None:
    from .scoping import kinds

    known = next((each for each in kinds() if each.kind == kind), None)
    old = [mine for each, mine in (*before.scopes, *before.excluded) if each == kind] if before else []
    if known is None:
        if tuple(values) in map(tuple, old):
            return
        raise BusinessError(_("没有数据范围「%(kind)s」。") % {"kind": kind}, code="role.scope", field="scopes")
    if len(values) > MOST_VALUES:
        raise BusinessError(
            _("「%(kind)s」最多选 %(most)s 项。") % {"kind": known.label, "most": MOST_VALUES}, code="role.scope"
        )
    if known.choices:
        kept = {value for mine in old for value in mine}
        gone = set(values) - {each.value for each in words.choices(kind)} - kept
        if gone:
            raise BusinessError(
                _("「%(kind)s」中有不存在的选项：%(values)s。")
                % {"kind": known.label, "values": "、".join(sorted(map(str, gone))[:5])},
                code="role.scope",
            )
        if not values:
            raise BusinessError(
                _("数据范围「%(kind)s」还没有选择任何一项。") % {"kind": known.label},
                code="role.scope",
                remedy=_("请至少勾选一项，或取消这个范围。"),
            )


# --- the life of a role -----------------------------------------------------------------------------------------------


@transaction.atomic
def set_active(role: Role, active: bool, *, by: User | None) -> None:
    """停用: the role gives nothing to anybody until it is switched on again; who has it keeps it. Twice is once."""
    ledger = changeable(role.ledger)
    role = _present(ledger, role)
    if role.is_active == active:
        return
    if not active and role.code == keeping.MANAGER:
        raise BusinessError(_("角色「账套主管」不能停用。"), code="role.manager")
    with keeping.watched(ledger, by=by):
        role.is_active = active
        role.save(update_fields=["is_active"])
    done = _("启用") if active else _("停用")
    detail = _("角色「%(name)s」：%(told)s") % {"name": role.name, "told": done}
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=detail)
    changes.note(ledger.pk, RightChange.Kind.ROLE_CHANGED, by=by, role=role, detail=detail, after={"is_active": active})


def objections(role: Role) -> list[str]:
    """Why a role cannot be deleted, in sentences; empty when nothing uses it."""
    people = role.memberships.values("user").distinct().count()
    departments, below = role.department_roles.count(), role.children.count()
    found = [_("有 %(count)s 人的授权记录") % {"count": people}] if people else []
    found += [_("有 %(count)s 个部门授权") % {"count": departments}] if departments else []
    found += [_("是 %(count)s 个角色的上级角色") % {"count": below}] if below else []
    if role.code == keeping.MANAGER:
        found.append(_("账套主管是账套必须有的角色"))
    return [*found, *(sentence for ask in uses for sentence in ask(role))]


@transaction.atomic
def remove(role: Role, *, by: User | None) -> None:
    """Delete a role that nothing uses; BusinessError says what uses it."""
    ledger = changeable(role.ledger)
    found = ledger.roles.filter(pk=role.pk).first()
    if found is None:
        return
    reasons = objections(found)
    if reasons:
        raise BusinessError(
            _("角色「%(name)s」还在使用：%(reasons)s。") % {"name": found.name, "reasons": "；".join(reasons)},
            code="role.used",
            remedy=_("可以停用它：停用后不再给任何人权限。"),
        )
    was = of_role(found).stored()
    detail = _("删除角色「%(name)s」") % {"name": found.name}
    try:
        with transaction.atomic():
            found.delete()
    except ProtectedError:
        raise BusinessError(
            _("角色「%(name)s」还在使用。") % {"name": role.name}, code="role.used", remedy=_("可以停用它。")
        ) from None
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=detail)
    changes.note(ledger.pk, RightChange.Kind.ROLE_REMOVED, by=by, role=role, detail=detail, before=was)
