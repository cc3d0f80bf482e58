"""Chinese divisions (GB/T 2260): provinces, prefecture-level cities, counties; which one a text begins with.

Lives here: look-ups over `data/regions.json` by name, short name and code, and reading the place at the start of an
address or of a firm's name by longest prefix. Not here: streets, the sales regions of a firm (华东 …), postal codes.
Hong Kong, Macao and Taiwan are known as provinces, without cities.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Region(NamedTuple):
    """Full names as in GB/T 2260, "" where the text does not say; `code` is that of the finest level found.

    In municipalities the city is the municipality itself, where a county stands directly under its province the city
    is that county.
    """

    province: str = ""
    city: str = ""
    district: str = ""
    code: str = ""


NOWHERE = Region()

_PEOPLES = (
    "蒙古族|蒙古|回族|藏族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族|哈萨克|傣族|黎族|傈僳族|佤族|畲族|拉祜族|水族|"
    "东乡族|纳西族|景颇族|柯尔克孜|土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯|普米族|塔吉克|怒族|鄂温克族|保安族|裕固族|独龙族|各族"
)
_AUTONOMOUS = re.compile(f"(?:{_PEOPLES})*自治[州县旗]$")
_SUFFIX = re.compile("(?:地区|新区|林区|特区|[市州盟县区旗])$")

# County-level cities whose short name is also a brand or an everyday word: on their own they count only with 市.
_ALSO_WORDS = frozenset(str.split(
    "新乐 武安 安国 平泉 三河 高平 永济 孝义 新民 东港 凤城 大石桥 灯塔 兴城 临江 大安 和龙 五常 同江 富锦 海林 宁安 东宁 北安 安达 海伦 启东 海安 东台 兴化 "
    "泰兴 建德 瑞安 龙港 海宁 平湖 东阳 永康 江山 玉环 龙泉 无为 明光 宁国 广德 永安 石狮 南安 福安 福鼎 乐平 瑞昌 共青城 瑞金 龙南 丰城 高安 德兴 龙口 海阳 "
    "新泰 荣成 新密 新郑 长葛 宜都 当阳 应城 石首 广水 利川 常宁 津市 乐昌 开平 恩平 高州 四会 兴宁 阳春 英德 普宁 东兴 北流 平果 合山 隆昌 万源 康定 会理 赤水 "
    "兴义 兴仁 福泉 安宁 开远 瑞丽 兴平 华阴 华亭 合作 同仁 东方 万宁 文昌 双河 新星 昆玉 白杨 北屯 铁门关"
))  # fmt: skip

_MUNICIPALITIES = frozenset(("11", "12", "31", "50"))
_AMBIGUOUS = ""  # 朝阳区 lies in Beijing and in Changchun: on its own it says nothing

Table = dict[str, str]  # a name as people write it → code, or _AMBIGUOUS


class _Index(NamedTuple):
    data: dict
    names: Table  # code → full name
    anywhere: Table  # every province, city and district, as a text may begin with it
    in_province: dict[str, Table]  # first two digits → cities and districts
    in_city: dict[str, Table]  # see _city_key → districts
    openings: frozenset[str]  # the first two characters of every name


@cache
def _index() -> _Index:
    data = json.loads(Path(__file__).with_name("data").joinpath("regions.json").read_text("utf-8"))
    provinces, cities, districts = data["provinces"], data["cities"], data["districts"]
    anywhere: Table = {}
    in_province: dict[str, Table] = {code[:2]: {} for code in provinces}
    in_city: dict[str, Table] = {}
    for code, name in districts.items():
        aliases = _aliases(name)
        in_city.setdefault(_city_key(code), {}).update(dict.fromkeys(aliases, code))
        for alias in aliases:
            _add(in_province[code[:2]], alias, code)
            if alias == name or alias[-1] in "县旗" or (name[-1] == "市" and alias not in _ALSO_WORDS):
                _add(anywhere, alias, code)
    # Larger places are entered last and win: 昌吉 is the prefecture before the town, 海南 the province.
    for code, name in cities.items():
        aliases = _aliases(name)
        in_province[code[:2]].update(dict.fromkeys(aliases, code))
        anywhere.update((alias, code) for alias in aliases if alias == name or alias not in _ALSO_WORDS)
    for code, (name, short) in provinces.items():
        anywhere.update(dict.fromkeys((name, short, short + "省"), code))
    names = {code: name for code, (name, _short) in provinces.items()} | cities | districts
    tables = (anywhere, *in_province.values())
    openings = frozenset(alias[:2] for table in tables for alias in table)
    return _Index(data, names, anywhere, in_province, in_city, openings)


def _add(table: Table, alias: str, code: str) -> None:
    table[alias] = _AMBIGUOUS if alias in table else code


def _aliases(name: str) -> tuple[str, ...]:
    """`昌吉回族自治州` → itself, `昌吉州`, `昌吉`. Districts (区) go by their full name only: 长安, 西湖 are brands too."""
    core = _AUTONOMOUS.sub("", name)
    if core != name:
        return (name, core + name[-1], core) if len(core) > 1 else (name, core + name[-1])
    core = _SUFFIX.sub("", name)
    return (name,) if len(core) < 2 or core + "区" == name else (name, core)


def _city_key(code: str) -> str:
    """Districts of a municipality share one key, whatever their middle digits (市辖区 01, 县 02)."""
    return code[:2] if code[:2] in _MUNICIPALITIES else code[:4]


_LONGEST = 15


def _longest(text: str, at: int, table: Table) -> tuple[str, int]:
    """(code, end) of the longest name of `table` that stands at `at`; ("", at) when there is none, or no single one."""
    if text[at : at + 2] in _index().openings:
        for size in range(min(_LONGEST, len(text) - at), 1, -1):
            code = table.get(text[at : at + size])
            if code is not None:
                return (code, at + size) if code else ("", at)
    return "", at


# 四平路, 西藏南路, 大庆大街, 朝阳庄: streets and villages that bear the name of a place far away.
_goes_on_as_street = re.compile("[东南西北中]?(?:路(?!桥)|街|大道|大街)|[镇乡村庄]").match
_LEAD = re.compile(r"(?:中国|中华人民共和国)?[\s(（【\[]*")


def read_place(text: str) -> tuple[Region, int]:
    """The place that the text begins with, and where the rest begins; (NOWHERE, 0) when it begins with none."""
    index = _index()
    start = _LEAD.match(text).end() if text[:1] in "中(（【[ \u3000" else 0
    code, at = _longest(text, start, index.anywhere)
    if not code or (text[at - 1] not in "省市县区州盟旗" and _goes_on_as_street(text, at)):
        return NOWHERE, 0
    if code.endswith("0000"):
        if code[:2] in _MUNICIPALITIES:
            at = _past_municipality(text, at, code)
        else:
            finer, at = _longest(text, at, index.in_province[code[:2]])
            code = finer or code
    if code in index.data["cities"] or code[:2] in _MUNICIPALITIES:
        district, at = _district(text, at, index.in_city.get(_city_key(code), {}))
        code = district or code
    return _region(code), at


def _past_municipality(text: str, at: int, code: str) -> int:
    """Addresses say 重庆市, 重庆市市辖区 and 上海市上海市: where what follows begins."""
    repeated, after = _longest(text, at, _index().anywhere)
    if repeated == code:
        at = after
    return at + 3 if text.startswith("市辖区", at) else at


def _district(text: str, at: int, table: Table) -> tuple[str, int]:
    found = _longest(text, at, table)
    if not found[0] and text[at - 1] == "市":  # 青岛|市北区, where 青岛市 was read
        found = _longest(text, at - 1, table)
        return found if found[0] else ("", at)
    return found


def _region(code: str) -> Region:
    """The names above and at a code."""
    names = _index().names
    province = code[:2] + "0000"
    if code[:2] in _MUNICIPALITIES:
        return Region(names[province], names[province], names[code] if code != province else "", code)
    if code == province:
        return Region(names[province], "", "", code)
    city = code[:4] + "00"
    if code == city or city not in names:  # a city, or a county directly under its province
        return Region(names[province], names[code], "", code)
    return Region(names[province], names[city], names[code], code)


_BRANCHES = tuple(str.split("分公司 支公司 分行 支行 营业部 营业所 营业厅 办事处 分店 店 加油站 项目部 门市部"))


def region_of(address_or_name: str) -> Region:
    """Province, city, district and code of the place an address or a firm's name begins with, else NOWHERE.

    A branch sits where its own part of the name says (`…有限公司常州分公司` → 常州市). A name that begins with no place is
    asked for one in brackets: `华为技术（上海）有限公司` → 上海市.
    """
    if address_or_name.endswith(_BRANCHES) and "公司" in address_or_name:
        region, _end = read_place(address_or_name.partition("公司")[2])
        if region.code:
            return region
    region, _end = read_place(address_or_name)
    if region.code:
        return region
    for mark in "（(":
        at = address_or_name.find(mark)
        if at > 0:
            return read_place(address_or_name[at + 1 :])[0]
    return NOWHERE


def region_by_code(code: str) -> Region:
    """The region of a six-digit code, or of the nearest level above it that is known; else NOWHERE."""
    for known in (code, code[:4] + "00", code[:2] + "0000"):
        if known in _index().names:
            return _region(known)
    return NOWHERE


def province_of(text: str) -> str:
    """Full name of the province an address or a firm's name begins with, "" when it names none."""
    return region_of(text).province


def normal_province(text: str) -> str:
    """`新疆` → `新疆维吾尔自治区`; "" for what is no province."""
    return _index().names.get(_province_code(text), "")


def short_province(text: str) -> str:
    """`广西壮族自治区` → `广西`; "" for what is no province."""
    code = _province_code(text)
    return _index().data["provinces"][code][1] if code else ""


def short_region(code: str) -> str:
    """The everyday name of a code: `杭州市` → `杭州`, `西湖区` → `西湖`, `长阳土家族自治县` → `长阳`; "" for an unknown one."""
    index = _index()
    if code in index.data["provinces"]:
        return index.data["provinces"][code][1]
    name = index.names.get(code, "")
    short = _aliases(name)[-1] if name else ""
    return short[:-1] if short[-1:] == "区" and len(short) > 2 else short


def _province_code(text: str) -> str:
    code = _index().anywhere.get(text.strip(), "")
    return code if code.endswith("0000") else ""


def normal_city(text: str, province: str = "") -> str:
    """`昌吉` → `昌吉回族自治州`; within `province` if one is given; "" for what is no city."""
    text, within = text.strip(), _province_code(province)
    code = _index().in_province[within[:2]].get(text, "") if within else _index().anywhere.get(text, "")
    if not code and within[:2] in _MUNICIPALITIES and _province_code(text) == within:
        code = within
    region = _region(code) if code else NOWHERE
    return region.city if not region.district else ""


def provinces() -> Table:
    """Code → full name of the 34 provinces, in the order of their codes."""
    return {code: name for code, (name, _short) in _index().data["provinces"].items()}


def cities_of(province_code: str) -> Table:
    """Code → full name of the cities of a province; a municipality is its own only city."""
    if province_code[:2] in _MUNICIPALITIES:
        return {province_code: _index().names[province_code]}
    return {code: name for code, name in _index().data["cities"].items() if code[:2] == province_code[:2]}


def districts_of(city_code: str) -> Table:
    """Code → full name of the districts and counties of a city or municipality."""
    known = _index().in_city.get(_city_key(city_code), {})
    return {code: _index().names[code] for code in dict.fromkeys(known.values())}


def code_of(province: str, city: str = "", district: str = "") -> str:
    """The code of the finest place that the three names, as people write them, agree on; "" where they name none.

    A city alone is enough where its name is borne once. A district that does not lie in the city is left out.
    """
    index = _index()
    found = _province_code(province or "")
    if city:
        within = index.in_province.get(found[:2], {}) if found else index.anywhere
        code = within.get(city.strip(), "")
        if code and not code.endswith("0000") and not _region(code).district:
            found = code
    if district and found:
        found = index.in_city.get(_city_key(found), {}).get(district.strip()) or found
    return found


def short_code(code: str) -> str:
    """`330000` → `33`, `330100` → `3301`: a code without the zeros of the levels that it does not name."""
    return code.removesuffix("00").removesuffix("00") if len(code) == 6 else code


def place_name(code: str) -> str:
    """Full name, with what lies above it, of a code of two, four or six digits: `3301` → `浙江省杭州市`; "" for an unknown one."""
    region = region_by_code(code.ljust(6, "0")) if _index().names.get(code.ljust(6, "0")) else NOWHERE
    return "".join(dict.fromkeys(filter(None, region[:3])))
