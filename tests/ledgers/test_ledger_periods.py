"""账套期间: whole years without gap or overlap, closing and reopening in order."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger, Period
from ledgers.services import creating, periods

DAY = timedelta(days=1)
CALENDARS = Ledger.Calendar.values


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

    def test_a_period_of_another_set_is_not_found(self, client_of, ledger, other_ledger):
        theirs = other_ledger.periods.first()
        assert client_of("manager").post(reverse("period_close", args=[ledger.code, theirs.pk])).status_code == 404
        theirs.refresh_from_db()
        assert theirs.state == "open"
