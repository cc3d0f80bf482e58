"""What must always be true of customer data, asked set-based; each check names the first rows that break it.

What lives here: checks that only read. What does not: mending (``rebuild_match_keys``, ``rebuild_search``). Higher apps add
their own checks to ``CHECKS`` in AppConfig.ready.
"""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from django.db import connection, models
from django.db.models import Max, Min

from ledgers.models import Ledger
from permissions import duties
from permissions.logs import protection

from ..duplicates import storing
from ..models import ChangeBatch, Customer, CustomValue, IdentityClaim
from ..own.writing import OwnWriter
from ..search import index
from . import numbering
from .bulk import table
from .snapshots import PART_MODELS, load

Check = Callable[[int | None], Iterable[str]]
STEP = 1_000


def check_history(ledger_id: int | None = None) -> Iterator[str]:
    """I3: the newest history row of every live row equals it, and nothing removed looks alive in history."""
    for model in (Customer, *PART_MODELS.values()):
        yield from _history_of(model, ledger_id)


def check_installation(ledger_id: int | None = None) -> Iterator[str]:
    """L12: rows of the logs are kept by the database; nobody holds two duties or, under 三员分立, anything in a set."""
    yield from (f"L12 trigger {name} is missing" for name in protection.missing())
    yield from duties.faults()


def _history_of(model: type[models.Model], ledger_id: int | None) -> Iterator[str]:
    live, history = table(model), model.history.model._meta.db_table
    owner = "id" if model is Customer else "customer_id"
    newest = f"SELECT max(n.history_id) FROM {history} n WHERE n.{owner} = l.{owner} AND n.id = l.id"
    differs = " OR ".join(_differs(column) for column in live.columns.values())
    where = "" if ledger_id is None else f" AND l.ledger_id = {int(ledger_id)}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.id FROM {live.name} l LEFT JOIN {history} h ON h.history_id = ({newest}) "
            f"WHERE (h.history_id IS NULL OR h.history_type = '-' OR {differs}){where} LIMIT 5"
        )
        rows = [row[0] for row in cursor.fetchall()]
    if rows:
        yield f"I3 {live.name}: live row differs from its newest history row, ids {rows}"


def _differs(column: str) -> str:
    return f'l."{column}" IS DISTINCT FROM h."{column}"'


def check_numbers(ledger_id: int | None = None) -> Iterator[str]:
    """I2: the comparison key of every number is what the rule makes of the number."""
    rows = Customer.objects.all() if ledger_id is None else Customer.objects.of(ledger_id)
    for pk, number, key in rows.values_list("pk", "number", "number_key").iterator(chunk_size=5_000):
        if numbering.number_key(number) != key:
            yield f"I2 customer {pk}: number key {key!r} does not belong to {number!r}"
            return


def check_derived(ledger_id: int | None = None) -> Iterator[str]:
    """I8: match keys, claims and search text equal what the rows give when computed anew."""
    rows = Customer.objects.all() if ledger_id is None else Customer.objects.of(ledger_id)
    span = rows.aggregate(first=Min("pk"), last=Max("pk"))
    if span["first"] is None:
        return
    for start in range(span["first"], span["last"] + 1, STEP):
        ids = list(rows.filter(pk__gte=start, pk__lt=start + STEP).values_list("pk", flat=True))
        for fault in (_wrong_keys(ids), _wrong_claims(ids), _wrong_search(ids), _wrong_copies(ids)):
            if fault:
                yield fault
                return


def _wrong_keys(ids: list[int]) -> str:
    wrong = storing.first_wrong(list(load(ids).values()))
    return f"I8 customer {wrong}: match keys differ from the row" if wrong else ""


def _wrong_claims(ids: list[int]) -> str:
    wrong = IdentityClaim.objects.filter(customer_id__in=ids).exclude(value__iexact=models.F("customer__uscc")).first()
    return f"I8 customer {wrong.customer_id}: holds the claim {wrong.value}" if wrong else ""


def _wrong_search(ids: list[int]) -> str:
    writers: dict[int, OwnWriter] = {}
    for pk, (row, parts) in load(ids).items():
        own = writers.setdefault(row["ledger_id"], OwnWriter(Ledger(pk=row["ledger_id"])))
        # The text of a field that is just being indexed comes bit by bit.
        searched = [field for field in own.searchable if field.custom.is_indexed]
        if not index.holds(row["ledger_id"], pk, index.tokens_of(row, parts, searched)):
            return f"I8 customer {pk}: search text differs from the row"
    return ""


def _digits(number: Decimal | str | None) -> str | None:
    """A number to thirteen digits: SQLite keeps no more than fifteen."""
    return None if number is None else f"{Decimal(number):.12e}"


def _wrong_copies(ids: list[int]) -> str:
    """Copies of own fields' values, those of fields that are just being indexed apart."""
    writers: dict[int, OwnWriter] = {}
    stored: dict[int, set[tuple]] = {}
    rows = CustomValue.objects.filter(customer_id__in=ids, field__is_indexed=True)
    for field_id, pk, text, number, claim in rows.values_list("field_id", "customer_id", "text", "number", "claim"):
        stored.setdefault(pk, set()).add((field_id, text, _digits(number), claim))
    for pk, (row, _parts) in load(ids).items():
        own = writers.setdefault(row["ledger_id"], OwnWriter(Ledger(pk=row["ledger_id"])))
        due = {
            (field_id, text, _digits(number), claim)
            for key, value in (row["custom_values"] or {}).items()
            if key in own.fields and own.fields[key].custom.is_indexed
            for field_id, _pk, text, number, claim in own.records(pk, key, value)
        }
        if stored.get(pk, set()) != due:
            return f"I8 customer {pk}: copies of own fields differ from the row"
    return ""


def check_batches(ledger_id: int | None = None) -> Iterator[str]:
    """I1, the customers' side: a cancelled batch leaves no customer behind that nobody can see."""
    cancelled = ChangeBatch.objects.filter(state=ChangeBatch.State.CANCELLED).values("pk")
    stranded = Customer.objects.filter(created_batch_id__in=cancelled)
    if ledger_id is not None:
        stranded = stranded.filter(ledger_id=ledger_id)
    pk = stranded.values_list("pk", flat=True).first()
    if pk:
        yield f"I1 customer {pk}: belongs to a cancelled batch"


def check_engine(ledger_id: int | None = None) -> Iterator[str]:
    """I12: the database's own checks."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check(5)")
        yield from (f"I12 {row[0]}" for row in cursor.fetchall() if row[0] != "ok")
        cursor.execute("PRAGMA foreign_key_check")
        yield from (f"I12 foreign key broken in {row[0]} row {row[1]}" for row in cursor.fetchmany(5))


CHECKS: list[Check] = [check_batches, check_numbers, check_history, check_derived, check_engine, check_installation]


def broken(ledger_id: int | None = None) -> Iterator[str]:
    """Every broken invariant, in words; none when all is well."""
    for check in CHECKS:
        yield from check(ledger_id)
