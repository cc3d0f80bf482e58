"""Text as it is stored, and text as it is compared.

Lives here: cleaning (`clean_text`, `clean_lines`), the folded form by which everything is compared and searched
(`fold`), characters that no database takes (`has_forbidden`), and the private-use leftovers of GB 18030.
Not here: names taken apart (`names.py`), pinyin (`pinyin.py`), codes and numbers (`identifiers.py`).
"""

import json
import re
import unicodedata
from functools import cache
from pathlib import Path

# --- cleaning -----------------------------------------------------------------------------------------------------

# Controls but NUL (has_forbidden tells of that one: it means a damaged file), zero-width characters, bidi controls,
# soft hyphen, interlinear annotation, tags. ZWJ (200d) is judged apart: it holds family and profession emoji together.
_INVISIBLE = (
    "\x01-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0001\U000e0020-\U000e007f"
)
_ODD_WHITE = (
    "\t\n\x0b\x0c\r\x1c-\x1f\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u115f\u1160\u3164\uffa0"
)
_EMOJI = "\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff"

_remove = re.compile(f"[{_INVISIBLE}]+|(?<![{_EMOJI}])\u200d+|\u200d+(?![{_EMOJI}])").sub
_collapse = re.compile(f"[ {_ODD_WHITE}]+").sub
# One look decides whether a cell needs any work at all; nearly none does.
_needs_work = re.compile(f"[{_INVISIBLE}\u200d{_ODD_WHITE}]|^ | $|  ").search
# NFC would turn 豈 (U+F900) into 豈 (U+8C48); a name is stored as its owner writes it.
_split_compatibility = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)").split


def clean_text(text: str) -> str:
    """One line of text as it is stored: NFC, no invisible characters, white space collapsed to single spaces.

    Changes no visible character; never raises. NUL and lone surrogates stay for `has_forbidden` to find.
    """
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = _nfc(text)
    if _needs_work(text):
        text = _collapse(" ", _nfc(_remove("", _remove("", text)))).strip(" ")
    return text


def clean_lines(text: str) -> str:
    """`clean_text` line by line, for fields of several lines; at most one empty line in a row is kept."""
    lines = [clean_text(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _nfc(text: str) -> str:
    pieces = _split_compatibility(text)
    pieces[::2] = (unicodedata.normalize("NFC", piece) for piece in pieces[::2])
    return "".join(pieces)


_forbidden = re.compile("[\x00\ud800-\udfff]").search


def has_forbidden(text: str) -> bool:
    """Whether the text holds NUL or a lone surrogate, which no database stores."""
    return _forbidden(text) is not None


# --- private use --------------------------------------------------------------------------------------------------

# The 24 characters that GB 18030-2000 left in the private use area and the later editions moved to Unicode, and the
# two (ḿ ǹ) that the 2005 edition moved first. Python's gb18030 codec still follows the old table.
_PUA = {
    "\ue78d": "\ufe10", "\ue78e": "\ufe12", "\ue78f": "\ufe11", "\ue790": "\ufe13", "\ue791": "\ufe14",
    "\ue792": "\ufe15", "\ue793": "\ufe16", "\ue794": "\ufe17", "\ue795": "\ufe18", "\ue796": "\ufe19",
    "\ue816": "\U00020087", "\ue817": "\U00020089", "\ue818": "\U000200cc", "\ue81e": "\u9fb4", "\ue826": "\u9fb5",
    "\ue82b": "\u9fb6", "\ue82c": "\u9fb7", "\ue831": "\U000215d7", "\ue832": "\u9fb8", "\ue83b": "\U0002298f",
    "\ue843": "\u9fb9", "\ue854": "\u9fba", "\ue855": "\U000241fe", "\ue864": "\u9fbb",
    "\ue7c7": "\u1e3f", "\ue7c8": "\u01f9",
}  # fmt: skip
_PUA_TABLE = str.maketrans(_PUA)
_has_pua = re.compile("[\ue78d-\ue864]").search


def pua_to_unicode(text: str) -> str:
    """The text with GB 18030's private-use code points replaced by the Unicode characters they now have."""
    return text.translate(_PUA_TABLE) if _has_pua(text) else text


# --- comparing ----------------------------------------------------------------------------------------------------


@cache
def simplified_of() -> dict[str, str]:
    """Traditional character → simplified one (single characters; see `build_tables.py`)."""
    table = json.loads(Path(__file__).with_name("data").joinpath("simplified.json").read_text("utf-8"))
    return dict(zip(table["traditional"], table["simplified"], strict=True))


class _FoldTable(dict):
    """Code point → folded text, worked out the first time a character is met."""

    def __missing__(self, point: int) -> str | None:
        folded = _fold_char(chr(point))
        if point < 0x34000:  # no more than the planes that hold writing: private planes must not fill the memory
            self[point] = folded
        return folded


def _fold_char(char: str) -> str | None:
    char = _PUA.get(char, char)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).casefold())
    simplified = simplified_of()
    return "".join(simplified.get(each, each) for each in folded if not _dropped(each)) or None


def _dropped(char: str) -> bool:
    """Spaces, punctuation, brackets, controls, spacing accents and variation selectors say nothing in a comparison."""
    category = unicodedata.category(char)
    return (
        category[0] in "PZ"
        or category in ("Cc", "Cf", "Sk")
        or "\ufe00" <= char <= "\ufe0f"
        or "\U000e0100" <= char <= "\U000e01ef"
    )


_FOLD = _FoldTable()


def fold(text: str) -> str:
    """The text for comparing and searching: NFKC, lower case, simplified, without spaces, punctuation and brackets.

    Idempotent; "" when nothing but punctuation is left.
    """
    folded = text.translate(_FOLD)
    # Only combining marks make the whole differ from the sum of its characters; they are rare in names.
    while not folded.isascii() and not unicodedata.is_normalized("NFKC", folded):
        folded = unicodedata.normalize("NFKC", folded).translate(_FOLD)
    return folded
