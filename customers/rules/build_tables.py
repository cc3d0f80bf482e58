"""Rebuilds the two shipped character tables, `data/simplified.json` and `data/pinyin.json`.

Lives here: how those files are made from OpenCC and pypinyin, and our corrections for company names. Run it by hand
(`python -m customers.rules.build_tables`) and only with a reason: stored keys, pinyin and search text depend on the
tables, so a changed table must be followed by `rebuild_match_keys` and `rebuild_search`.
Not here: using the tables (`text.py`, `pinyin.py`); nothing of the product imports this module.

The tables are shipped, not computed at start, for two reasons: an upgrade of a library must not silently change keys
that are already stored, and loading the libraries costs a process about a second and 40 MB.
"""

import json
import sys
import unicodedata
from importlib.metadata import version
from pathlib import Path

DATA = Path(__file__).with_name("data")

# 乾 is a standard simplified character of its own (乾坤): folded to 干 it would make 乾元 and 干元 one firm.
OWN_SIMPLIFIED = "乾"

# First readings in pypinyin are ordered for running text; in the names of firms and places another one is usual.
USUAL_READING = {
    "长": "chang", "佛": "fo", "调": "tiao", "晟": "sheng", "什": "shi", "藏": "zang", "都": "du", "翟": "zhai",
    "曾": "zeng", "覃": "qin", "勒": "le", "伽": "jia", "珲": "hun", "漯": "luo", "仇": "qiu",
}  # fmt: skip

# Places and trades that pypinyin's phrases lack or read for another sense.
OWN_PHRASES = {
    "朝阳": "chao yang", "洪洞": "hong tong", "涡阳": "guo yang", "单县": "shan xian", "浚县": "xun xian",
    "莘县": "shen xian", "蔚县": "yu xian", "乐陵": "lao ling", "荥经": "ying jing", "筠连": "jun lian",
    "繁峙": "fan shi", "大城县": "dai cheng xian", "六合区": "lu he qu", "龙圩": "long xu", "崆峒": "kong tong",
    "瑷珲": "ai hui", "蚌山": "beng shan", "牟平": "mu ping", "中牟": "zhong mu", "宕昌": "tan chang",
    "商行": "shang hang", "车行": "che hang", "花行": "hua hang", "药行": "yao hang", "米行": "mi hang",
    "布行": "bu hang", "茶行": "cha hang", "鱼行": "yu hang", "农商行": "nong shang hang", "行业": "hang ye",
    "长子县": "zhang zi xian", "收藏": "shou cang", "冷藏": "leng cang", "藏书": "cang shu", "藏品": "cang pin",
    "典藏": "dian cang", "珍藏": "zhen cang", "窖藏": "jiao cang",
}  # fmt: skip

# Found by counting hits in names: these arise across word borders (某某公司|长沙, 某某支行|东昌路) or are read otherwise
# in a name.
UNWANTED = {
    "乐工", "行东", "和药", "南乐", "民乐", "西乐", "消长", "调防", "九重", "卡子", "漯河", "长子", "绿林", "藏富",
    "藏医", "行货", "长大", "长成", "长房", "长官", "长进", "重建", "和面", "拓印", "上行", "成行", "外传", "小传",
    "立传", "古朴", "简朴", "素朴", "乐户", "盛菜", "省亲", "不了", "行当", "行市", "行帮", "射干", "参商", "全都",
    "南无", "将将", "军乐", "非得", "必得", "刨床",
}  # fmt: skip
RANKS_KEPT = {"成长", "增长", "生长", "家长", "校长", "店长", "助长", "滋长"}


def toneless(reading: str) -> str:
    """The reading without tone marks, ü written v as on a keyboard: `lǜ` → `lv`."""
    bare = unicodedata.normalize("NFD", unicodedata.normalize("NFC", reading).translate(_U_UMLAUT))
    return "".join(char for char in bare if not unicodedata.combining(char))


_U_UMLAUT = str.maketrans("üǖǘǚǜ", "vvvvv")


def simplified_pairs() -> dict[str, str]:
    """Every traditional character and its simplified one, by OpenCC, each on its own."""
    from opencc import OpenCC

    blocks = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0x20000, 0x323B0))
    chars = [chr(point) for block in blocks for point in block]
    # One character a line, so that OpenCC's phrases never join two of them.
    turned = OpenCC("t2s").convert("\n".join(chars)).split("\n")
    pairs = {a: b for a, b in zip(chars, turned, strict=True) if a != b and a not in OWN_SIMPLIFIED}
    return {a: pairs.get(b, b) for a, b in pairs.items()}


def readings() -> tuple[dict[str, str], dict[str, list[str]]]:
    """The usual reading of each character, and the phrases that are read otherwise."""
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

    single = {chr(point): toneless(text.split(",")[0]) for point, text in PINYIN_DICT.items()} | USUAL_READING
    known = {
        phrase: [toneless(options[0]) for options in syllables]
        for phrase, syllables in PHRASES_DICT.items()
        if len(phrase) in (2, 3) and len(syllables) == len(phrase) and not _unwanted(phrase)
    }
    known |= {phrase: text.split() for phrase, text in OWN_PHRASES.items()}
    phrases: dict[str, list[str]] = {}
    for phrase in sorted(known, key=len):  # short ones first: a longer one is kept only where it says more
        if _read(phrase, single, phrases) != known[phrase]:
            phrases[phrase] = known[phrase]
    return single, phrases


def _unwanted(phrase: str) -> bool:
    return phrase in UNWANTED or (len(phrase) == 2 and phrase[1] == "长" and phrase not in RANKS_KEPT)


def _read(text: str, single: dict[str, str], phrases: dict[str, list[str]]) -> list[str]:
    syllables, at = [], 0
    while at < len(text):
        piece = next((text[at : at + size] for size in (3, 2) if text[at : at + size] in phrases), text[at])
        syllables += phrases.get(piece) or [single.get(piece, piece)]
        at += len(piece)
    return syllables


def main() -> None:
    """Write both files."""
    pairs = simplified_pairs()
    _write(
        "simplified.json",
        {
            "source": f"OpenCC {version('OpenCC')} t2s, single characters",
            "traditional": "".join(pairs),
            "simplified": "".join(pairs.values()),
        },
    )
    single, phrases = readings()
    by_syllable: dict[str, str] = {}
    for char, syllable in single.items():
        by_syllable[syllable] = by_syllable.get(syllable, "") + char
    _write(
        "pinyin.json",
        {
            "source": f"pypinyin {version('pypinyin')}, usual readings, corrected for names of firms and places",
            "characters": dict(sorted(by_syllable.items())),
            "phrases": {phrase: " ".join(syllables) for phrase, syllables in phrases.items()},
        },
    )
    sys.stdout.write(f"{len(pairs)} simplified, {len(single)} readings, {len(phrases)} phrases\n")


def _write(name: str, content: dict) -> None:
    (DATA / name).write_text(json.dumps(content, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
