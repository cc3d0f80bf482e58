"""Names of customers: the key of an exact duplicate, and the 简称 one would guess.

Lives here: `name_key`, `short_name_of`, and, by way of `pinyin.py`, `pinyin_of` and `mnemonic_of`.
Not here: similarity of names and their taking apart for fuzzy matching; where places come from (`regions.py`).
"""

import re
import unicodedata
from hashlib import blake2b

from .pinyin import mnemonic_of, pinyin_of
from .regions import read_place
from .text import fold

__all__ = ["mnemonic_of", "name_key", "pinyin_of", "short_name_of"]

KEY_LENGTH = 200
SHORT_LENGTH = 8
_HASH_LENGTH = 32

# Longest first; a legal form is looked for from the left, so that 股份有限公司 is not read as 有限公司.
_LEGAL_FORM = re.compile(
    "(?:集团)?(?:股份有限责任公司|股份有限公司|有限责任公司|股份合作公司|有限公司|股份公司|总公司)|"
    "(?:农民)?专业合作社联合社|(?:农民)?专业合作社|股份合作社|[(（](?:有限合伙|普通合伙|特殊普通合伙|个人独资)[)）]|公司(?=$|[(（])"
)
_BRANCH = re.compile(
    "(?:第[一二三四五六七八九十]+)?(?:分公司|支公司|分行|支行|营业部|营业所|办事处|分店|门市部|项目部|分厂|分社)$"
)
_PLACE_ENDING = re.compile("^[省市县区]")  # of a place that was read by its short name
_BRACKETS = re.compile("[(（【\\[][^)）】\\]]*[)）】\\]]?")
_LATIN_FORM = re.compile(
    r"[\s,]+(?:co\.?,?\s*ltd\.?|company limited|limited|ltd\.?|inc\.?|llc|corp\.?|corporation|gmbh|co\.?|s\.?a\.?|plc|b\.?v\.?)$",
    re.IGNORECASE,
)
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U000323af]")
# Where a name may be cut without splitting a word.
_TRADES = str.split(
    "技术 科技 电子 信息 网络 软件 机械 设备 制造 贸易 商贸 实业 工业 建筑 工程 建设 装饰 材料 建材 化工 食品 餐饮 物流 运输 服务 咨询 管理 投资 发展 开发 医药 生物 "
    "农业 种植 养殖 环保 能源 电力 电器 电气 汽车 物业 文化 传媒 教育 旅游 服装 纺织 家具 五金 塑料 包装 印刷 仪器 药业 矿业 置业 地产 房地产"
)  # fmt: skip


def name_key(name: str) -> str:
    """The form in which two names are the same name: folded, brackets out, legal form kept; at most 200 characters.

    A name of punctuation only keeps it; longer keys end in a digest, so that equal keys still mean equal names.
    """
    key = fold(name) or unicodedata.normalize("NFKC", name).casefold().strip()
    if len(key) > KEY_LENGTH:
        digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=_HASH_LENGTH // 2).hexdigest()
        key = key[: KEY_LENGTH - _HASH_LENGTH] + digest
    return key


def short_name_of(name: str, limit: int = SHORT_LENGTH) -> str:
    """A guess at the 简称: without place in front, brackets and legal form, at most `limit` Chinese characters.

    `杭州恒源机械有限公司` → `恒源机械`, `中国电信股份有限公司喀什分公司` → `中国电信喀什`. A Latin name loses its
    legal form and is not cut.
    """
    name = " ".join(name.split())
    if not _HAN.search(name):
        return _LATIN_FORM.sub("", name)
    bare = _BRACKETS.sub("", _LEGAL_FORM.sub("\n", name, count=1)).replace(" ", "")
    main, _mark, branch = bare.partition("\n")
    main, branch = _without_place(main) or main or name, _BRANCH.sub("", branch)
    room = limit - len(main)
    return main + branch[:room] if room > 1 else _cut(main, limit)


def _without_place(name: str) -> str:
    """The name behind the place it begins with; the whole when too little would be left to tell firms apart."""
    _region, end = read_place(name)
    rest = _PLACE_ENDING.sub("", name[end:]) if end else name
    if len(rest) < 2:
        return name
    if rest[0] == "第":  # 上海市第一人民医院: without its place it is any first hospital
        return name[:end].rstrip("省市县区") + rest
    return rest


def _cut(name: str, limit: int) -> str:
    """At most `limit` characters, ending with a word of trade where one ends in time."""
    if len(name) <= limit:
        return name
    ends = (at + len(trade) for trade in _TRADES if (at := name.find(trade, 2, limit)) > 0)
    return name[: max(ends, default=limit)]
