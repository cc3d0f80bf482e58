"""The tree of 客户分类: adding, changing, moving, retiring a node.

What lives here: the tree and its verbs. What does not: pages and forms, new codes for many (``customers.categorising.recoding``), two
categories made one (``customers.categorising.merging``), what a category gives its customers (``customers.categorising.giving``).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger, LedgerEvent
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from permissions.models import User

from ..models import Category
from ..rules import category_codes as codes

# Codes become parts of customer numbers, so they hold nothing that an address line or a pattern could not.
CODE = re.compile(r"[0-9A-Za-z_-]{1,20}")
DEEPEST = codes.MOST_LEVELS

BEFORE, AFTER, INSIDE = "before", "after", "inside"


@dataclass(frozen=True)
class Node:
    """A category with its place in the tree; ``below`` is the number of its direct children."""

    category: Category
    depth: int
    first: bool
    last: bool
    below: int = 0


def tree(ledger: Ledger) -> list[Node]:
    """All categories of the set in the order of the tree, those that were merged into others left out; one query."""
    children: dict[int | None, list[Category]] = {}
    for category in Category.objects.filter(ledger=ledger, merged_into=None):
        children.setdefault(category.parent_id, []).append(category)
    nodes: list[Node] = []
    waiting = [(children.get(None, []), 0, 0)]  # rows half walked: (siblings, depth, place); deep trees break no stack
    while waiting:
        siblings, depth, at = waiting.pop()
        if at == len(siblings):
            continue
        category = siblings[at]
        below = children.get(category.pk, [])
        nodes.append(Node(category, depth, at == 0, at == len(siblings) - 1, len(below)))
        waiting += [(siblings, depth, at + 1), (below, depth + 1, 0)]
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


def levels_of(ledger: Ledger) -> codes.Levels:
    """The code levels of the set; empty: codes are free."""
    return codes.parse(ledger.parameter("category_levels"))


def check_code(code: str) -> None:
    """Raise BusinessError unless the code may stand in a customer number."""
    if not CODE.fullmatch(code or ""):
        raise BusinessError(
            _("分类编码由 1–20 位字母、数字、下划线或连字符组成，如 VIP、01。"), code="category.code", field="code"
        )


def proposed_code(ledger: Ledger, parent: Category | None) -> str:
    """The next code below ``parent`` by the set's code levels, or by what stands there; "" when there is none to propose."""
    try:
        return _next_code(ledger, parent)
    except codes.Full:
        return ""


def _next_code(ledger: Ledger, parent: Category | None, *, besides: Iterable[int] = ()) -> str:
    """Raises codes.Full."""
    rows = list(Category.objects.filter(ledger=ledger).exclude(pk__in=besides).values_list("pk", "parent_id", "code"))
    parents = {pk: above for pk, above, _code in rows}
    depth = len(_line(parents, parent.pk)) if parent else 0
    siblings = [code for _pk, above, code in rows if above == (parent.pk if parent else None)]
    taken = [code for _pk, _above, code in rows]
    return codes.next_code(parent.code if parent else "", siblings, taken, depth, levels_of(ledger))


@transaction.atomic
def save(
    ledger: Ledger, *, code: str, name: str, parent: Category | None, by: User | None, category: Category | None = None
) -> Category:
    """Add a category, or change ``category``. Raises BusinessError (``field``) for a bad or taken code, or a cycle.

    Under code levels the categories below follow a changed code, and a branch that moves takes a code of its new place. Codes
    that go are kept as former ones.
    """
    code, name = (code or "").strip(), (name or "").strip()
    check_code(code)
    if not name:
        raise BusinessError(_("分类名称必须填写。"), code="category.name", field="name")
    current = changeable(ledger)
    if category is not None:
        category = Category.objects.get(pk=category.pk)  # as it is now, under the lock
    others = Category.objects.filter(ledger=ledger).exclude(pk=category.pk if category else None)
    bearer = others.filter(code__iexact=code).first()
    if bearer is not None:
        raise BusinessError(
            _("分类编码「%(code)s」已存在（%(name)s）。") % {"code": code, "name": bearer.name},
            code="category.code_taken",
            field="code",
        )
    if others.filter(parent=parent, name__iexact=name, merged_into=None).exists():
        raise BusinessError(
            _("同一级中已有分类「%(name)s」。") % {"name": name}, code="category.name_taken", field="name"
        )
    depth = _check_parent(ledger, category, parent)
    levels = levels_of(current)
    moves = category is not None and category.parent_id != (parent.pk if parent else None)
    if moves and levels and code == category.code:
        code = _code_of_new_place(ledger, category, parent)
    if category is None or code != category.code:
        wrong = codes.fault(code, parent.code if parent else "", depth, levels)
        if wrong:
            raise BusinessError(wrong, code="category.levels", field="code", remedy=_proposal(ledger, parent))
    if category is None:
        category = Category(ledger=ledger, position=_end_of(ledger, parent), code=code)
    elif moves:
        category.position = _end_of(ledger, parent)
    category.name, category.parent = name, parent
    if category.pk:
        changed = {category.pk: code} | (_following(category, code) if levels else {})
        category.save(update_fields=["name", "parent", "position"])
        set_codes(ledger, changed)
        category.refresh_from_db()
    else:
        category.save()
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=_("客户分类「%(name)s」") % {"name": name})
    return category


def _proposal(ledger: Ledger, parent: Category | None) -> str:
    code = proposed_code(ledger, parent)
    return _("可用：%(code)s。") % {"code": code} if code else ""


def _code_of_new_place(ledger: Ledger, category: Category, parent: Category | None) -> str:
    try:
        return _next_code(ledger, parent, besides=[category.pk])
    except codes.Full as full:
        raise BusinessError(
            str(full),
            code="category.levels",
            field="parent",
            remedy=_("请选择其他上级分类，或在“编码级次”中增加位数。"),
        ) from full


def _following(category: Category, code: str) -> dict[int, str]:
    """pk → new code of the categories below whose code began with the old one."""
    if code == category.code:
        return {}
    return {
        node.pk: codes.follow(node.code, category.code, code)
        for node in branch(category)
        if node.pk != category.pk and codes.follow(node.code, category.code, code) != node.code
    }


def branch(category: Category) -> list[Category]:
    """The category and everything below it, parents first; one query."""
    children: dict[int | None, list[Category]] = {}
    for each in Category.objects.filter(ledger=category.ledger_id, merged_into=None):
        children.setdefault(each.parent_id, []).append(each)
    found = [category]
    for each in found:
        found += [child for child in children.get(each.pk, []) if child.pk != category.pk]
    return found


def set_codes(ledger: Ledger, changed: dict[int, str]) -> None:
    """Give categories (pk → code) new codes at one stroke and keep the old ones; the caller has checked them and holds the lock.

    Two codes may change places: for a moment every row bears a code that nobody else can have.
    """
    rows = [row for row in Category.objects.filter(ledger=ledger, pk__in=changed) if row.code != changed[row.pk]]
    for row in rows:
        new = changed[row.pk]
        kept = [code for code in row.former_codes if code.casefold() not in (new.casefold(), row.code.casefold())]
        row.former_codes = [*kept, row.code] if row.code.casefold() != new.casefold() else kept
        row.code = placeholder(row.pk)
    Category.objects.bulk_update(rows, ["code", "former_codes"], batch_size=500)
    for row in rows:
        row.code = changed[row.pk]
    Category.objects.bulk_update(rows, ["code"], batch_size=500)


def placeholder(pk: int) -> str:
    """A code that no category can be given: of one that was merged, or is between two codes."""
    return f"~{pk}"


def _check_parent(ledger: Ledger, category: Category | None, parent: Category | None) -> int:
    """The depth below ``parent``. Raises BusinessError for another set's, for a circle (named), for a tree too deep."""
    if parent is None:
        return 0
    if parent.ledger_id != ledger.pk or parent.merged_into_id:
        raise BusinessError(_("上级分类不属于这个账套。"), code="category.parent", field="parent")
    parents = dict(Category.objects.filter(ledger=ledger).values_list("pk", "parent_id"))
    above = _line(parents, parent.pk)
    if category and category.pk in above:
        chain = above[: above.index(category.pk) + 1]
        raise BusinessError(
            _("上级分类不能是它自己或它的下级：%(chain)s。") % {"chain": _chain([category.pk, *chain])},
            code="category.cycle",
            field="parent",
            remedy=_("请选择其他上级分类。"),
        )
    if len(above) + _height(parents, category) > DEEPEST:
        raise BusinessError(_("分类最多 %(levels)s 级。") % {"levels": DEEPEST}, code="category.depth", field="parent")
    return len(above)


def _line(parents: dict[int, int | None], node: int | None) -> list[int]:
    """The node, its parent, and so on up; ends where it would turn."""
    line: dict[int, None] = {}
    while node is not None and node not in line:
        line[node] = None
        node = parents.get(node)
    return list(line)


def _chain(pks: Sequence[int]) -> str:
    names = dict(Category.objects.filter(pk__in=pks).values_list("pk", "name"))
    return " → ".join(f"「{names.get(pk, '?')}」" for pk in pks)


def _height(parents: dict[int, int | None], category: Category | None) -> int:
    """Levels of the subtree of ``category``; 1 for a new one."""
    children: dict[int | None, list[int]] = {}
    for pk, parent in parents.items():
        children.setdefault(parent, []).append(pk)
    level, height, seen = [category.pk] if category else [], 0, set()
    while level:
        height += 1
        seen.update(level)
        level = [child for pk in level for child in children.get(pk, ()) if child not in seen]
    return max(height, 1)


def _end_of(ledger: Ledger, parent: Category | None) -> int:
    last = Category.objects.filter(ledger=ledger, parent=parent).order_by("-position").first()
    return last.position + 1 if last else 1


@transaction.atomic
def move(category: Category, step: int) -> None:
    """Change places with the sibling before (-1) or after (+1); at the end of the row nothing happens."""
    changeable(category.ledger)
    siblings = _row(category.ledger_id, Category.objects.get(pk=category.pk).parent_id)
    at = next(index for index, sibling in enumerate(siblings) if sibling.pk == category.pk)
    to = at + (1 if step > 0 else -1)
    if not 0 <= to < len(siblings):
        return
    siblings[at], siblings[to] = siblings[to], siblings[at]
    _number(siblings)


@transaction.atomic
def place(category: Category, target: Category | None, where: str, *, by: User | None) -> Category:
    """Put a branch before or after ``target``, or inside it as the last one (``target`` None: at the end of the top row).

    Raises BusinessError like ``save``.
    """
    ledger = changeable(category.ledger)
    if target is not None and target.ledger_id != ledger.pk:
        raise BusinessError(_("上级分类不属于这个账套。"), code="category.parent", field="parent")
    category = Category.objects.get(pk=category.pk)
    if target is not None and target.pk == category.pk:
        return category
    beside = target is not None and where in (BEFORE, AFTER)
    parent = Category.objects.select_related("parent").get(pk=target.pk).parent if beside else target
    if category.parent_id != (parent.pk if parent else None):
        category = save(ledger, code=category.code, name=category.name, parent=parent, by=by, category=category)
    if beside:
        siblings = [row for row in _row(ledger.pk, category.parent_id) if row.pk != category.pk]
        at = next(index for index, row in enumerate(siblings) if row.pk == target.pk)
        siblings.insert(at + (where == AFTER), category)
        _number(siblings)
    return category


def _row(ledger_id: int, parent_id: int | None) -> list[Category]:
    return list(Category.objects.filter(ledger=ledger_id, parent=parent_id, merged_into=None))


def _number(siblings: list[Category]) -> None:
    for position, sibling in enumerate(siblings, 1):
        sibling.position = position
    Category.objects.bulk_update(siblings, ["position"], batch_size=500)


@transaction.atomic
def set_active(category: Category, active: bool, *, by: User | None) -> None:
    """停用: no new customer can take it, old ones keep it. Not while a category below it is in use; 启用 needs its parent."""
    ledger = changeable(category.ledger)
    if not active:
        below = Category.objects.filter(parent=category.pk, is_active=True).values_list("name", flat=True)
        if below:
            raise BusinessError(
                _("「%(name)s」还有 %(count)s 个启用的下级分类：%(below)s。")
                % {"name": category.name, "count": len(below), "below": "、".join(below[:5])},
                code="category.children",
                remedy=_("请先停用或移走下级分类。"),
            )
    parent = Category.objects.filter(pk=category.parent_id).first()
    if active and parent and not parent.is_active:
        raise BusinessError(
            _("上级分类「%(name)s」已停用。") % {"name": parent.name},
            code="category.parent_inactive",
            remedy=_("请先启用上级分类。"),
        )
    if Category.objects.filter(pk=category.pk, is_active=not active, merged_into=None).update(is_active=active):
        what = _("启用分类「%(name)s」") if active else _("停用分类「%(name)s」")
        note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=what % {"name": category.name})
