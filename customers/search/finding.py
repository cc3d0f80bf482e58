"""What the search box finds: words to a condition, each in every kind of text that its reader sees whole.

What lives here: which kinds a word is looked for in, and how the answer is asked of the database. What does not: cutting texts
(``grams``), the tables (``index``), pages and order (``listing``).

A rare word is answered by the ids that the index gives; a common one (more than ``CANDIDATES`` rows) is tested row by row while
the list is walked in its order, which ends after a page. So neither costs what the table is large.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import and_

from django.db.models import Exists, OuterRef, Q

from permissions.actor import Actor

from ..duplicates import exact
from ..fields import RIGHTS_OF_MATCH
from ..models import CustomField, ForeignNumber, FormerName, MatchKey, NumberAlias
from ..rules import identifiers
from ..rules.text import fold
from ..services import numbering
from . import grams, index

CANDIDATES = 2_000
WORDS = 6
# Stand beside the name in the same kind of token.
_NAMES = ("short_name", "english_name")

# 138 0013 8000 is one word, as nobody writes it who does not mean a telephone.
_is_one_number = re.compile(r"\+?[0-9][0-9\s()（）-]{6,}").fullmatch


@dataclass(frozen=True)
class Search:
    """The condition of a text, and whether more than CANDIDATES customers of the set meet it."""

    condition: Q
    is_common: bool = False


def search(text: str, actor: Actor) -> Search:
    """The rows that have all of these words; none for a text without letters or digits."""
    words = ["".join(text.split())] if _is_one_number(text) else text.split()[:WORDS]
    own = _own_fields(actor)
    found = [_word(word, actor, own) for word in words] or [Search(Q(pk__in=[]))]
    return Search(reduce(and_, (each.condition for each in found)), len(found) == 1 and found[0].is_common)


def _own_fields(actor: Actor) -> list[int]:
    """Fields of the set's own that are searched and that the actor reads whole."""
    fields = CustomField.objects.filter(
        ledger_id=actor.ledger_id,
        state=CustomField.State.ACTIVE,
        is_searchable=True,
        is_sensitive=False,
        is_indexed=True,
    )
    return [pk for pk, key in fields.values_list("pk", "key") if actor.may_read(key)]


def _word(word: str, actor: Actor, own: list[int]) -> Search:
    folded = fold(word)
    if not folded:
        return Search(Q(pk__in=[]))
    sets = [tokens for tokens in _token_sets(word, folded, actor, own) if tokens]
    found = _having(actor.ledger_id, sets, set(_ids(word, actor)))
    for tokens, check in _checked_sets(word, folded, actor):
        partly = _having(actor.ledger_id, [tokens])
        found = Search(found.condition | (partly.condition & check), found.is_common or partly.is_common)
    return found


def _having(ledger_id: int, sets: list[set[str]], ids: Iterable[int] = ()) -> Search:
    """Whose text has all tokens of one of the sets, and these customers besides."""
    few = index.candidates(ledger_id, sets, CANDIDATES) if sets else []
    if few is not None:
        return Search(Q(pk__in=sorted({*few, *ids})))
    common = Q(index.row_has(ledger_id, sets))
    return Search(common | Q(pk__in=ids) if ids else common, is_common=True)


def _checked_sets(word: str, folded: str, actor: Actor) -> Iterable[tuple[set[str], Q]]:
    """Kinds of text that hold several fields, of which the actor reads only the first: the word must stand in that one."""
    if actor.may_read("name") and not _reads(actor, *_NAMES):
        former = FormerName.objects.filter(customer_id=OuterRef("pk"), name_key__contains=folded)
        if tokens := grams.query_grams(grams.NAME, folded):
            yield tokens, Q(name_key__contains=folded) | Exists(former)
    number = numbering.number_key(word)
    tokens = grams.query_grams(grams.NUMBER, number) if number.isascii() else None
    if tokens and actor.may_read("number") and not actor.may_read("uscc"):
        yield tokens, Q(number_key__contains=number)


def _reads(actor: Actor, *keys: str) -> bool:
    return all(actor.may_read(key) for key in keys)


def may_look_up(actor: Actor, kind: str) -> bool:
    """Whether the actor reads every field that a value of this kind (phone, email …) may have come from."""
    return _reads(actor, *RIGHTS_OF_MATCH.get(kind, ()))


def _token_sets(word: str, folded: str, actor: Actor, own: list[int]) -> Iterable[set[str]]:
    """A set of tokens for each kind of text that could hold the word and that the actor reads whole."""
    if _reads(actor, "name", *_NAMES):
        yield grams.query_grams(grams.NAME, folded)
    if _reads(actor, "name", "mnemonic_code") and folded.isascii() and folded.isalnum():
        yield grams.query_grams(grams.PINYIN, folded)
    if _reads(actor, "number", "uscc"):
        number = numbering.number_key(word)
        if number.isascii():
            yield grams.query_grams(grams.NUMBER, number)
    if actor.may_read("contacts.name"):
        yield grams.query_grams(grams.CONTACT, folded)
    if actor.may_read("address"):
        yield grams.query_grams(grams.ADDRESS, folded)
    for field_id in own:
        yield grams.query_grams(grams.own_kind(field_id), folded)
    digits = _phone_digits(word, actor)
    if len(digits) in (4, 8):
        yield {index.tail_token(digits)}


def _ids(word: str, actor: Actor) -> Iterable[int]:
    """Customers found by a whole value: a former number, one of another system, a phone, an e-mail address."""
    ledger = actor.ledger_id
    if actor.may_read("number"):
        aliases = NumberAlias.objects.filter(ledger_id=ledger, number_key=numbering.number_key(word))
        yield from aliases.exclude(customer=None).values_list("customer_id", flat=True)
        if actor.may_read("foreign_numbers.number"):
            foreign = ForeignNumber.objects.filter(ledger_id=ledger, number_key=numbering.number_key(word))
            yield from foreign.values_list("customer_id", flat=True)[:CANDIDATES]
    if len(_phone_digits(word, actor)) > 4:
        checked = identifiers.phone(word)
        if checked.problem is None or checked.problem.severity != "error":
            yield from having_value(ledger, "phone", checked.value)
    if "@" in word and may_look_up(actor, "email"):
        yield from having_value(ledger, "email", word)


def having_value(ledger_id: int, kind: str, value: str) -> list[int]:
    """Ids of customers that have this value, through its match key; at most CANDIDATES."""
    key = exact.key_of(ledger_id, kind, value)
    return list(MatchKey.objects.filter(key=key).values_list("customer_id", flat=True)[:CANDIDATES])


def _phone_digits(word: str, actor: Actor) -> str:
    """The digits of what may be a telephone number, "" for anything else or a reader of masked ones."""
    if not may_look_up(actor, "phone"):
        return ""
    digits = "".join(character for character in word if character.isdecimal())
    return digits if len(digits) >= 4 and len(digits) >= len(word) - 4 else ""
