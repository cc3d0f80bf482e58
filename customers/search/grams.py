"""Texts to search tokens, and queries to the tokens they need.

What lives here: pure text work. What does not: the tables (``index``) and who may search what (``listing``).

A token is ``<kind><gram>``: Chinese (and mixed) text gives every character and every pair of neighbours, so a substring
is found from one character on; plain letters and digits give runs of three, numbers runs of four. Kinds keep what a
reader may not see out of his search: a query is made of tokens of the kinds that he reads unmasked.
"""

from collections.abc import Iterable

NAME, NUMBER, PINYIN, CONTACT, ADDRESS, PHONE = "n", "c", "p", "k", "a", "t"

_WIDTH = {NAME: 2, CONTACT: 2, ADDRESS: 2, PINYIN: 3, NUMBER: 4}
_OWN_WIDTH = 2


def own_kind(field_id: int) -> str:
    """The kind of texts of one of a set's own fields."""
    return f"x{field_id}."


def grams(kind: str, folded: str) -> set[str]:
    """Tokens that a stored text (already folded) is found by."""
    width = _WIDTH.get(kind, _OWN_WIDTH)
    if width == 2:
        found = {kind + folded[i : i + 2] for i in range(len(folded) - 1)}
        if kind == NAME or len(folded) == 1:
            # Single characters for names only: they would double the index, and nobody looks for one letter of a street.
            found.update(kind + character for character in folded)
        return found
    if not folded:
        return set()
    if len(folded) <= width:
        return _prefixes(kind, folded, width)
    found = {kind + folded[i : i + width] for i in range(len(folded) - width + 1)}
    return found | _prefixes(kind, folded, width)


def _prefixes(kind: str, folded: str, width: int) -> set[str]:
    """``^`` marks the beginning: shorter queries of letters and digits are answered as beginnings."""
    return {f"{kind}^{folded[:length]}" for length in range(1, min(width, len(folded) + 1))} | (
        {kind + folded} if len(folded) == width else set()
    )


def query_grams(kind: str, folded: str) -> set[str]:
    """Tokens that a text containing ``folded`` must all have; empty when the kind cannot answer such a query."""
    width = _WIDTH.get(kind, _OWN_WIDTH)
    if not folded:
        return set()
    if width == 2:
        if len(folded) == 1:
            return {kind + folded} if kind == NAME else set()
        return {kind + folded[i : i + 2] for i in range(len(folded) - 1)}
    if len(folded) < width:
        return {f"{kind}^{folded}"}
    return {kind + folded[i : i + width] for i in range(len(folded) - width + 1)}


def document(texts: Iterable[tuple[str, str]]) -> set[str]:
    """All tokens of a customer, from (kind, folded text) pairs."""
    tokens: set[str] = set()
    for kind, text in texts:
        tokens |= grams(kind, text)
    return tokens
