"""异常访问: more than three times one's own usual, refused again and again, files at night."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from permissions.logs import unusual
from permissions.models import AccessRecord, LoginRecord

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 20)


@pytest.fixture
def did(users, ledger):
    """did("sales1", "view", 30): he opened thirty different customers on that day, at that hour of Shanghai."""

    def make(who: str, kind: str, times: int, *, back: int = 0, hour: int = 10) -> None:
        at = datetime(DAY.year, DAY.month, DAY.day, hour, tzinfo=ZoneInfo("Asia/Shanghai")) - timedelta(days=back)
        about = {"user": users[who], "username": who, "ledger": ledger, "kind": kind, "at": at}
        AccessRecord.objects.bulk_create(AccessRecord(object_id=n, **about) for n in range(times))

    return make


def rules(**about) -> list[tuple[str, str]]:
    return [(sign.username, sign.rule) for sign in unusual.signs([DAY], **about)]


def test_more_than_three_times_the_usual(did):
    for back in (1, 2, 5):
        did("sales1", "view", 20, back=back)
        did("sales2", "sensitive", 20, back=back)
    did("sales1", "view", 61)
    did("sales2", "sensitive", 60)
    assert rules() == [("sales1", "查看量异常")]


def test_the_same_customer_again_is_one(did):
    for _ in range(4):
        did("sales1", "view", 20)
    assert rules() == []


def test_who_never_looked_before(did):
    did("sales1", "view", 30)
    assert rules() == [("sales1", "查看量异常")]


def test_many_refusals(did):
    did("sales1", "missing", 6)
    did("sales1", "refused", 4)
    did("sales2", "refused", 9)
    assert rules() == [("sales1", "频繁被拒")]


@pytest.mark.parametrize(("hour", "found"), [(5, 1), (6, 0), (21, 0), (22, 1)])
def test_files_at_night(hour, found, did):
    did("finance", "export", 1, hour=hour)
    assert len(rules()) == found


def test_another_set_is_another_matter(did, other_ledger, ledger):
    did("sales1", "refused", 12)
    assert rules(ledger_id=other_ledger.pk) == []
    assert rules(ledger_id=ledger.pk) == [("sales1", "频繁被拒")]


def test_logins_that_fail_again_and_again(users):
    at = datetime(DAY.year, DAY.month, DAY.day, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    LoginRecord.objects.bulk_create(
        LoginRecord(kind="failure", user=users["sales1"], username="sales1", at=at) for _ in range(10)
    )
    assert rules() == [("sales1", "频繁登录失败")]


def test_the_page_leads_to_the_rows(did, client_of):
    did("sales1", "refused", 12)
    page = client_of("manager").get(f"/l/HZ01/settings/logs/unusual/?day={DAY}")
    html = page.content.decode()
    assert "频繁被拒" in html and "小陈" in html
    query = page.context["rows"][0]["query"]
    rows = client_of("manager").get(f"/l/HZ01/settings/logs/access/?{query}").context["rows"]
    assert len(rows) == 12


@pytest.mark.parametrize("day", ["x", "", "0001-01-02", "9999-12-31", "%00"])
def test_a_day_that_is_none(day, ledger, client_of):
    assert client_of("manager").get(f"/l/HZ01/settings/logs/unusual/?day={day}").status_code == 200
