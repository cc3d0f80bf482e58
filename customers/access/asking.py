"""Which customer somebody means who asks about one by number or name.

What lives here: finding him among those about whom the reader may ask. A customer whom the reader does not see is not found, exactly like one
that does not exist.
"""

from .. import listing, sealed
from ..fields import Catalogue
from ..listing import ListQuery
from ..models import Customer
from ..services import lookup
from ..services.numbering import number_key
from .reasons import askable

_FOUND = 8


def by_pk(reader, pk: str) -> Customer | None:
    """The customer of a link on these pages."""
    usable = pk.isdecimal() and len(pk) < 19
    return _rows(reader).filter(pk=int(pk)).first() if usable else None


def by_text(reader, text: str, catalogue: Catalogue) -> list[Customer]:
    """Whom a number means, else whose name a search finds; eight at most. Texts that look like a telephone are numbers or nothing."""
    found = [each.customer.pk for each in lookup.by_number(text, reader)]
    if not found and reader.may_read("number"):
        found = list(askable(reader).filter(number_key=number_key(text)).values_list("pk", flat=True)[:_FOUND])
    if not found and not sealed.is_private(text):
        rows = listing.rows(ListQuery(text=text), catalogue, reader)
        found = list(rows.order_by("-id").values_list("pk", flat=True)[:_FOUND])
    return list(_rows(reader).filter(pk__in=found).order_by("pk"))


def _rows(reader):
    return askable(reader).select_related("ledger", "created_batch", "department")
