"""Text as nobody would wish it, for the properties that every rule keeps."""

from hypothesis import strategies as st

_TELLING = (
    "0123456789０１８-－+＋ \t\n\u3000\xa0\u200b\u200d\u202e\ufeff\x00\x07().,，。/、;@:%％￥$万元亿美年月日号转"
    "ABCEKXabexhtp有限公司重庆\u0301\u0308豈ﬁ①㍿👨👩\U000e0100"
)

# Any code point at all, lone surrogates and unassigned ones with it, mixed with those that the rules look for.
anything = st.text(
    alphabet=st.one_of(st.sampled_from(_TELLING), st.characters(exclude_categories=())), max_size=40
)  # fmt: skip
telling = st.text(alphabet=st.sampled_from(_TELLING), max_size=24)
messy = st.one_of(telling, anything)


def full_width(text: str) -> str:
    """ASCII as a Chinese keyboard in full-width mode types it."""
    return "".join(
        chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else "\u3000" if char == " " else char for char in text
    )
