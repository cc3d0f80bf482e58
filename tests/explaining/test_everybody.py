"""Everybody's rights read at once are the same as each one's read alone, in as many queries for three people as for thirty."""

import pytest

from permissions import everybody
from permissions.actor import Actor, Door
from permissions.models import Delegation, DepartmentRole, Membership, Override, Role, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def organisation(ledger, users, departments, make_role, give, days):
    """Something of everything: superior roles, departments' roles, exceptions, delegations, days, people switched off."""
    above = make_role("above", rights=["print"], scopes=[("all", [])], name="上级")
    below = make_role("below", rights=["view"], parent=above, denied_scopes=[("own", [])], name="下级")
    tree = make_role("tree", rights=["view"], scopes=[("department_tree", [])], denied=["export"])
    off = make_role("off", rights=["merge"], is_active=False)
    give("sales1", below)
    give("sales2", tree, starts_on=days(1))
    give("finance", off)
    DepartmentRole.objects.create(ledger=ledger, department=departments["D1"], role=tree, with_below=True)
    DepartmentRole.objects.create(ledger=ledger, department=departments["D20"], role=below, with_below=False)
    for kind, key, is_denied in (("right", "export", True), ("right", "approve", False), ("field", "phone", True)):
        Override.objects.create(user=users["sales1"], ledger=ledger, kind=kind, key=key, is_denied=is_denied, level=1)
    for delegator, delegate in (("sales1", "sales2"), ("manager", "outsider"), ("outsider", "viewer")):
        Delegation.objects.create(
            ledger=ledger, delegator=users[delegator], delegate=users[delegate], rights=["view"], ends_on=days(3)
        )
    User.objects.filter(username="service").update(is_active=False)


def test_everybody_is_read_as_each_one_is_alone(ledger, users, organisation):
    found = {actor.user.username: actor for actor in everybody.actors_of(ledger.pk)}
    for username, user in users.items():
        user.refresh_from_db()
        alone = Actor.of(user, ledger.pk, Door.WEB)
        assert alone.is_member == (username in found), username
        if alone.is_member:
            assert found[username] == alone, username


def test_the_number_of_people_costs_no_queries(ledger, departments, organisation, django_assert_num_queries):
    def asked() -> int:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(
            connection,
        ) as queries:
            everybody.actors_of(ledger.pk)
        return len(queries)

    few, role = asked(), Role.objects.get(ledger=ledger, code="sales")
    for number in range(30):
        user = User.objects.create(username=f"more{number}", department=departments["D12"])
        Membership.objects.create(ledger=ledger, user=user, role=role)
    assert asked() == few


def test_only_some_can_be_asked_for(ledger, users, organisation):
    only = [users["sales2"].pk, users["manager"].pk]
    found = everybody.actors_of(ledger.pk, only=only)
    assert [actor.user.username for actor in found] == ["manager", "sales2"]
    assert found[1] == Actor.of(users["sales2"], ledger.pk, Door.WEB)


def test_holders_of_a_right_are_told_by_what_decides(ledger, users, organisation):
    Override.objects.create(user=users["manager"], ledger=ledger, kind="right", key="members", is_denied=True)
    assert everybody.holders(ledger.pk, "members") == []
