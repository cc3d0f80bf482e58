"""开票资料 of a customer on a day: which of them are in force, which one is meant when nobody says, and the text to hand on.

What lives here: reading. What does not: what a profile must hold (``rules.invoicing``, ``part_rules``) and writing it.
"""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from ..models import Customer, InvoiceProfile
from ..presenting import Presenter
from ..rules import invoicing
from ..rules.validity import in_force


def is_in_force(profile: InvoiceProfile, on: date) -> bool:
    return in_force(profile.starts_on, profile.ends_on, on)


def default_profile(profiles: Iterable[InvoiceProfile], on: date) -> InvoiceProfile | None:
    """The default profile if it is in force, else the first that is; None when none is."""
    valid = [each for each in profiles if is_in_force(each, on)]
    return next((each for each in valid if each.is_default), valid[0] if valid else None)


def text(profile: InvoiceProfile, customer: Customer, presenter: Presenter) -> str:
    """名称、税号、地址电话、开户行及账号 as they stand on an invoice, holding only what the presenter's reader may read whole."""

    def read(column: str) -> str:
        field = presenter.catalogue.get(f"invoice_profiles.{column}")
        if not presenter.actor.may_read(field.right_key):
            return ""
        value = getattr(profile, column)
        return presenter.tax_number(value, customer.uscc) if column == "tax_number" else value

    def together(*columns: str) -> str:
        return " ".join(filter(None, map(read, columns)))

    return invoicing.as_text(
        [
            (_("名称"), read("title")),
            (_("纳税人识别号"), read("tax_number")),
            (_("地址、电话"), together("address", "phone")),
            (_("开户行及账号"), together("bank_name", "account")),
        ]
    )
