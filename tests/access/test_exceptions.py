"""个人例外: one person expressly may, or may not, with a reason and until a day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from permissions.models import Override, RightChange
from permissions.rights import Level

pytestmark = pytest.mark.django_db


def post(client_of, address, **changes):
    data = {"user": "sales1", "what": "right:export", "effect": "allow", "level": "2", "reason": "月底报表", **changes}
    return client_of("manager").post(address("override_list"), data)


def test_a_right_until_a_day(client_of, address, users, now, ledger):
    from permissions.actor import Actor, Door

    until = timezone.localdate() + timedelta(days=3)
    post(client_of, address, ends_on=until.isoformat())
    assert now(users["sales1"]).can("export")
    assert not Actor.of(users["sales1"], ledger.pk, Door.WEB, on=until + timedelta(days=1)).can("export")
    assert "月底报表" in client_of("manager").get(address("override_list")).text
    assert RightChange.objects.get(kind="override_added").user == users["sales1"]


def test_a_field_from_above_and_from_below(client_of, address, users, now):
    post(client_of, address, what="field:phone", effect="deny", level="1")
    assert now(users["sales1"]).field_level("phone") == Level.MASKED
    post(client_of, address, user="viewer", what="field:phone", effect="allow", level="2")
    assert now(users["viewer"]).field_level("phone") == Level.READ


def test_again_it_is_changed_not_doubled(client_of, address):
    post(client_of, address)
    post(client_of, address, reason="改为季度报表")
    assert Override.objects.get().reason == "改为季度报表"


def test_ended_at_once(client_of, address, users, now):
    post(client_of, address)
    browser = client_of("manager")
    made = Override.objects.get()
    for _twice in range(2):
        browser.post(address("override_remove", made.pk))
    assert not now(users["sales1"]).can("export")
    assert RightChange.objects.filter(kind="override_removed").count() == 1


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"user": ""}, "user"),
        ({"user": "nobody-at-all"}, "user"),
        ({"user": "outsider"}, "user"),
        ({"what": "right:king"}, "what"),
        ({"what": "field:soul"}, "what"),
        ({"effect": "maybe"}, "effect"),
        ({"level": "9"}, "level"),
        ({"reason": "  "}, "reason"),
        ({"ends_on": "2020-01-01"}, "ends_on"),
    ],
)
def test_nonsense_stands_on_its_field(client_of, address, bad, field):
    answer = post(client_of, address, **bad)
    assert field in answer.context["form"].errors
    assert not Override.objects.exists()


def test_the_exception_of_another_set_is_out_of_reach(client_of, address, other_ledger, users):
    theirs = Override.objects.create(
        ledger=other_ledger, user=users["sales1"], kind="right", key="export", reason="别家的原因"
    )
    assert client_of("manager").post(address("override_remove", theirs.pk)).status_code == 404
    assert "别家的原因" not in client_of("manager").get(address("override_list")).text
