"""The tables of the customers app, one module per topic."""

from .assignments import Assignment
from .batches import ChangeBatch, Event
from .customer import Customer
from .fields import ChoiceSet, CustomField, CustomValue, EntryTemplate, FieldSetting, StoredFile, ValidationRule
from .lookups import Category, SalesRegion, Tag
from .matching import DuplicatePair, IdentityClaim, MatchKey, MatchProfile
from .numbering import (
    ForeignNumber,
    NumberAlias,
    NumberCounter,
    NumberGap,
    NumberingRule,
    NumberReservation,
    Renumbering,
    RenumberingChunk,
)
from .parts import (
    PARTS,
    Address,
    BankAccount,
    Block,
    Contact,
    CustomerTag,
    FormerName,
    InvoiceProfile,
    Licence,
)
from .shares import CustomerGroupShare, CustomerUserShare
from .transfers import Transfer

__all__ = [
    "PARTS",
    "Address",
    "Assignment",
    "BankAccount",
    "Block",
    "Category",
    "ChangeBatch",
    "ChoiceSet",
    "Contact",
    "CustomField",
    "CustomValue",
    "Customer",
    "CustomerGroupShare",
    "CustomerTag",
    "CustomerUserShare",
    "DuplicatePair",
    "EntryTemplate",
    "Event",
    "FieldSetting",
    "ForeignNumber",
    "FormerName",
    "IdentityClaim",
    "InvoiceProfile",
    "Licence",
    "MatchKey",
    "MatchProfile",
    "NumberAlias",
    "NumberCounter",
    "NumberGap",
    "NumberReservation",
    "NumberingRule",
    "Renumbering",
    "RenumberingChunk",
    "SalesRegion",
    "StoredFile",
    "Tag",
    "Transfer",
    "ValidationRule",
]
