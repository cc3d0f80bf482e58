"""What the tests of explanations share: giving rights by hand."""

import datetime

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from customers.models import CustomerGroupShare, CustomerUserShare
from permissions.models import Membership, Role, RowScope


@pytest.fixture
def role_of(ledger):
    return lambda code: Role.objects.get(ledger=ledger, code=code)


@pytest.fixture
def make_role(ledger):
    """make_role("east", rights=["view"], scopes=[("provinces", ["浙江省"])]): a role of the set."""

    def make(code, *, rights=("view",), scopes=(), denied_scopes=(), **more):
        role = Role.objects.create(ledger=ledger, code=code, name=more.pop("name", code), rights=list(rights), **more)
        for is_denied, given in ((False, scopes), (True, denied_scopes)):
            for kind, values in given:
                RowScope.objects.create(role=role, kind=kind, values=list(values), is_denied=is_denied)
        return role

    return make


@pytest.fixture
def give(ledger, users):
    """give("sales1", role, **days): a membership."""
    return lambda who, role, **days: Membership.objects.create(ledger=ledger, user=users[who], role=role, **days)


@pytest.fixture
def share(users):
    """share(customer, "sales2", ends_on=…), or with a role."""

    def lend(customer, to, ends_on=None):
        permission = Permission.objects.get(codename="view_customer")
        if isinstance(to, str):
            return CustomerUserShare.objects.create(
                user=users[to], permission=permission, content_object=customer, ends_on=ends_on
            )
        to.group = to.group or Group.objects.create(name=f"role-{to.pk}")
        to.save()
        return CustomerGroupShare.objects.create(
            group=to.group, permission=permission, content_object=customer, ends_on=ends_on
        )

    return lend


@pytest.fixture
def days():
    """days(-1): yesterday."""
    return lambda count: timezone.localdate() + datetime.timedelta(days=count)
