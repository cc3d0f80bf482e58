"""账套期间: whole years without gap or overlap, closing and reopening in order."""

import threading
import time
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.db import connection, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger, Period
from ledgers.services import creating, periods

DAY = timedelta(days=1)
CALENDARS = [kind for kind in Ledger.Calendar.values if kind != "free"]


@given(st.sampled_from(CALENDARS), st.integers(1990, 2200), st.integers(1, 12))
def test_every_day_of_the_year_stands_in_exactly_one_period(calendar, year, month):
    spans = periods.generate(calendar, year, month)
    assert [index for index, _first, _last in spans] == list(range(1, len(spans) + 1))
    assert len(spans) == (4 if calendar == "quarterly" else 12)
    assert spans[0][1] == date(year, month, 1)
    assert spans[-1][2] == date(year + 1, month, 1) - DAY
    assert all(first <= last for _index, first, last in spans)
    assert all(after[1] == before[2] + DAY for before, after in pairwise(spans))


@given(st.sampled_from(CALENDARS), st.integers(1990, 2199), st.integers(1, 12))
def test_the_next_year_follows_at_once(calendar, year, month):
    this, following = periods.generate(calendar, year, month), periods.generate(calendar, year + 1, month)
    assert following[0][1] == this[-1][2] + DAY


def test_445_counts_weeks():
    spans = periods.generate("445", 2026, 1)
    weeks = [((last - first).days + 1) / 7 for _index, first, last in spans]
    assert weeks[:11] == [4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4]


@pytest.mark.parametrize(
    ("today", "month", "year"), [((2026, 3, 31), 4, 2025), ((2026, 4, 1), 4, 2026), ((2026, 1, 1), 1, 2026)]
)
def test_the_fiscal_year_of_today(today, month, year):
    assert creating.current_fiscal_year(month, date(*today)) == year
    with time_machine.travel(date(*today)):
        spans = periods.generate("monthly", creating.current_fiscal_year(month), month)
        assert any(first <= date(*today) <= last for _index, first, last in spans)


FREE = """2026-01-01 至 2026-03-15 第一期
2026/3/16 - 2026/6/30
2026年7月1日～2026年12月31日，下半年
"""


def test_ranges_as_people_write_them():
    rows = periods.read_ranges(FREE)
    assert [(first.isoformat(), last.isoformat(), name) for first, last, name in rows] == [
        ("2026-01-01", "2026-03-15", "第一期"),
        ("2026-03-16", "2026-06-30", ""),
        ("2026-07-01", "2026-12-31", "下半年"),
    ]
    assert periods.read_ranges(periods.write_ranges(rows)) == rows


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["至少填写一个期间"]),
        ("2026-01-01 至 2026-01-31\n2026-02-02 至 2026-02-28", ["第 2 行", "空档", "2026-02-01"]),
        ("2026-01-01 至 2026-01-31\n2026-01-31 至 2026-02-28", ["第 2 行", "重叠", "2026-02-01"]),
        ("2026-03-01 至 2026-02-01", ["第 1 行", "早于开始日期"]),
        ("2026-02-29 至 2026-03-31", ["第 1 行", "开始日期 至 结束日期"]),
        ("一月\n\n2026-01-01 至", ["第 1 行", "第 2 行"]),
        ("1800-01-01 至 1800-12-31", ["1990"]),
    ],
)
def test_every_bad_range_is_named_with_its_row(text, words):
    with pytest.raises(BusinessError) as refused:
        periods.read_ranges(text)
    for word in words:
        assert word in refused.value.message


@pytest.mark.django_db
class TestFreePeriods:
    @pytest.fixture
    def free(self, users):
        made = creating.create_draft(code="FR01", name="自定义", by=users["manager"], fiscal_year=2026, calendar="free")
        creating.keep_choices(made, ranges=FREE)
        creating.activate(made, by=users["manager"])
        made.refresh_from_db()
        return made

    def test_made_as_typed(self, free):
        assert list(free.periods.values_list("name", flat=True)) == ["第一期", "2026 年第 2 期", "下半年"]

    def test_without_ranges_there_is_no_year(self, users):
        made = creating.create_draft(code="FR02", name="缺", by=users["manager"], fiscal_year=2026, calendar="free")
        with pytest.raises(BusinessError, match="起止日期"):
            creating.activate(made, by=users["manager"])

    def test_the_next_year_follows_the_pattern(self, free, users, client_of):
        periods.roll(free, 2027, by=users["manager"])
        spans = free.periods.filter(fiscal_year=2027).values_list("starts_on", "ends_on")
        assert [(str(first), str(last)) for first, last in spans] == [
            ("2027-01-01", "2027-03-15"), ("2027-03-16", "2027-06-30"), ("2027-07-01", "2027-12-31"),
        ]  # fmt: skip
        page = client_of("manager").get(reverse("ledger_periods", args=["FR01"]))
        assert "2028-01-01 至 2028-03-15" in page.text

    def test_other_ranges_may_be_typed_and_must_adjoin(self, free, client_of):
        browser, address = client_of("manager"), reverse("period_create", args=["FR01"])
        refused = browser.post(address, {"fiscal_year": "2027", "ranges": "2027-01-02 至 2027-12-31"})
        assert "空档" in refused.text
        browser.post(address, {"fiscal_year": "2027", "ranges": "2027-01-01 至 2028-02-29 长年度"})
        assert free.periods.get(fiscal_year=2027).name == "长年度"
        assert periods.proposed_ranges(free)[0][1] == date(2029, 2, 28)  # the end of February stays the end of February


@pytest.mark.django_db
class TestInASet:
    def state(self, ledger, index):
        return ledger.periods.get(fiscal_year=2026, index=index).state

    def period(self, ledger, index):
        return ledger.periods.get(fiscal_year=2026, index=index)

    def test_closing_goes_forward_and_reopening_backward(self, ledger, users):
        boss = users["manager"]
        with pytest.raises(BusinessError, match="第 1 期"):
            periods.close(self.period(ledger, 2), by=boss)
        periods.close(self.period(ledger, 1), by=boss)
        periods.close(self.period(ledger, 2), by=boss)
        with pytest.raises(BusinessError, match="第 2 期"):
            periods.reopen(self.period(ledger, 1), reason="补录", by=boss)
        with pytest.raises(BusinessError, match="原因"):
            periods.reopen(self.period(ledger, 2), reason="  ", by=boss)
        periods.reopen(self.period(ledger, 2), reason="补录二月业务", by=boss)
        assert (self.state(ledger, 1), self.state(ledger, 2)) == ("closed", "open")
        event = ledger.events.first()
        assert (event.kind, event.reason, event.by) == ("period_reopened", "补录二月业务", boss)

    def test_pressed_twice_is_done_once(self, ledger):
        assert periods.close(self.period(ledger, 1)) is True
        assert periods.close(self.period(ledger, 1)) is False
        assert periods.reopen(self.period(ledger, 1), reason="误操作") is True
        assert periods.reopen(self.period(ledger, 1), reason="误操作") is False
        assert ledger.events.filter(kind="period_closed").count() == 1

    def test_business_dates(self, ledger):
        periods.close(self.period(ledger, 1))
        with pytest.raises(BusinessError, match="2026 年第 1 期"):
            periods.require_open(ledger, date(2026, 1, 15))
        assert periods.require_open(ledger, date(2026, 2, 15)).index == 2
        with pytest.raises(BusinessError, match="不在账套的任何期间内"):
            periods.require_open(ledger, date(2031, 1, 1))

    def test_the_next_year_in_one_click_and_only_once(self, client_of, ledger):
        browser, address = client_of("manager"), reverse("period_create", args=[ledger.code])
        for _press in range(2):
            browser.post(address, {"fiscal_year": "2027"})
        assert ledger.periods.filter(fiscal_year=2027).count() == 12
        assert Period.objects.filter(ledger=ledger).count() == 24

    def test_years_leave_no_gap(self, ledger):
        with pytest.raises(BusinessError, match="空档"):
            periods.create_year(ledger, 2029)
        with pytest.raises(BusinessError, match="1990"):
            periods.create_year(ledger, 1800)
        periods.create_year(ledger, 2025)
        assert ledger.periods.order_by("starts_on").first().starts_on == date(2025, 1, 1)

    def test_the_page_closes_and_reopens(self, client_of, ledger):
        browser = client_of("manager")
        page = browser.get(reverse("ledger_periods", args=[ledger.code]))
        assert page.text.count("结账后，日期落在") == 1  # only the next one to close has a button
        browser.post(reverse("period_close", args=[ledger.code, self.period(ledger, 1).pk]))
        assert self.state(ledger, 1) == "closed"
        reopen = reverse("period_reopen", args=[ledger.code, self.period(ledger, 1).pk])
        answer = browser.post(reopen, {"reason": ""}, follow=True)
        assert "必须填写原因" in answer.text
        browser.post(reopen, {"reason": "补录"})
        assert self.state(ledger, 1) == "open"

    def test_the_old_year_closes_in_the_same_click(self, client_of, ledger):
        address = reverse("period_create", args=[ledger.code])
        answer = client_of("manager").post(address, {"fiscal_year": "2027", "close_old": "on"}, follow=True)
        assert "已结转到 2027 年度" in answer.text
        assert set(ledger.periods.filter(fiscal_year=2026).values_list("state", flat=True)) == {"closed"}
        assert set(ledger.periods.filter(fiscal_year=2027).values_list("state", flat=True)) == {"open"}

    def test_reopening_is_a_right_of_its_own(self, client_of, ledger):
        periods.close(self.period(ledger, 1))
        address = reverse("period_reopen", args=[ledger.code, self.period(ledger, 1).pk])
        role = ledger.roles.get(code="manager")
        role.rights = [right for right in role.rights if right != "reopen"]
        role.save()
        assert client_of("manager").post(address, {"reason": "补录"}).status_code == 403
        page = client_of("finance").get(reverse("ledger_periods", args=[ledger.code]))
        assert "反结账" in page.text
        assert "第 2 期」内的业务不能再录入" not in page.text  # he reopens, he does not close
        client_of("finance").post(address, {"reason": "补录"})
        assert self.state(ledger, 1) == "open"
        assert client_of("finance").post(reverse("period_create", args=[ledger.code]), {}).status_code == 403

    @pytest.mark.parametrize(
        ("moment", "zone", "index"),
        [
            ("2026-01-31T15:59:59+00:00", "Asia/Shanghai", 1),
            ("2026-01-31T16:00:00+00:00", "Asia/Shanghai", 2),  # midnight in Shanghai
            ("2026-02-01T04:59:59+00:00", "America/New_York", 1),
            ("2026-02-01T05:00:00+00:00", "America/New_York", 2),
        ],
    )
    def test_a_period_ends_at_midnight_of_the_set(self, ledger, moment, zone, index):
        ledger.parameters = {"time_zone": zone}
        instant = datetime.fromisoformat(moment)
        assert periods.require_open(ledger, instant).index == index
        with time_machine.travel(instant, tick=False):
            assert periods.require_open(ledger, ledger.today()).index == index

    @pytest.mark.django_db(transaction=True)
    def test_a_date_that_was_open_stays_open_until_it_is_written(self, ledger):
        """Somebody writes into the period while another one closes it: the closing waits, or the writer is refused."""
        if connection.vendor != "postgresql":
            pytest.skip("SQLite has one writer at a time")
        asked, done = threading.Event(), []

        def close_it():
            asked.wait(10)
            periods.close(self.period(ledger, 1))
            done.append("closed")
            connection.close()

        closer = threading.Thread(target=close_it)
        closer.start()
        with transaction.atomic():
            periods.require_open(ledger, date(2026, 1, 15))
            asked.set()
            time.sleep(0.5)
            assert not done
        closer.join(10)
        assert done
        with pytest.raises(BusinessError, match="已结账"):
            periods.require_open(ledger, date(2026, 1, 15))

    def test_a_period_of_another_set_is_not_found(self, client_of, ledger, other_ledger):
        theirs = other_ledger.periods.first()
        assert client_of("manager").post(reverse("period_close", args=[ledger.code, theirs.pk])).status_code == 404
        theirs.refresh_from_db()
        assert theirs.state == "open"
