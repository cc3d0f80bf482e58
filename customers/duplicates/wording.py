"""Evidence in words, field by field, with its direction.

What lives here: the sentences. What does not: the evidence (``evidence``) and whether it suffices (``deciding``). No value of a sensitive
field is ever said, only whether two of them agree.
"""

from typing import NamedTuple

import numpy as np
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import evidence as e
from . import hashing
from .evidence import AT

FOR, AGAINST, NEUTRAL = "for", "against", "neutral"


class Reason(NamedTuple):
    """One field's evidence; ``field`` is a key of the catalogue."""

    field: str
    direction: str
    text: str | Promise


_FIELDS = {
    "phone": (_("电话相同"), _("电话差一位"), _("电话不同")),
    "email": (_("邮箱相同"), _("邮箱用户名相同"), _("邮箱不同")),
    "bank": (_("银行账号相同"), _("银行账号相近"), _("银行账号不同")),
    "identity": (_("证件号码相同"), "", _("证件号码不同")),
    "contact": (_("联系人相同"), _("联系人同姓"), _("联系人不同")),
    "address": (_("地址相同"), _("地址相近"), _("地址不同")),
}
_KEYS = {
    "phone": "phone",
    "email": "email",
    "bank": "bank_account",
    "identity": "id_number",
    "contact": "contact",
    "address": "address",
}
_SHARED = {"phone": "phone_bearers", "email": "email_bearers", "address": "address_bearers"}
_CODES = {
    e.CODE_SAME: (FOR, _("信用代码相同")),
    e.CODE_ONE_OFF: (FOR, _("信用代码差 1 位")),
    e.CODE_FEW_OFF: (NEUTRAL, _("信用代码差 2–3 位")),
    e.CODE_OTHER: (AGAINST, _("信用代码不同")),
    e.CODE_BOTH_VALID: (AGAINST, _("两个不同的有效信用代码")),
}
_SLIPS = {
    e.SOUND_SLIP: _("同音字 1 处"),
    e.LOOK_SLIP: _("形近字 1 处"),
    e.SWAPPED: _("两字颠倒"),
    e.DOUBLED: _("多一个叠字"),
    e.ADDED: _("多一个字"),
    e.ADDED_WORD: _("多一个字"),
    e.REPLACED: _("差 1 个字"),
}


def reasons(known: e.Known, left: np.ndarray, right: np.ndarray, features: np.ndarray) -> list[list[Reason]]:
    """The reasons of each pair, names first."""
    texts = [hashing.strings(known.profiles["core"][side]) for side in (left, right)]
    brands = [
        [text[:size] for text, size in zip(some, known.profiles["brand_length"][side].tolist(), strict=True)]
        for some, side in zip(texts, (left, right), strict=True)
    ]
    rows = features.tolist()
    return [_of(row, a, b, x, y) for row, a, b, x, y in zip(rows, *texts, *brands, strict=True)]


def sentence(found: list[Reason]) -> str:
    """The reasons in one line: 字号相同，同音字 1 处「辰→晨」，电话相同."""
    return "，".join(str(each.text) for each in found)


def _of(row: list[int], a: str, b: str, brand_a: str, brand_b: str) -> list[Reason]:
    found = [*_name(row, a, b, brand_a, brand_b), *_kin(row)]
    if row[AT["code"]] in _CODES:
        direction, text = _CODES[row[AT["code"]]]
        found.append(Reason("uscc", direction, text))
    for field, (same, near, other) in _FIELDS.items():
        relation = row[AT[field]]
        if relation == e.SAME:
            sharing = row[AT[_SHARED[field]]] if field in _SHARED else 0
            text = (
                same
                if sharing < 3 or sharing > 200
                else _("%(what)s（%(count)s 个以上客户共用）") % {"what": same, "count": sharing - 1}
            )
            found.append(Reason(_KEYS[field], FOR, text))
        elif relation == e.NEAR and near:
            found.append(Reason(_KEYS[field], NEUTRAL, near))
        elif relation == e.CONFLICT:
            found.append(Reason(_KEYS[field], AGAINST, other))
    return found


def _name(row: list[int], a: str, b: str, brand_a: str, brand_b: str) -> list[Reason]:
    if row[AT["whole"]]:
        return [Reason("name", FOR, _("名称相同"))]
    if row[AT["core"]] == 20:
        return [Reason("name", FOR, _("去掉地区、组织形式后名称相同"))]
    if row[AT["latin"]]:
        alike = row[AT["latin_alike"]] >= 12
        return [Reason("name", FOR if alike else AGAINST, _("外文名与拼音相符") if alike else _("外文名与拼音不符"))]
    found = []
    if brand_a and brand_a == brand_b:
        found.append(Reason("name", FOR, _("字号相同")))
    elif row[AT["brand_sound"]]:
        found.append(Reason("name", FOR, _("字号同音")))
    elif row[AT["brand"]] > 1 and row[AT["slip"]] == e.MANY:
        found.append(Reason("name", AGAINST, _("字号不同")))
    slip = _SLIPS.get(row[AT["slip"]])
    if slip:
        direction = FOR if row[AT["slip"]] in (e.SOUND_SLIP, e.LOOK_SLIP, e.SWAPPED, e.DOUBLED) else NEUTRAL
        found.append(Reason("name", direction, f"{slip}「{_difference(a, b)}」"))
    elif row[AT["core"]] >= 12 or row[AT["contained"]] >= 18:
        contained = row[AT["contained"]] >= 18
        text = _("一方是另一方的简写") if contained else _("名称相似 %(share)s%%") % {"share": row[AT["core"]] * 5}
        found.append(Reason("name", FOR if contained else NEUTRAL, text))
    if row[AT["alias"]]:
        found.append(Reason("short_name", FOR, _("简称或曾用名相符")))
    return found or [Reason("name", AGAINST, _("名称不同"))]


def _difference(a: str, b: str) -> str:
    """What stands where two texts part: 辰→晨."""
    start = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    return f"{a[start : len(a) - end] or '∅'}→{b[start : len(b) - end] or '∅'}"


def _kin(row: list[int]) -> list[Reason]:
    """What makes relatives of two customers rather than one: branches, numbers, groups, places."""
    found = []
    branch, numbers = row[AT["branch"]], row[AT["numbers"]]
    if branch == e.ONE_SIDED:
        found.append(Reason("name", AGAINST, _("一方是分支机构")))
    elif branch == e.DIFFERENT:
        found.append(Reason("name", AGAINST, _("分支机构不同")))
    if numbers == e.DIFFERENT:
        found.append(Reason("name", AGAINST, _("序号不同")))
    elif numbers == e.ONE_SIDED:
        found.append(Reason("name", AGAINST, _("只有一方带序号")))
    if row[AT["group"]]:
        found.append(Reason("name", NEUTRAL, _("只有一方是集团")))
    if row[AT["name_place"]] in (e.HOME_OTHER_CITY, e.HOME_ELSEWHERE):
        found.append(Reason("name", AGAINST, _("名称中的地区不同")))
    home = row[AT["home"]]
    if home == e.HOME_SAME_CITY:
        found.append(Reason("city", FOR, _("同一城市")))
    elif home in (e.HOME_OTHER_CITY, e.HOME_ELSEWHERE):
        found.append(Reason("city", AGAINST, _("所在地不同")))
    return found
