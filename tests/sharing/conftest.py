"""What the tests of shares and scopes have in common: rows of every kind, and roles made by hand."""

import datetime

import pytest
from django.utils import timezone

from customers.access import sharing
from customers.models import Customer
from permissions.actor import Actor, Door
from permissions.models import Membership, Role, RowScope, User

SOON = datetime.timedelta(days=10)


@pytest.fixture
def until():
    return timezone.localdate() + SOON


@pytest.fixture
def theirs(add_customer):
    """小陈's customer, whom 小林 does not see."""
    return add_customer(name="杭州西子电梯有限公司", owner="sales1", phone="13800138000")


@pytest.fixture
def share(actor, until):
    """share(customer, user or role, edit=False, by="sales1")."""

    def give(customer, *holders, edit=False, by="sales1", ends_on=None, reason="临时协助"):
        return sharing.share([customer], holders, ends_on=ends_on or until, reason=reason, by=actor(by), may_edit=edit)

    return give


@pytest.fixture
def member(ledger, departments):
    """member("甲", scopes=[("own", [])], without=[], rights=("view",)): a user with one role of his own; returns the user."""
    made = iter(range(1_000))

    def make(name, *, scopes=(), without=(), rights=("view",), department=None, sensitive=1):
        user = User.objects.create_user(f"u{name}", display_name=name, department=departments.get(department))
        role = Role.objects.create(
            ledger=ledger, code=f"R{next(made)}", name=f"角色{name}", rights=list(rights), sensitive_level=sensitive
        )
        RowScope.objects.bulk_create(RowScope(role=role, kind=kind, values=list(values)) for kind, values in scopes)
        RowScope.objects.bulk_create(
            RowScope(role=role, kind=kind, values=list(values), is_denied=True) for kind, values in without
        )
        Membership.objects.create(user=user, ledger=ledger, role=role)
        return user

    return make


@pytest.fixture
def sees(ledger):
    """sees(user): numbers of the customers that he sees today."""

    def look(user):
        actor = Actor.of(user, ledger.pk, Door.WEB)
        return set(Customer.objects.visible_to(actor).values_list("number", flat=True))

    return look
