"""Tables: the organisation, roles of account sets, and what was given to whom.

What lives here: tables. What does not: the questions asked of them (``permissions.actor``), how values are masked (``masking``).
"""

from .given import Dated, DatedQuerySet, Delegation, DepartmentRole, Membership, Override
from .logins import LoginGuard
from .organisation import Company, Department, Position, User
from .roles import FieldRule, Role, RowScope

__all__ = [
    "Company",
    "Dated",
    "DatedQuerySet",
    "Delegation",
    "Department",
    "DepartmentRole",
    "FieldRule",
    "LoginGuard",
    "Membership",
    "Override",
    "Position",
    "Role",
    "RowScope",
    "User",
]
