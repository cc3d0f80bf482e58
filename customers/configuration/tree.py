"""The section 客户分类: the tree by code, each node with what it says of its customers.

A category's own numbering rule is told by the rule (``numbers``), so that neither section needs what comes after it.
"""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp_site.shared.errors import BusinessError
from ledgers.services import shapes
from ledgers.services.configuration import Facts, Items, Section
from permissions.models import User

from ..categorising import giving
from ..models import Category
from ..settings import categories
from .codes import Codes, actor_for, labels, placed


def _read(ledger) -> Items:
    codes, rows = Codes(ledger), {}
    for node in categories.tree(ledger):
        row = node.category
        rows[row.code] = {
            "name": row.name,
            "parent": codes.code("category", row.parent_id),
            "is_active": row.is_active,
            "required_fields": row.required_fields,
            "review_months": row.review_months,
            "defaults": codes.outward(row.defaults) if row.defaults else {},
        }
    return rows


def _apply(ledger, items: Items, *, by: User | None) -> None:
    """Nodes from the top down, so that a parent stands before what hangs below it; what they give comes last, it may name categories."""
    have = {row.code.lower(): row for row in Category.objects.filter(ledger=ledger, merged_into=None)}
    order = _from_the_top(items)
    for code in order:
        item = items[code]
        parent = have.get((item["parent"] or "").lower())
        if item["parent"] and parent is None:
            raise BusinessError(
                _("上级分类「%(parent)s」不存在。") % {"parent": item["parent"]},
                code="category.parent",
                field=code,
                remedy=_("请同时选择上级分类。"),
            )
        row = have.get(code.lower())
        with placed(code):
            have[code.lower()] = categories.save(
                ledger, code=row.code if row else code, name=item["name"], parent=parent, by=by, category=row
            )
    codes, actor = Codes(ledger), actor_for(ledger, by)
    known = {field.key for field in giving.requirable(codes.catalogue)}
    for code in order:
        item, row = items[code], Category.objects.get(pk=have[code.lower()].pk)
        with placed(code):
            unknown = [key for key in item["required_fields"] if key not in known]
            if unknown:
                raise BusinessError(
                    _("没有可以必填的字段「%(keys)s」。") % {"keys": "、".join(unknown)}, code="field.unknown"
                )
            giving.save(
                row,
                numbering_rule=row.numbering_rule,
                required_fields=item["required_fields"],
                review_months=item["review_months"],
                defaults=codes.inward(item["defaults"]),
                by=actor,
            )
    up = [code for code in order if items[code]["is_active"]]
    down = [code for code in reversed(order) if not items[code]["is_active"]]
    for code in [*up, *down]:  # taken up from the top, retired from below
        row = Category.objects.select_related("ledger", "parent").get(pk=have[code.lower()].pk)
        if row.is_active != items[code]["is_active"]:
            with placed(code):
                categories.set_active(row, items[code]["is_active"], by=by)


def _from_the_top(items: Items) -> list[str]:
    """The codes so that each stands behind its parent, otherwise in their own order."""
    lower = {code.lower(): code for code in items}
    done: dict[str, None] = {}

    def put(code: str) -> None:
        if code in done:
            return
        above = lower.get((items[code]["parent"] or "").lower())
        if above:
            put(above)
        done[code] = None

    for code in items:
        put(code)
    return list(done)


def _faults(items: Items) -> Iterable[tuple[str, str]]:
    """Codes and names that clash, circles, trees that are too deep."""
    parents = {code.lower(): (item["parent"] or "").lower() for code, item in items.items()}
    if len(parents) < len(items):
        seen = [code.lower() for code in items]
        twice = next(code for code in items if seen.count(code.lower()) > 1)
        yield twice, _("编码重复（不区分大小写）。")
        return
    names: dict[tuple[str, str], str] = {}
    for code, item in items.items():
        line, node = [], code.lower()
        while node in parents and node not in line:
            line.append(node)
            node = parents[node]
        if node in line:
            yield code, _("上级分类绕成了一圈：%(line)s。") % {"line": " → ".join([*line, node])}
            return
        if len(line) > categories.DEEPEST:
            yield code, _("分类最多 %(levels)s 级。") % {"levels": categories.DEEPEST}
        place = (parents[code.lower()], item["name"].strip().lower())
        if place in names:
            yield code, _("同一级中已有分类「%(name)s」。") % {"name": item["name"]}
        names[place] = code


def _facts(_code: str, item: dict[str, Any]) -> Facts:
    months = item["review_months"]
    defaults = (f"{labels([key])} = {value}" for key, value in sorted(item["defaults"].items()))
    return [
        (_("名称"), item["name"]),
        (_("上级分类"), item["parent"] or _("（顶级）")),
        (_("必填字段"), labels(item["required_fields"]) or _("无")),
        (_("复核周期"), _("%(months)s 个月") % {"months": months} if months else _("无")),
        (_("默认值"), "、".join(defaults) or _("无")),
        (_("状态"), _("启用") if item["is_active"] else _("停用")),
    ]


SECTION = Section(
    "categories",
    gettext_lazy("客户分类"),
    100,
    shapes.record(
        {"name": shapes.text(60)},
        {
            "parent": shapes.maybe(shapes.text(20)),
            "is_active": shapes.boolean,
            "required_fields": shapes.several(shapes.text(60)),
            "review_months": shapes.maybe(shapes.integer(0, 120)),
            "defaults": shapes.table(shapes.anything, shapes.text(60)),
        },
    ),
    _read,
    _apply,
    lambda code, item: f"{item['name']} {code}" if item else code,
    _facts,
    faults=_faults,
    blank={"parent": None, "is_active": True, "required_fields": [], "review_months": None, "defaults": {}},
)
