"""Codes of the category tree: code levels (编码级次, 2-2-3), the next code of a row, new codes for a whole tree.

Lives here: pure arithmetic over codes, without a database. Not here: which categories there are, and writing them
(`customers.categorising`, `customers.settings.categories`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

LONGEST = 20
MOST_LEVELS = 6
KEEP, COUNT = "keep", "count"  # how new codes are made: own segments kept, or counted through in the order of the tree

Levels = tuple[int, ...]  # characters of each level; empty: codes are free
_SIGNS = re.compile(r"[\s,，、．.\-—–]+")


class BadLevels(ValueError):
    """A text that is no code levels; the message is for the user."""


class Full(ValueError):
    """No code is left below this parent."""


def parse(text: str) -> Levels:
    """`2-2-3` → (2, 2, 3); an empty text means free codes. Raises BadLevels."""
    text = (text or "").strip()
    if not text:
        return ()
    parts = [part for part in _SIGNS.split(text) if part]
    if not parts or not all(re.fullmatch(r"[1-9]", part) for part in parts):
        raise BadLevels(_("编码级次写成 2-2-3 的形式：每一级的位数是 1 到 9。"))
    if len(parts) > MOST_LEVELS:
        raise BadLevels(_("分类最多 %(levels)s 级。") % {"levels": MOST_LEVELS})
    levels = tuple(int(part) for part in parts)
    if sum(levels) > LONGEST:
        raise BadLevels(
            _("各级合计 %(length)s 位，分类编码最多 %(most)s 位。") % {"length": sum(levels), "most": LONGEST}
        )
    return levels


def text_of(levels: Levels) -> str:
    return "-".join(map(str, levels))


def fault(code: str, above: str, depth: int, levels: Levels) -> str:
    """What is wrong with a code at a depth (0 at the top) below the code `above`; "" when it fits, or codes are free."""
    if not levels:
        return ""
    told = {"levels": text_of(levels), "place": depth + 1, "count": len(levels)}
    if depth >= len(levels):
        return _("编码级次 %(levels)s 只有 %(count)s 级。") % told
    wanted = sum(levels[: depth + 1])
    if not code.casefold().startswith(above.casefold()):
        return _("第 %(place)s 级编码应以上级编码「%(above)s」开头。") % {**told, "above": above}
    if len(code) != wanted:
        return _("第 %(place)s 级编码应为 %(wanted)s 位（级次 %(levels)s），「%(code)s」有 %(length)s 位。") % {
            **told,
            "wanted": wanted,
            "code": code,
            "length": len(code),
        }
    return ""


def next_code(above: str, siblings: Iterable[str], taken: Iterable[str], depth: int, levels: Levels) -> str:
    """A proposal for one more category below the code `above`; "" where nothing can be proposed.

    Raises Full when the levels leave no room for one more.
    """
    used = {code.casefold() for code in taken}
    own = [code[len(above) :] for code in siblings if code.casefold().startswith(above.casefold())]
    counted = [part for part in own if part.isdecimal() and part.isascii()]
    if levels:
        if depth >= len(levels):
            raise Full(_("编码级次 %(levels)s 只有 %(count)s 级。") % {"levels": text_of(levels), "count": len(levels)})
        width = levels[depth]
        last = max((int(part) for part in counted if len(part) == width), default=0)
        for number in (*range(last + 1, 10**width), *range(1, last)):
            code = above + str(number).zfill(width)
            if code.casefold() not in used:
                return code
        raise Full(_("「%(above)s」下一级的 %(width)s 位编码已用完。") % {"above": above or _("顶级"), "width": width})
    if own and not counted:
        return ""  # letters: ZD, PT: whoever names them goes on himself
    width = max((len(part) for part in counted), default=2)
    number = max(map(int, counted), default=0) + 1
    while (code := above + str(number).zfill(width)).casefold() in used:
        number += 1
    return code if len(code) <= LONGEST else ""


# --- new codes for many ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """A category as far as codes are concerned; entries come in the order of the tree, parents first."""

    pk: int
    code: str
    name: str
    parent: int | None
    depth: int


@dataclass
class Recoded:
    """What becomes of one code; `faults` say why it cannot."""

    entry: Entry
    new: str
    faults: list[str] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        return self.new != self.entry.code


def recode(
    entries: Sequence[Entry], levels: Levels, how: str, others: Mapping[str, str] | None = None
) -> list[Recoded]:
    """New codes of a tree (or branch) under `levels`, with everything that speaks against them.

    `how`: KEEP pads or cuts each category's own segment; COUNT numbers each row 1, 2, 3 … in its order. `others`: codes
    that stay as they are (of categories outside the branch) → names. A branch begins with its top, below the whole
    tree's; that one keeps its code.
    """
    plan: dict[int, Recoded] = {}
    counts: dict[int | None, int] = {}
    by_pk = {entry.pk: entry for entry in entries}
    for entry in entries:
        above_old = by_pk[entry.parent].code if entry.parent in by_pk else ""
        above_new = plan[entry.parent].new if entry.parent in plan else ""
        counts[entry.parent] = counts.get(entry.parent, 0) + 1
        row = Recoded(entry, entry.code)
        plan[entry.pk] = row
        if entry.parent not in by_pk and entry.depth:
            if wrong := fault(entry.code, "", entry.depth, levels):
                row.faults.append(wrong)
            continue
        if entry.depth >= len(levels):
            row.faults.append(fault(entry.code, above_new, entry.depth, levels))
            continue
        width = levels[entry.depth]
        if how == COUNT:
            own = str(counts[entry.parent])
        else:
            follows = above_old and entry.code.casefold().startswith(above_old.casefold())
            own = entry.code[len(above_old) :] if follows else entry.code
        own = (own.lstrip("0") if len(own) > width else own).rjust(width, "0")
        if len(own) > width:
            row.faults.append(
                _("本级的「%(own)s」有 %(length)s 位，级次只给 %(width)s 位。")
                % {"own": own, "length": len(own), "width": width}
            )
        row.new = above_new + own
    _mark_clashes(plan.values(), others or {})
    return list(plan.values())


def _mark_clashes(rows: Iterable[Recoded], others: Mapping[str, str]) -> None:
    bearers: dict[str, list[Recoded]] = {}
    for row in rows:
        bearers.setdefault(row.new.casefold(), []).append(row)
        if len(row.new) > LONGEST:
            row.faults.append(_("超过 %(most)s 位。") % {"most": LONGEST})
    outside = {code.casefold(): name for code, name in others.items()}
    for code, same in bearers.items():
        for row in same:
            if code in outside:
                row.faults.append(_("与「%(name)s」的编码相同。") % {"name": outside[code]})
            for other in same:
                if other is not row:
                    row.faults.append(_("与「%(name)s」的新编码相同。") % {"name": other.entry.name})
                    break


def follow(code: str, old: str, new: str) -> str:
    """The code of a category below one whose code goes from `old` to `new`: it follows when it began with the old one."""
    return new + code[len(old) :] if old and code.casefold().startswith(old.casefold()) else code
