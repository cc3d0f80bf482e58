"""职责分离: a forbidden pair cannot be given by any door of rights, an exception ends, and everybody's conflicts are one list."""

from datetime import timedelta

import pytest
from django.utils import timezone

from erp_site.shared.errors import BusinessError
from ledgers.access import departments as department_roles
from ledgers.access import exceptions, keeping
from ledgers.access.life import duties
from ledgers.services import members
from permissions.models import DutyException, DutyRule, Membership, Override, RightChange, Role, User
from permissions.rights import Right

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule(ledger, users):
    """Who enters must not approve."""
    return duties.set_rule(ledger, Right.APPROVE, Right.ADD, is_forbidden=True, by=users["manager"])


@pytest.fixture
def reviewer(ledger):
    return ledger.roles.get(code="reviewer")


def refused(act):
    with pytest.raises(BusinessError) as caught:
        act()
    assert caught.value.code == "duties.conflict"
    return caught.value


def test_a_pair_has_one_rule_whichever_comes_first(ledger, users, rule):
    again = duties.set_rule(ledger, Right.ADD, Right.APPROVE, is_forbidden=False, by=users["manager"])
    assert again.pk == rule.pk and not again.is_forbidden and DutyRule.objects.count() == 1
    with pytest.raises(BusinessError):
        duties.set_rule(ledger, Right.ADD, Right.ADD, is_forbidden=True, by=users["manager"])


def test_what_rights_would_break(ledger, rule):
    assert duties.conflicts_of(ledger, {"add", "approve", "view"}) == [rule]
    assert duties.conflicts_of(ledger, {"add", "view"}) == []


def test_no_door_gives_a_forbidden_pair(ledger, users, departments, rule, reviewer):
    boss, seller = users["manager"], users["sales1"]
    problem = refused(lambda: members.add_member(ledger, seller, "reviewer", by=boss))
    assert "小陈" in problem.message and "新增 / 审批" in problem.message
    refused(
        lambda: exceptions.give(
            ledger, seller, kind=Override.Kind.RIGHT, key="approve", is_denied=False, reason="代班", by=boss
        )
    )
    refused(lambda: department_roles.give(ledger, departments["D12"], reviewer, by=boss))

    def widen():
        with keeping.watched(ledger, by=boss):
            Role.objects.filter(ledger=ledger, code="sales").update(rights=["view", "add", "edit", "approve"])

    refused(widen)
    assert Membership.objects.filter(user=seller).count() == 1
    assert not Override.objects.exists()
    assert "approve" not in Role.objects.get(ledger=ledger, code="sales").rights


def test_a_right_that_begins_later_is_weighed_now(ledger, users, rule):
    start = timezone.localdate() + timedelta(days=30)
    refused(lambda: members.add_member(ledger, users["sales1"], "reviewer", by=users["manager"], starts_on=start))


def test_a_prohibition_makes_no_conflict(ledger, users, rule):
    exceptions.give(
        ledger,
        users["sales1"],
        kind=Override.Kind.RIGHT,
        key="approve",
        is_denied=True,
        reason="分离",
        by=users["manager"],
    )
    members.add_member(ledger, users["sales1"], "reviewer", by=users["manager"])


def test_what_was_there_before_stays_and_is_listed(ledger, users, rule):
    found = {each.user.username: each for each in duties.conflicts(ledger)}
    assert set(found) == {"manager", "supervisor"}
    assert found["supervisor"].state == "forbidden" and "销售主管" in found["supervisor"].sources[0]
    members.add_member(ledger, users["supervisor"], "viewer", by=users["manager"])


def test_an_exception_opens_the_door_until_its_day(ledger, users, rule):
    boss, seller = users["manager"], users["sales1"]
    until = timezone.localdate() + timedelta(days=10)
    duties.allow(rule, seller, ends_on=until, reason="主管休假", by=boss)
    members.add_member(ledger, seller, "reviewer", by=boss)
    states = {each.user.username: each.state for each in duties.conflicts(ledger)}
    assert states["sales1"] == "allowed"
    later = {each.user.username: each.state for each in duties.conflicts(ledger, on=until + timedelta(days=1))}
    assert later["sales1"] == "ended"
    kinds = set(RightChange.objects.filter(user=seller).values_list("kind", flat=True))
    assert {"duty_exception", "member_added"} <= kinds


def test_an_exception_is_given_by_somebody_else_for_a_reason(ledger, users, rule):
    today = timezone.localdate()
    for person, reason, day in (
        ("manager", "有事", today),
        ("sales1", " ", today),
        ("sales1", "有事", today - timedelta(1)),
    ):
        with pytest.raises(BusinessError):
            duties.allow(rule, users[person], ends_on=day, reason=reason, by=users["manager"])
    assert not DutyException.objects.exists()


def test_a_warning_lets_pass_and_tells(ledger, users, rule):
    duties.set_rule(ledger, Right.ADD, Right.APPROVE, is_forbidden=False, by=users["manager"])
    with duties.watched(ledger) as found:
        members.add_member(ledger, users["sales1"], "reviewer", by=users["manager"])
    assert "小陈" in duties.warning(found)


def test_templates_are_added_once(ledger, users):
    assert duties.add_templates(ledger, by=users["manager"]) == len(duties.TEMPLATES)
    assert duties.add_templates(ledger, by=users["manager"]) == 0


def test_the_list_costs_the_same_for_many(ledger, users, rule, django_assert_max_num_queries):
    role = ledger.roles.get(code="supervisor")
    people = User.objects.bulk_create([User(username=f"many{index}") for index in range(400)])
    Membership.objects.bulk_create([Membership(user=each, ledger=ledger, role=role) for each in people])
    with django_assert_max_num_queries(14):
        assert len(duties.conflicts(ledger)) == 402
