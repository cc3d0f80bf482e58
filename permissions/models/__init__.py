"""Tables: the organisation, roles of account sets, and what was given to whom.

What lives here: tables. What does not: the questions asked of them (``permissions.actor``), how values are masked (``masking``).
"""

from .given import Dated, DatedQuerySet, Delegation, DepartmentRole, Membership, Override
from .installation import Installation
from .life import DutyException, DutyRule, Review, ReviewLine, RightRequest
from .logins import LoginGuard
from .logs import AccessRecord, LoginRecord, RightChange
from .organisation import Company, Department, Duty, Position, User
from .roles import FieldRule, Role, RowScope

__all__ = [
    "AccessRecord",
    "Company",
    "Dated",
    "DatedQuerySet",
    "Delegation",
    "Department",
    "DepartmentRole",
    "Duty",
    "DutyException",
    "DutyRule",
    "FieldRule",
    "Installation",
    "LoginGuard",
    "LoginRecord",
    "Membership",
    "Override",
    "Position",
    "Review",
    "ReviewLine",
    "RightChange",
    "RightRequest",
    "Role",
    "RowScope",
    "User",
]
