"""The tables of the customers app, one module per topic."""

from .batches import ChangeBatch, Event
from .customer import Customer
from .lookups import Category, Tag
from .matching import IdentityClaim, MatchKey
from .numbering import ForeignNumber, NumberAlias, NumberCounter, NumberingRule
from .parts import PARTS, Address, BankAccount, Contact, CustomerTag, InvoiceProfile
from .shares import CustomerGroupShare, CustomerUserShare

__all__ = [
    "PARTS",
    "Address",
    "BankAccount",
    "Category",
    "ChangeBatch",
    "Contact",
    "Customer",
    "CustomerGroupShare",
    "CustomerTag",
    "CustomerUserShare",
    "Event",
    "ForeignNumber",
    "IdentityClaim",
    "InvoiceProfile",
    "MatchKey",
    "NumberAlias",
    "NumberCounter",
    "NumberingRule",
    "Tag",
]
