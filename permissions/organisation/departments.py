"""部门: adding, changing, moving under another parent, merging into another, disabling; and the tree as it is shown.

A department is never deleted: customers and history name it. It is disabled once nothing active is in it.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from ..models import Company, Department, User
from . import access, checks, following, journal, locking, trees


@dataclass
class Node:
    """A department in the tree. ``company`` is its own or the nearest above; ``total`` counts people below as well."""

    department: Department
    depth: int
    company: Company | None
    people: int
    total: int
    sets: int
    has_children: bool
    path: str
    is_hit: bool = False


def tree(query: str = "") -> list[Node]:
    """Every department from the top down; with ``query`` only those whose code, name or head match, and what lies above them."""
    counted = Count("users", filter=Q(users__is_active=True))
    rows = {
        row.pk: row
        for row in Department.objects.select_related("company", "head").annotate(people=counted).order_by("code")
    }
    parents = trees.parents_of(rows.values())
    lower = trees.children(parents)
    order = trees.ordered(parents)
    totals = {pk: rows[pk].people for pk in rows}
    for pk, _depth in reversed(order):
        if parents[pk] in totals:
            totals[parents[pk]] += totals[pk]
    sets = following.sets_of_departments()
    nodes: dict[int, Node] = {}
    for pk, depth in order:
        row, above = rows[pk], nodes.get(parents[pk])
        nodes[pk] = Node(
            department=row,
            depth=depth,
            company=row.company or (above.company if above else None),
            people=row.people,
            total=totals[pk],
            sets=len(sets.get(pk, ())),
            has_children=bool(lower.get(pk)),
            path=f"{above.path} / {row.name}" if above else row.name,
        )
    query = query.strip().casefold()
    return _found(nodes, parents, query) if query else list(nodes.values())


def _found(nodes: dict[int, Node], parents: dict[int, int | None], query: str) -> list[Node]:
    kept: set[int] = set()
    for pk, node in nodes.items():
        texts = (node.department.code, node.department.name, str(node.department.head or ""))
        if any(query in text.casefold() for text in texts):
            node.is_hit = True
            kept.update(trees.chain(parents, pk))
    return [node for pk, node in nodes.items() if pk in kept]


def options(besides: Department | None = None) -> list[tuple[int, str]]:
    """(pk, indented name) of the active departments; ``besides`` and what lies below it are left out."""
    rows = {row.pk: row for row in Department.objects.order_by("code")}
    parents = trees.parents_of(rows.values())
    hidden = trees.below(parents, besides.pk) if besides and besides.pk else set()
    return [
        (pk, f"{'　' * depth}{rows[pk].name}（{rows[pk].code}）")
        for pk, depth in trees.ordered(parents)
        if pk not in hidden and rows[pk].is_active
    ]


@transaction.atomic
def save(
    *,
    code: str,
    name: str,
    parent: Department | None,
    company: Company | None = None,
    head: User | None = None,
    by: User | None,
    department: Department | None = None,
) -> Department:
    """Add a department, or change ``department`` (a new ``parent`` moves it). Raises BusinessError (``field``)."""
    access.require_change(by)
    locking.hold()
    parent, company, head = map(locking.fresh, (parent, company, head))
    code, name = code.strip(), name.strip()
    checks.require_code(code)
    checks.require_name(name, 60)
    others = Department.objects.exclude(pk=department.pk if department else None)
    if others.filter(code__iexact=code).exists():
        raise BusinessError(_("部门编码「%(code)s」已存在。") % {"code": code}, code="department.code", field="code")
    is_new = department is None
    department = Department.objects.get(pk=department.pk) if department else Department()
    if others.filter(parent=parent, name__iexact=name, company=company).exists():
        raise BusinessError(
            _("同一上级下已有部门「%(name)s」。") % {"name": name}, code="department.name", field="name"
        )
    _require_usable(department, parent, company, head)
    _require_tree(department, parent, name)
    moved = not is_new and department.parent_id != (parent.pk if parent else None)
    department.code, department.name = code, name
    department.parent, department.company, department.head = parent, company, head
    department.save()
    about = {"name": name, "parent": parent or "—", "head": head or "—"}
    text = (
        _("移动到「%(parent)s」下；负责人：%(head)s")
        if moved
        else _("部门：%(name)s，上级：%(parent)s，负责人：%(head)s")
    )
    journal.note(department, text % about, by=by, added=is_new)
    return department


def _require_usable(
    department: Department, parent: Department | None, company: Company | None, head: User | None
) -> None:
    """What is newly chosen must be in use."""
    if parent and not parent.is_active and department.parent_id != parent.pk:
        raise BusinessError(
            _("上级部门「%(name)s」已停用。") % {"name": parent.name}, code="department.parent", field="parent"
        )
    if company and not company.is_active and department.company_id != company.pk:
        raise BusinessError(
            _("公司「%(name)s」已停用。") % {"name": company.name}, code="department.company", field="company"
        )
    if head and not head.is_active and department.head_id != head.pk:
        raise BusinessError(
            _("「%(user)s」已停用或离职，不能任部门负责人。") % {"user": head}, code="department.head", field="head"
        )


def _require_tree(department: Department, parent: Department | None, name: str) -> None:
    rows = {row.pk: row for row in Department.objects.only("pk", "name", "parent_id")}
    key = department.pk or 0
    parents = trees.parents_of(rows.values()) | {key: parent.pk if parent else None}
    checks.require_tree(
        parents,
        key,
        deepest=checks.DEEPEST_DEPARTMENT,
        name_of=lambda pk: name if pk == key else rows[pk].name,
        what=_("上级部门"),
        field="parent",
    )


def move(department: Department, parent: Department | None, *, by: User | None) -> Department:
    """Put a department with all that lies below it under another parent (None: to the top)."""
    now = Department.objects.select_related("company", "head").get(pk=department.pk)
    about = {"code": now.code, "name": now.name, "company": now.company, "head": now.head}
    return save(**about, parent=parent, by=by, department=now)


@dataclass(frozen=True)
class Contents:
    """What is in a department itself: active people, active departments right below it, customers per set."""

    people: int
    children: int
    holdings: list[following.Holding]

    @property
    def to_move(self) -> list[following.Holding]:
        return following.to_move(self.holdings)

    @property
    def is_empty(self) -> bool:
        """Whether nothing keeps it from being disabled."""
        return not self.people and not self.children and not self.to_move


def contents(department: Department) -> Contents:
    return Contents(
        people=department.users.filter(is_active=True).count(),
        children=department.children.filter(is_active=True).count(),
        holdings=following.of_department(department),
    )


@transaction.atomic
def set_active(department: Department, active: bool, *, by: User | None) -> None:
    """停用 when nothing active is in it any more, 启用 when its parent is in use. Raises BusinessError."""
    access.require_change(by)
    locking.hold()
    department = Department.objects.select_related("parent").get(pk=department.pk)
    if not active:
        inside = contents(department)
        if not inside.is_empty:
            about = {
                "name": department.name,
                "people": inside.people,
                "children": inside.children,
                "customers": sum(each.count for each in inside.to_move),
            }
            raise BusinessError(
                _("「%(name)s」还有 %(people)s 人、%(children)s 个下级部门、%(customers)s 个客户。") % about,
                code="department.used",
                remedy=_("请先用“全部移到…”移走，再停用。"),
            )
    elif department.parent and not department.parent.is_active:
        raise BusinessError(
            _("上级部门「%(name)s」已停用。") % {"name": department.parent.name},
            code="department.parent",
            remedy=_("请先启用上级部门，或移到其他部门下。"),
        )
    if Department.objects.filter(pk=department.pk, is_active=not active).update(is_active=active):
        journal.note(department, _("启用") if active else _("停用"), by=by)


@dataclass(frozen=True)
class Moved:
    """What ``absorb`` did: people and departments at once, customers of so many sets in the background."""

    people: int
    children: int
    sets: int


@transaction.atomic
def absorb(department: Department, target: Department, *, by: User | None) -> Moved:
    """全部移到: people, the departments below and the customers of ``department`` go to ``target``. Raises BusinessError."""
    access.require_change(by)
    locking.hold()
    department = Department.objects.get(pk=department.pk)
    target = Department.objects.get(pk=target.pk)
    if not target.is_active:
        raise BusinessError(_("「%(name)s」已停用。") % {"name": target.name}, code="department.target", field="target")
    if target.pk in Department.subtree(department.pk):
        raise BusinessError(
            _("不能移到本部门或它的下级「%(name)s」。") % {"name": target.name},
            code="department.target",
            field="target",
            remedy=_("请选择其他部门。"),
        )
    _require_names_free(department, target)
    children = list(department.children.all())
    for child in children:
        _require_tree(child, target, child.name)
    people = User.objects.filter(department=department).update(department=target)
    Department.objects.filter(parent=department).update(parent=target)
    for follow in following.on_absorbing:
        follow(department, target, by)
    sets = sum(holder.move_department(department, target, by=by) for holder in following.holders)
    text = _("人员 %(people)s、下级部门 %(children)s、%(sets)s 个账套的客户移到「%(target)s」")
    about = {"people": people, "children": len(children), "sets": sets, "target": target.name}
    journal.note(department, text % about, by=by)
    return Moved(people, len(children), sets)


def _require_names_free(department: Department, target: Department) -> None:
    taken = set(target.children.exclude(pk=department.pk).values_list("name", flat=True))
    double = sorted(taken & set(department.children.values_list("name", flat=True)))
    if double:
        raise BusinessError(
            _("「%(target)s」下已有同名的部门：%(names)s。") % {"target": target.name, "names": "、".join(double[:5])},
            code="department.name",
            field="target",
            remedy=_("请先改名。"),
        )
