"""The tree of 客户分类: adding, changing, moving, retiring a node.

What lives here: the tree and its verbs. What does not: pages and forms.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger, LedgerEvent
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from permissions.models import User

from ..models import Category

# Codes become parts of customer numbers, so they hold nothing that an address line or a pattern could not.
CODE = re.compile(r"[0-9A-Za-z_-]{1,20}")
DEEPEST = 6


@dataclass(frozen=True)
class Node:
    """A category with its place in the tree."""

    category: Category
    depth: int
    first: bool
    last: bool


def tree(ledger: Ledger) -> list[Node]:
    """All categories of the set in the order of the tree; one query."""
    children: dict[int | None, list[Category]] = {}
    for category in Category.objects.filter(ledger=ledger):
        children.setdefault(category.parent_id, []).append(category)
    nodes: list[Node] = []

    def walk(parent: int | None, depth: int) -> None:
        siblings = children.get(parent, [])
        for at, category in enumerate(siblings):
            nodes.append(Node(category, depth, at == 0, at == len(siblings) - 1))
            walk(category.pk, depth + 1)

    walk(None, 0)
    return nodes


def choices(ledger: Ledger, *, without: Category | None = None) -> list[tuple[int, str]]:
    """(id, indented name) of active categories; ``without`` leaves out that node and everything below it."""
    found, skipped_depth = [], None
    for node in tree(ledger):
        if skipped_depth is not None and node.depth > skipped_depth:
            continue
        skipped_depth = node.depth if without and node.category.pk == without.pk else None
        if skipped_depth is None and node.category.is_active:
            found.append((node.category.pk, "　" * node.depth + node.category.name))
    return found


def check_code(code: str) -> None:
    """Raise BusinessError unless the code may stand in a customer number."""
    if not CODE.fullmatch(code or ""):
        raise BusinessError(
            _("分类编码由 1–20 位字母、数字、下划线或连字符组成，如 VIP、01。"), code="category.code", field="code"
        )


@transaction.atomic
def save(
    ledger: Ledger, *, code: str, name: str, parent: Category | None, by: User | None, category: Category | None = None
) -> Category:
    """Add a category, or change ``category``. Raises BusinessError (``field``) for a bad or taken code, or a cycle."""
    code, name = (code or "").strip(), (name or "").strip()
    check_code(code)
    if not name:
        raise BusinessError(_("分类名称必须填写。"), code="category.name", field="name")
    changeable(ledger)
    others = Category.objects.filter(ledger=ledger).exclude(pk=category.pk if category else None)
    if others.filter(code__iexact=code).exists():
        raise BusinessError(
            _("分类编码「%(code)s」已存在。") % {"code": code}, code="category.code_taken", field="code"
        )
    if others.filter(parent=parent, name__iexact=name).exists():
        raise BusinessError(
            _("同一级中已有分类「%(name)s」。") % {"name": name}, code="category.name_taken", field="name"
        )
    _check_parent(ledger, category, parent)
    if category is None:
        category = Category(ledger=ledger, position=_end_of(ledger, parent))
    elif category.parent_id != (parent.pk if parent else None):
        category.position = _end_of(ledger, parent)
    category.code, category.name, category.parent = code, name, parent
    category.save()
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=_("客户分类「%(name)s」") % {"name": name})
    return category


def _check_parent(ledger: Ledger, category: Category | None, parent: Category | None) -> None:
    if parent is None:
        return
    if parent.ledger_id != ledger.pk:
        raise BusinessError(_("上级分类不属于这个账套。"), code="category.parent", field="parent")
    parents = dict(Category.objects.filter(ledger=ledger).values_list("pk", "parent_id"))
    above, node = [], parent.pk
    while node is not None and node not in above:
        above.append(node)
        node = parents.get(node)
    if category and category.pk in above:
        raise BusinessError(
            _("上级分类不能是它自己或它的下级。"),
            code="category.cycle",
            field="parent",
            remedy=_("请选择其他上级分类。"),
        )
    if len(above) + _height(parents, category) > DEEPEST:
        raise BusinessError(_("分类最多 %(levels)s 级。") % {"levels": DEEPEST}, code="category.depth", field="parent")


def _height(parents: dict[int, int | None], category: Category | None) -> int:
    """Levels of the subtree of ``category``; 1 for a new one."""
    level, height = {category.pk} if category else set(), 1
    while True:
        level = {pk for pk, parent in parents.items() if parent in level}
        if not level:
            return height
        height += 1


def _end_of(ledger: Ledger, parent: Category | None) -> int:
    last = Category.objects.filter(ledger=ledger, parent=parent).order_by("-position").first()
    return last.position + 1 if last else 1


@transaction.atomic
def move(category: Category, step: int) -> None:
    """Change places with the sibling before (-1) or after (+1); at the end of the row nothing happens."""
    changeable(category.ledger)
    siblings = list(Category.objects.filter(ledger=category.ledger_id, parent=category.parent_id))
    at = next(index for index, sibling in enumerate(siblings) if sibling.pk == category.pk)
    to = at + (1 if step > 0 else -1)
    if not 0 <= to < len(siblings):
        return
    siblings[at], siblings[to] = siblings[to], siblings[at]
    for position, sibling in enumerate(siblings, 1):
        sibling.position = position
    Category.objects.bulk_update(siblings, ["position"])


@transaction.atomic
def set_active(category: Category, active: bool, *, by: User | None) -> None:
    """停用: no new customer can take it, old ones keep it. Not while a category below it is in use; 启用 needs its parent."""
    ledger = changeable(category.ledger)
    if not active and category.children.filter(is_active=True).exists():
        raise BusinessError(
            _("「%(name)s」还有启用的下级分类。") % {"name": category.name},
            code="category.children",
            remedy=_("请先停用下级分类。"),
        )
    if active and category.parent and not category.parent.is_active:
        raise BusinessError(
            _("上级分类「%(name)s」已停用。") % {"name": category.parent.name},
            code="category.parent_inactive",
            remedy=_("请先启用上级分类。"),
        )
    if Category.objects.filter(pk=category.pk, is_active=not active).update(is_active=active):
        what = _("启用分类「%(name)s」") if active else _("停用分类「%(name)s」")
        note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=what % {"name": category.name})


def create_many(ledger: Ledger, rows: Iterable[dict]) -> None:
    """Lay down a list of {code, name, children} for a set that has none; the caller holds the transaction."""
    waiting = [(row, None) for row in rows]
    for position, (row, parent) in enumerate(waiting, 1):
        made = Category.objects.create(
            ledger=ledger, code=row["code"], name=row["name"], parent=parent, position=position
        )
        waiting += [(child, made) for child in row.get("children", [])]
