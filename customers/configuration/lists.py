"""Sections of plain lists: 销售区域, 标签, 选项集."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledgers.services import shapes
from ledgers.services.configuration import Facts, Items, Section
from permissions.models import User

from ..categorising import regions as sales_regions
from ..models import ChoiceSet, SalesRegion, Tag
from ..own import designing as custom_fields
from ..rules import regions
from ..settings import tags
from .codes import actor_for, placed

CODE = r"[0-9A-Za-z_-]+"

# --- sales regions ----------------------------------------------------------------------------------------------------


def _read_regions(ledger) -> Items:
    return {
        row.code: {"name": row.name, "places": row.places, "is_active": row.is_active}
        for row in SalesRegion.objects.filter(ledger=ledger)
    }


def _apply_regions(ledger, items: Items, *, by: User | None) -> None:
    """Places first leave the regions that give them up, then go where the document puts them."""
    actor = actor_for(ledger, by)
    have = {row.code.lower(): row for row in SalesRegion.objects.filter(ledger=ledger)}
    for code, item in items.items():
        row = have.get(code.lower())
        if row and not set(row.places) <= set(item["places"]):
            kept = [place for place in row.places if place in item["places"]]
            with placed(code):
                sales_regions.save(ledger, code=row.code, name=row.name, places=kept, by=actor, region=row)
    for code, item in items.items():
        row = have.get(code.lower())
        with placed(code):
            row, _job = sales_regions.save(
                ledger,
                code=row.code if row else code,
                name=item["name"],
                places=item["places"],
                by=actor,
                region=row,
            )
            sales_regions.set_active(row, item["is_active"], by=actor)


def _region_faults(items: Items) -> Iterable[tuple[str, str]]:
    """A place belongs to one region only, and must be one of GB/T 2260."""
    owner: dict[str, str] = {}
    for code, item in items.items():
        for place in item["places"]:
            if not _place_name(place):
                yield code, _("「%(place)s」不是 GB/T 2260 的省、市或区县代码。") % {"place": place}
            elif owner.setdefault(place, code) != code:
                yield code, _("地区代码 %(place)s 已属于区域 %(other)s。") % {"place": place, "other": owner[place]}


def _place_name(place: str) -> str:
    """浙江 for 33, 杭州 for 3301; empty for a code that does not exist."""
    return regions.short_region(place.ljust(6, "0"))


def _region_facts(_code: str, item: dict[str, Any]) -> Facts:
    places = (_place_name(place) or place for place in item["places"])
    return [
        (_("名称"), item["name"]),
        (_("包含的省市"), "、".join(places) or _("无")),
        (_("状态"), _("启用") if item["is_active"] else _("停用")),
    ]


# --- tags -------------------------------------------------------------------------------------------------------------


def _read_tags(ledger) -> Items:
    return {row.name: {"colour": row.colour} for row in tags.living(ledger)}


def _apply_tags(ledger, items: Items, *, by: User | None) -> None:
    have = {row.name.lower(): row for row in tags.living(ledger)}
    for name, item in items.items():
        with placed(name):
            tags.save(ledger, name, tag=have.get(name.lower()), tone=item["colour"])


def _tag_faults(items: Items) -> Iterable[tuple[str, str]]:
    for name in items:
        if len(name) > Tag._meta.get_field("name").max_length or "," in name or "，" in name:
            yield name, _("标签最多 30 个字，不能含逗号。")


# --- choice sets ------------------------------------------------------------------------------------------------------

_OPTION = shapes.record(
    {"value": shapes.text(30), "label": shapes.text(60)},
    {"colour": shapes.text(20, blank=True), "is_active": shapes.boolean},
)

_BLANK_OPTION = {"colour": "", "is_active": True}


def _full(item: dict[str, Any]) -> dict[str, Any]:
    """A choice set whose options say everything."""
    return {**item, "options": [{**_BLANK_OPTION, **option} for option in item["options"]]}


def _read_sets(ledger) -> Items:
    return {
        row.code: _full({"name": row.name, "options": row.options}) for row in ChoiceSet.objects.filter(ledger=ledger)
    }


def _apply_sets(ledger, items: Items, *, by: User | None) -> None:
    """An option that the set has and the item has not stays, switched off: values of customers may bear it."""
    have = {row.code.lower(): row for row in ChoiceSet.objects.filter(ledger=ledger)}
    actor = actor_for(ledger, by)
    for code, item in items.items():
        row = have.get(code.lower())
        wanted = {option["value"] for option in item["options"]}
        kept = [
            {**option, "is_active": False} for option in (row.options if row else ()) if option["value"] not in wanted
        ]
        with placed(code):
            custom_fields.save_choice_set(
                ledger, [*item["options"], *kept], by=actor, name=item["name"], code=row.code if row else code, row=row
            )


def _set_faults(items: Items) -> Iterable[tuple[str, str]]:
    for code, item in items.items():
        for part in ("value", "label"):
            seen = [option[part].lower() for option in item["options"]]
            twice = next((text for text in seen if seen.count(text) > 1), None)
            if twice:
                yield code, _("选项「%(text)s」重复。") % {"text": twice}


def _set_facts(_code: str, item: dict[str, Any]) -> Facts:
    options = (
        option["label"] if option["is_active"] else _("%(label)s（停用）") % {"label": option["label"]}
        for option in item["options"]
    )
    return [(_("名称"), item["name"]), (_("选项"), "、".join(options) or _("无"))]


def _named(key: str, item: Any) -> str:
    return f"{item['name']} {key}" if item else key


SECTIONS = (
    Section(
        "sales_regions",
        gettext_lazy("销售区域"),
        40,
        shapes.record(
            {"name": shapes.text(40)},
            {"places": shapes.several(shapes.text(6, pattern=r"\d{2}|\d{4}|\d{6}")), "is_active": shapes.boolean},
        ),
        _read_regions,
        _apply_regions,
        _named,
        _region_facts,
        faults=_region_faults,
        blank={"places": [], "is_active": True},
        tidy=lambda item: {**item, "places": sales_regions.tidied(item["places"])},
    ),
    Section(
        "tags",
        gettext_lazy("标签"),
        50,
        shapes.record({}, {"colour": shapes.text(10, blank=True)}),
        _read_tags,
        _apply_tags,
        lambda key, item: key,
        lambda key, item: [(_("颜色"), item["colour"])],
        faults=_tag_faults,
        blank={"colour": ""},
    ),
    Section(
        "choice_sets",
        gettext_lazy("选项集"),
        60,
        shapes.record({"name": shapes.text(60), "options": shapes.several(_OPTION, most=500)}),
        _read_sets,
        _apply_sets,
        _named,
        _set_facts,
        faults=_set_faults,
        tidy=_full,
    ),
)
