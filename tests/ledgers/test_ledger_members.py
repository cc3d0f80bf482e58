"""成员: adding with dates, removing, and never without a 账套主管."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from erp_site.shared.errors import BusinessError
from ledgers.services import members
from permissions.actor import Actor, Door
from permissions.models import Membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(ledger):
    return reverse("ledger_members", args=[ledger.code])


def membership(ledger, username, role):
    return Membership.objects.get(ledger=ledger, user__username=username, role__code=role)


def test_added_by_the_page_he_is_in(client_of, ledger, users, page):
    client_of("manager").post(page, {"user": "outsider", "role": "sales"})
    assert Actor.of(users["outsider"], ledger.pk, Door.WEB).can("add")
    assert ledger.events.filter(kind="member_added", detail__contains="外人", by=users["manager"]).count() == 1


def test_dates_decide_when(client_of, ledger, users, page):
    tomorrow = timezone.localdate() + timedelta(days=1)
    data = {"user": "outsider", "role": "sales", "starts_on": tomorrow.isoformat()}
    client_of("manager").post(page, data)
    assert not Actor.of(users["outsider"], ledger.pk, Door.WEB).is_member
    assert Actor.of(users["outsider"], ledger.pk, Door.WEB, on=tomorrow).is_member
    assert "未到期" in client_of("manager").get(page).text


@pytest.mark.parametrize(
    ("extra", "field", "words"),
    [
        ({"user": ""}, "user", "请选择用户"),
        ({"role": "king"}, "role", "king"),
        ({"starts_on": "2030-02-01", "ends_on": "2030-01-01"}, "ends_on", "早于生效日期"),
        ({"ends_on": "2020-01-01"}, "ends_on", "已经过去"),
        ({"starts_on": "明天"}, "starts_on", "日期"),
    ],
)
def test_what_is_wrong_stands_on_its_field(client_of, users, page, extra, field, words):
    answer = client_of("manager").post(page, {"user": "outsider", "role": "sales", **extra})
    assert words in str(answer.context["form"].errors[field])


def test_the_same_role_twice_is_told(client_of, users, page):
    answer = client_of("manager").post(page, {"user": "sales1", "role": "sales"})
    assert "已有此角色" in str(answer.context["form"].errors["user"])


def test_removed_he_is_out_at_once(client_of, ledger, users):
    row = membership(ledger, "sales1", "sales")
    client_of("manager").post(reverse("member_remove", args=[ledger.code, row.pk]))
    assert client_of("sales1").get(reverse("ledger_settings", args=[ledger.code])).status_code == 404


def test_the_last_manager_stays(client_of, ledger):
    row = membership(ledger, "manager", "manager")
    answer = client_of("manager").post(reverse("member_remove", args=[ledger.code, row.pk]), follow=True)
    assert "最后一名账套主管" in answer.text
    assert Membership.objects.filter(pk=row.pk).exists()


def test_a_manager_with_a_last_day_or_a_closed_login_does_not_count(ledger, users):
    soon = timezone.localdate() + timedelta(days=3)
    members.add_member(ledger, users["finance"], "manager", ends_on=soon)
    members.add_member(ledger, users["service"], "manager")
    users["service"].is_active = False
    users["service"].save()
    with pytest.raises(BusinessError, match="最后一名账套主管"):
        members.remove_member(membership(ledger, "manager", "manager"), by=None)


def test_after_handing_over_he_may_go(client_of, ledger, users):
    members.add_member(ledger, users["finance"], "manager")
    row = membership(ledger, "manager", "manager")
    answer = client_of("manager").post(reverse("member_remove", args=[ledger.code, row.pk]))
    assert answer.url == reverse("ledger_list")
    ledger.refresh_from_db()
    assert ledger.manager == users["finance"]


def test_members_of_another_set_are_out_of_reach(client_of, ledger, other_ledger):
    theirs = Membership.objects.filter(ledger=other_ledger).first()
    assert client_of("manager").post(reverse("member_remove", args=[ledger.code, theirs.pk])).status_code == 404
    assert Membership.objects.filter(pk=theirs.pk).exists()


def test_a_user_who_left_is_not_added(ledger, users):
    users["outsider"].is_active = False
    users["outsider"].save()
    with pytest.raises(BusinessError, match="已停用"):
        members.add_member(ledger, users["outsider"], "viewer")


def test_the_page_needs_a_constant_number_of_queries(client_of, ledger, users, page, django_assert_max_num_queries):
    browser = client_of("manager")
    for role in ("sales", "finance", "service", "viewer", "reader", "entry"):
        members.add_member(ledger, users["outsider"], role)
    with django_assert_max_num_queries(24):
        browser.get(page)
