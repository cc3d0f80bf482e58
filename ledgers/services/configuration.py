"""The configuration of an account set as one JSON document: everything a set *is* beside its data, in named sections.

What lives here: the register of sections, reading a set into a document, checking one, telling two apart, laying one (or chosen items of
it) into a set. Copying a set, industry templates, files and the comparison of two sets all use this. What does not: the sections
(``sections`` here, ``customers.configuration`` above).

A document is ``{"format": 1, "name": …, "sections": {section key: {item key: item}}}``. Items name each other by code, never by pk, so
that a document means the same in every set.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp_site.shared.errors import BusinessError
from permissions.models import User
from permissions.rights import Right

from ..models import Ledger, LedgerEvent
from . import shapes
from .locking import changeable
from .logbook import note
from .shapes import Check, Misshapen

FORMAT = 1
LARGEST = 2 * 1024 * 1024  # characters of a document's text

Items = dict[str, Any]
Sections = dict[str, Items]
Facts = list[tuple[str, str]]


@dataclass(frozen=True)
class Section:
    """One part of a set's configuration.

    ``read`` gives the items in their order; ``apply`` makes or changes those it is given and leaves the others alone, raising
    BusinessError with ``field`` = item key. ``name`` and ``facts`` put an item into the words of the screen. ``faults`` yields what is
    wrong between items of one document, as (item key, sentence). ``fixed`` says why an item of a set cannot be changed any more.
    Sections are read and laid down by ``order``: what is referred to comes before what refers.
    """

    key: str
    label: str | Promise
    order: int
    shape: Check
    read: Callable[[Ledger], Items]
    apply: Callable[..., None]
    name: Callable[[str, Any], str]
    facts: Callable[[str, Any], Facts]
    faults: Callable[[Items], Iterable[tuple[str, str]]] = lambda items: ()
    fixed: Callable[[Ledger, str], str] = lambda ledger, key: ""
    # Laid into a draft at once, since the wizard's forms show it; the other sections wait for the activation.
    in_draft: bool = False
    key_shape: Check = shapes.text(80)
    # Whether a set may have items that another one has not; a parameter everybody has, so a file that is silent about it says nothing.
    is_list: bool = True
    # What an item says where a file leaves it out.
    blank: Items = field(default_factory=dict)
    # An item in the form in which it is compared, and in the words of a set that would take it (its expressions name fields by key).
    tidy: Callable[[Any], Any] = lambda item: item
    as_stored: Callable[[Ledger, Any], Any] = lambda ledger, item: item
    # What a user needs in a set to see the section there, or to change it.
    right: str = Right.CONFIGURE


_SECTIONS: dict[str, Section] = {}


def register(section: Section) -> None:
    """Add a section; higher apps call it in AppConfig.ready."""
    _SECTIONS[section.key] = section


def sections() -> list[Section]:
    """All of them, in the order in which they are read and laid down."""
    return sorted(_SECTIONS.values(), key=lambda section: section.order)


def section(key: str) -> Section:
    return _SECTIONS[key]


# --- a document -------------------------------------------------------------------------------------------------------


def read(ledger: Ledger) -> Sections:
    """The configuration of a set, section by section."""
    return {each.key: each.read(ledger) for each in sections()}


def document(ledger: Ledger) -> dict[str, Any]:
    """The same as a whole document that can be kept in a file; what a set cannot take over is left out."""
    kept: Sections = {}
    for each in sections():
        items = each.read(ledger)
        kept[each.key] = {key: _terse(each, item) for key, item in items.items() if not _fixed_everywhere(each, key)}
    return {"format": FORMAT, "name": ledger.name, "sections": {key: items for key, items in kept.items() if items}}


def _terse(part: Section, item: Any) -> Any:
    """An item without what it would say anyway."""
    if not part.blank:
        return item
    return {key: value for key, value in item.items() if key not in part.blank or value != part.blank[key]}


def _fixed_everywhere(part: Section, key: str) -> bool:
    """Whether not even a draft takes this item from another set (its base currency, its calendar)."""
    return bool(part.fixed(Ledger(state=Ledger.State.DRAFT), key))


def dump(content: dict[str, Any]) -> str:
    """A document as the text of a file that people can read."""
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def parse(text: str, source: str) -> dict[str, Any]:
    """The document in a file's text, checked; BusinessError names the file, the place and the fault. ``source``: the file's name."""
    try:
        if len(text) > LARGEST:
            raise Misshapen(_("文件过大。"))
        content = shapes.parse(text)
        _check(content)
    except Misshapen as fault:
        place = " → ".join(_placed(fault.place))
        about = {"file": source, "place": f"「{place}」：" if place else "", "what": fault.message}
        raise BusinessError(
            _("配置文件 %(file)s 有误：%(place)s%(what)s") % about,
            code="configuration.broken",
            field="file",
            remedy=_("请改正文件后重试。"),
        ) from fault
    return {**content, "sections": filled(content["sections"])}


def filled(content: Sections) -> Sections:
    """Sections whose items say everything, what the file left out included, in the form in which they are compared."""
    return {key: {name: _full(_SECTIONS[key], item) for name, item in items.items()} for key, items in content.items()}


def _full(part: Section, item: Any) -> Any:
    return part.tidy({**part.blank, **item} if part.blank else item)


def _check(content: Any) -> None:
    shapes.record(
        {"format": shapes.integer(1, FORMAT), "sections": shapes.table(shapes.anything)},
        {"name": shapes.text(60), "description": shapes.text(500, blank=True)},
    )(content, ())
    check_sections(content["sections"])


def check_sections(content: Any) -> None:
    """Raise Misshapen unless these are sections of the right form without contradictions among themselves."""
    for key, items in content.items():
        if key not in _SECTIONS:
            words = {"name": key, "known": "、".join(each.key for each in sections())}
            raise Misshapen(_("没有「%(name)s」这一部分，可用：%(known)s。") % words, ("sections", key))
        shapes.table(_SECTIONS[key].shape, _SECTIONS[key].key_shape)(items, ("sections", key))
        for item, fault in _SECTIONS[key].faults(filled({key: items})[key]):
            raise Misshapen(fault, ("sections", key, item))


def _placed(place: tuple[str, ...]) -> list[str]:
    """A place in words: the section by its label, the rest as it stands in the file."""
    if place[:1] == ("sections",):
        place = place[1:]
    if place and place[0] in _SECTIONS:
        return [f"{_SECTIONS[place[0]].label} {place[0]}", *place[1:]]
    return list(place)


# --- differences ------------------------------------------------------------------------------------------------------


KINDS = {"missing": gettext_lazy("本账套没有"), "changed": gettext_lazy("不同"), "extra": gettext_lazy("仅本账套有")}


@dataclass(frozen=True)
class Difference:
    """One item in which a set differs from a document. ``kind``: missing (here), changed, extra (only here)."""

    section: str
    key: str
    kind: str
    name: str
    # (what, as it is here, as it is there)
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    fixed: str = ""
    token: str = ""

    @property
    def kind_label(self) -> str:
        return str(KINDS[self.kind])

    @property
    def can_apply(self) -> bool:
        return self.kind != "extra" and not self.fixed


def compare(source: Sections, target: Sections, ledger: Ledger) -> dict[str, list[Difference]]:
    """section key → what would change in ``target`` (read from ``ledger``) if it became like ``source``. Sections that the source
    does not speak of are left out."""
    found = {}
    for each in sections():
        if each.key not in source:
            continue
        theirs = {key: each.as_stored(ledger, item) for key, item in source[each.key].items()}
        ours = target.get(each.key, {})
        rows = [_difference(each, key, theirs.get(key), ours.get(key), ledger) for key in {**theirs, **ours}]
        found[each.key] = [row for row in rows if row]
    return {key: rows for key, rows in found.items() if rows}


def _difference(part: Section, key: str, theirs: Any, ours: Any, ledger: Ledger) -> Difference | None:
    if theirs == ours or (theirs is None and not part.is_list):
        return None
    kind = "missing" if ours is None else "extra" if theirs is None else "changed"
    known = part.name(key, ours if theirs is None else theirs)
    here, there = _facts(part, key, ours), _facts(part, key, theirs)
    if kind != "changed":  # the name is told already, and what every new item says is not worth telling
        alone = ours if theirs is None else theirs
        plain = _facts(part, key, {**alone, **part.blank}) if part.blank else {}
        here, there = (
            {label: value for label, value in facts.items() if plain.get(label) != value} for facts in (here, there)
        )
    lines = [
        (label, here.get(label, ""), there.get(label, ""))
        for label in {**here, **there}
        if here.get(label) != there.get(label)
    ]
    fixed = part.fixed(ledger, key) if kind != "extra" else ""
    return Difference(part.key, key, kind, known, lines, fixed, _token(part.key, key, theirs, ours))


def _facts(part: Section, key: str, item: Any) -> dict[str, str]:
    return {} if item is None else dict(part.facts(key, item))


def _token(part: str, key: str, theirs: Any, ours: Any) -> str:
    """What a tick box sends: it holds both values, so that a tick never applies to something that changed meanwhile."""
    said = json.dumps([part, key, theirs, ours], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


# --- laying down ------------------------------------------------------------------------------------------------------


@transaction.atomic
def apply(ledger: Ledger, content: Sections, *, by: User | None, told: str = "") -> int:
    """Make the items of a document true in a set, all or none; returns how many items were laid down.

    The set's log gets one line, ``told`` or the number of items by section, in place of those that the single verbs write. Raises
    BusinessError whose message names the section and the item that could not be taken.
    """
    current = changeable(ledger)
    last = current.events.values_list("pk", flat=True).first() or 0
    counts: dict[str, int] = {}
    for each in sections():
        items = {key: item for key, item in content.get(each.key, {}).items() if not each.fixed(current, key)}
        if not items:
            continue
        try:
            each.apply(current, items, by=by)
        except BusinessError as fault:
            raise _placed_fault(each, items, fault) from fault
        counts[str(each.label)] = len(items)
    if counts:
        current.events.filter(pk__gt=last).delete()
        laid = "、".join(f"{label} {count}" for label, count in counts.items())
        note(current, LedgerEvent.Kind.SETTINGS, by=by, detail=told or _("载入配置：%(laid)s") % {"laid": laid})
    ledger.refresh_from_db()
    return sum(counts.values())


def rehearse(ledger: Ledger, content: Sections, *, by: User | None) -> None:
    """Lay a document down and take it back: raises the BusinessError with which ``apply`` would refuse it."""
    with transaction.atomic():
        apply(ledger, content, by=by)
        transaction.set_rollback(True)
    ledger.refresh_from_db()


def _placed_fault(part: Section, items: Items, fault: BusinessError) -> BusinessError:
    item = fault.field if fault.field in items else ""
    place = f"{part.label}「{part.name(item, items[item])}」" if item else str(part.label)
    return BusinessError(
        f"{place}：{fault.message}",
        code=fault.code,
        field=f"{part.key}.{item}" if item else part.key,
        remedy=fault.remedy,
    )


@transaction.atomic
def apply_chosen(
    ledger: Ledger, source: Sections, tokens: Collection[str], *, by: User | None, whence: str
) -> list[Difference]:
    """Bring the ticked differences into a set in one go and log them; returns them.

    ``tokens`` are those of the differences that the user saw. Raises BusinessError when one of them is no longer so.
    """
    changeable(ledger)
    found = {row.token: row for rows in compare(source, read(ledger), ledger).values() for row in rows}
    stale = set(tokens) - found.keys()
    if stale:
        raise BusinessError(
            _("选中的 %(count)s 项在您查看之后已被修改。") % {"count": len(stale)},
            code="configuration.stale",
            remedy=_("请重新比较后再选择。"),
        )
    chosen = [found[token] for token in found if token in set(tokens)]
    refused = next((row for row in chosen if not row.can_apply), None)
    if refused:
        what = f"{section(refused.section).label}「{refused.name}」"
        raise BusinessError(
            _("%(what)s不能套用。%(why)s") % {"what": what, "why": refused.fixed}, code="configuration.fixed"
        )
    content: Sections = {}
    for row in chosen:
        content.setdefault(row.section, {})[row.key] = source[row.section][row.key]
    names = "；".join(
        f"{section(key).label}：{'、'.join(row.name for row in chosen if row.section == key)}" for key in content
    )
    detail = _("从%(whence)s套用 %(count)s 项配置：%(names)s") % {
        "whence": whence,
        "count": len(chosen),
        "names": names,
    }
    apply(ledger, content, by=by, told=detail)
    return chosen
