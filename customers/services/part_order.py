"""Which row of a part comes first, and so stands for the part where only one can be shown: in a list, a file, a flat field.

What lives here: the orders, as arguments of ``order_by``. What does not: marking a row as the primary one (``writing``).
"""

from datetime import date

from django.db.models import Case, F, IntegerField, Q, Value, When
from django.utils import timezone

from .snapshots import PART_MODELS


def first_rows(part: str, on: date | None = None) -> tuple:
    """The order of a part's rows on a day (today): the marked row leads, where rows are marked.

    Of invoice profiles only one in force can be meant; of former names the last one is.
    """
    if part == "invoice_profiles":
        day = on or timezone.localdate()
        over = Q(ends_on__lt=day) | Q(starts_on__gt=day)
        return (Case(When(over, then=Value(1)), default=Value(0), output_field=IntegerField()), "-is_default", "pk")
    if part == "former_names":
        return (F("until_on").desc(nulls_last=True), "-pk")
    return tuple(PART_MODELS[part]._meta.ordering) or ("pk",)
