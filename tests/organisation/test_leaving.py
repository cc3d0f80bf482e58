"""离职: the login and the memberships end, subordinates and posts pass on; a later day waits; and coming back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from erp_site.shared.errors import BusinessError, NotAllowed
from ledgers.models import LedgerEvent
from ledgers.services import members
from permissions.models import Department, Membership, User
from permissions.organisation import leaving

pytestmark = pytest.mark.django_db


def fresh(username: str) -> User:
    return User.objects.get(username=username)


@pytest.fixture
def team(users, departments_there):
    """老李 heads 销售一部 and is 小陈's superior; his own is 张主管."""
    User.objects.filter(username="sales1").update(superior=users["supervisor"])
    User.objects.filter(username="supervisor").update(superior=users["manager"])
    Department.objects.filter(code="D11").update(head=users["supervisor"])
    return users


def leave(person: User, by: User, **values):
    values.setdefault("on", timezone.localdate())
    return leaving.leave(person, **values, by=by)


def test_the_login_ends_at_the_next_request_and_memberships_end(keeper, team, ledger, client_of):
    browser = client_of("sales1")
    assert browser.get("/l/HZ01/").status_code == 200
    leave(team["sales1"], keeper)
    assert browser.get("/l/HZ01/").status_code == 302
    assert Membership.objects.get(user=team["sales1"]).ends_on == timezone.localdate()
    assert LedgerEvent.objects.filter(kind="member_removed", detail__contains="小陈", by=keeper).exists()


def test_subordinates_and_posts_need_a_successor(keeper, team):
    with pytest.raises(BusinessError) as refusal:
        leave(team["supervisor"], keeper, head=team["manager"])
    assert refusal.value.field == "superior"
    with pytest.raises(BusinessError) as refusal:
        leave(team["supervisor"], keeper, superior=team["manager"])
    assert refusal.value.field == "head"
    assert fresh("supervisor").is_active
    leave(team["supervisor"], keeper, superior=team["manager"], head=team["sales1"])
    assert fresh("sales1").superior.username == "manager"
    assert Department.objects.get(code="D11").head.username == "sales1"


def test_one_of_his_own_people_may_rise(keeper, team):
    User.objects.filter(username="sales2").update(superior=team["supervisor"])
    leave(team["supervisor"], keeper, superior=team["sales1"], head=team["sales1"])
    assert fresh("sales1").superior.username == "manager"
    assert fresh("sales2").superior.username == "sales1"


@pytest.mark.parametrize("who", ["supervisor", "viewer"])
def test_a_successor_must_be_another_who_stays(who, keeper, team):
    User.objects.filter(username="viewer").update(is_active=False)
    with pytest.raises(BusinessError, match="不能接任"):
        leave(team["supervisor"], keeper, superior=fresh(who), head=team["manager"])


def test_the_last_manager_of_a_set_does_not_leave_it_alone(keeper, team, ledger):
    User.objects.update(superior=None)
    with pytest.raises(BusinessError, match="杭州客户账套.*最后一名账套主管"):
        leave(team["manager"], keeper)
    members.add_member(ledger, team["steward"], "manager")
    leave(team["manager"], keeper)
    ledger.refresh_from_db()
    assert ledger.manager.username == "steward"


def test_a_later_day_waits_for_the_morning_after(keeper, team, ledger, client_of):
    last_day = timezone.localdate() + timedelta(days=3)
    leave(team["sales1"], keeper, on=last_day)
    assert client_of("sales1").get("/l/HZ01/").status_code == 200
    assert leaving.end_due(last_day) == 0
    assert leaving.end_due(last_day + timedelta(days=1)) == 1
    assert leaving.end_due(last_day + timedelta(days=1)) == 0
    assert not fresh("sales1").is_active
    assert Membership.objects.get(user=team["sales1"]).ends_on == last_day


def test_nobody_lets_himself_or_an_administrator_go(keeper, team):
    with pytest.raises(BusinessError, match="自己"):
        leave(keeper, keeper)
    with pytest.raises(NotAllowed):
        leave(team["auditor"], keeper)
    with pytest.raises(NotAllowed):
        leave(team["sales1"], team["manager"])


def test_who_comes_back_can_log_in_but_belongs_to_no_set(keeper, team, ledger):
    leave(team["sales1"], keeper, on=timezone.localdate() - timedelta(days=2))
    person = leaving.come_back(fresh("sales1"), by=keeper)
    assert (person.is_active, person.left_on) == (True, None)
    assert not Membership.objects.in_force().filter(user=person).exists()
    with pytest.raises(BusinessError, match="在职"):
        leaving.come_back(person, by=keeper)
