"""What the kind of a customer says of his other particulars: which codes fit it, and what one would expect to know of him.

Lives here: the kinds' own rules, by the values of `Customer.Kind`. Not here: what a set *requires* of a kind (its rule book), and
the codes themselves (`tax_codes.py`).
"""

# kind → how its unified credit code may begin (register and kind of body); a kind without a row may have any.
_STARTS: dict[str, tuple[str, ...]] = {
    "company": ("91", "93"),
    "sole_trader": ("92",),
    "public": ("1", "2", "4", "5", "6", "7", "8", "A", "N"),
}
# What is worth filling in, beside what the set requires; the first of a tuple stands for it when none is there.
_HINTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "company": (("uscc",), ("legal_person",), ("address",), ("contact",), ("phone", "mobile")),
    "sole_trader": (("uscc",), ("legal_person",), ("phone", "mobile")),
    "public": (("uscc",), ("address",), ("contact",), ("phone", "mobile")),
    "person": (("id_number",), ("mobile", "phone"), ("address",)),
    "overseas": (("english_name",), ("tax_number",), ("address",), ("contact",), ("email", "phone", "mobile")),
    "partner": (("contact",), ("phone", "mobile")),
}


def fits(kind: str, uscc: str) -> bool:
    """Whether a credit code may belong to a customer of this kind."""
    return kind not in _STARTS or uscc.startswith(_STARTS[kind])


def kind_of(uscc: str) -> str:
    """The kind that a credit code speaks for: "company", "sole_trader", "public" or, for offices of many kinds, ""."""
    return next((kind for kind, starts in _STARTS.items() if uscc.startswith(starts)), "")


def hints(kind: str) -> tuple[tuple[str, ...], ...]:
    """Groups of catalogue keys of which one would expect at least one to be filled in."""
    return _HINTS.get(kind, ())
