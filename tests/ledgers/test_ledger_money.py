"""Foreign money: which rate counts for a day, how amounts are rounded, and tables of rates taken over at once."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from erp_site.shared.errors import BusinessError
from ledgers.services import converting, rates
from ledgers.services.parameters import change_parameters

pytestmark = pytest.mark.django_db

MARCH = date(2026, 3, 15)


@pytest.fixture
def dollars(ledger):
    """HZ01 with USD and JPY; dollars at 7 from 2025-12-01, 7.1 from 2026-03-01, 7.3 from 2026-03-20."""
    for code in ("USD", "JPY"):
        rates.add_currency(ledger, code, by=None)
    for on, rate in ((date(2025, 12, 1), "7"), (date(2026, 3, 1), "7.1"), (date(2026, 3, 20), "7.3")):
        rates.add_rate(ledger, "USD", on, Decimal(rate), by=None)
    return ledger


@pytest.mark.parametrize(
    ("rule", "on", "worth"),
    [
        ("spot", MARCH, "710.00"),
        ("spot", date(2026, 3, 20), "730.00"),
        ("spot", date(2026, 2, 28), "700.00"),
        ("fixed", MARCH, "700.00"),
        ("fixed", date(2026, 12, 31), "700.00"),
        ("average", MARCH, "720.00"),  # the mean of 7.1 and 7.3
        ("average", date(2026, 2, 10), "700.00"),  # none of February: the one in force
    ],
)
def test_the_rule_names_the_rate(dollars, rule, on, worth):
    change_parameters(dollars, {"rate_rule": rule}, by=None)
    assert str(converting.convert(dollars, Decimal(100), "USD", on)) == worth


@pytest.mark.parametrize(
    ("mode", "worth"), [("half_up", "0.25"), ("half_even", "0.24"), ("down", "0.24"), ("up", "0.25")]
)
def test_rounding(dollars, mode, worth):
    change_parameters(dollars, {"rounding_mode": mode}, by=None)
    assert str(converting.rounded(dollars, Decimal("0.245"), "CNY")) == worth
    assert converting.rounded(dollars, Decimal("-0.245"), "CNY") == -Decimal(worth)


def test_digits_by_usage_or_as_the_set_says(dollars):
    assert str(converting.rounded(dollars, Decimal("1234.5"), "JPY")) == "1235"
    change_parameters(dollars, {"currency_decimals": {"CNY": 4}}, by=None)
    assert str(converting.convert(dollars, Decimal("0.01"), "USD", MARCH)) == "0.0710"


def test_base_currency_is_itself(dollars):
    assert converting.convert(dollars, Decimal("9.999"), "CNY", MARCH) == Decimal("10.00")


def test_large_amounts_keep_every_digit(dollars):
    amount = Decimal("999999999999999999.99")
    assert converting.convert(dollars, amount, "USD", MARCH) == Decimal("7099999999999999999.93")


@pytest.mark.parametrize(("currency", "on"), [("JPY", MARCH), ("USD", date(2025, 11, 30)), ("EUR", MARCH)])
def test_without_a_rate_it_says_so(dollars, currency, on):
    with pytest.raises(BusinessError, match="没有可用的汇率") as refused:
        converting.convert(dollars, Decimal(1), currency, on)
    assert "币种与汇率" in refused.value.remedy


def test_a_day_outside_the_periods(dollars):
    change_parameters(dollars, {"rate_rule": "average"}, by=None)
    with pytest.raises(BusinessError, match="期间"):
        converting.convert(dollars, Decimal(1), "USD", date(2031, 1, 1))


class TestTable:
    def test_pasted_from_a_sheet(self, dollars):
        text = "币种\t日期\t汇率\nUSD\t2026-04-01\t7.2\njpy\t2026/4/1\t0.0475\n\nUSD,2026年4月2日,7.21\n"
        done = rates.import_rates(dollars, text, by=None)
        assert (done.added, done.replaced, done.unchanged) == (3, 0, 0)
        assert dollars.rates.get(currency="JPY").rate == Decimal("0.0475")
        again = rates.import_rates(dollars, text, by=None)
        assert (again.added, again.unchanged) == (0, 3)

    def test_another_rate_of_that_day_only_when_asked(self, dollars):
        with pytest.raises(BusinessError, match="第 1 行：USD 在 2026-03-01 已有汇率 7.1"):
            rates.import_rates(dollars, "USD 2026-03-01 7.15", by=None)
        assert rates.import_rates(dollars, "USD 2026-03-01 7.15", by=None, replace=True).replaced == 1
        assert dollars.rates.get(currency="USD", on="2026-03-01").rate == Decimal("7.15")

    @pytest.mark.parametrize(
        ("row", "words"),
        [
            ("USD 2026-04-01", "三列"),
            ("XXX 2026-04-01 7", "ISO 4217"),
            ("EUR 2026-04-01 7", "没有使用币种 EUR"),
            ("USD 2026-02-30 7", "不是日期"),
            ("USD 2026-04-01 seven", "不是数字"),
            ("USD 2026-04-01 0", "大于零"),
            ("USD 2026-04-01 NaN", "大于零"),
            ("USD 2026-04-01 1e99", "大于零"),
            ("USD 2026-04-01 7.123456789", "8 位小数"),
        ],
    )
    def test_a_bad_row_is_named_and_nothing_is_taken(self, dollars, row, words):
        with pytest.raises(BusinessError) as refused:
            rates.import_rates(dollars, f"USD 2026-05-01 7.2\n{row}", by=None)
        assert "第 2 行" in refused.value.message
        assert words in refused.value.message
        assert dollars.rates.count() == 3

    def test_twice_in_the_table(self, dollars):
        same = "USD 2026-05-01 7.2\nUSD 2026-05-01 7.2"
        assert rates.import_rates(dollars, same, by=None).added == 1
        with pytest.raises(BusinessError, match="出现两次"):
            rates.import_rates(dollars, "USD 2026-06-01 7.2\nUSD 2026-06-01 7.3", by=None)

    @pytest.mark.parametrize("text", ["", "币种 日期 汇率", "\n\n"])
    def test_nothing_to_read(self, dollars, text):
        with pytest.raises(BusinessError, match="没有可以读取的行"):
            rates.import_rates(dollars, text, by=None)

    def test_by_the_page(self, client_of, dollars):
        browser, address = client_of("manager"), reverse("rate_import", args=[dollars.code])
        csv = SimpleUploadedFile("rates.csv", "币种,日期,汇率\nUSD,2026-04-01,7.2\n".encode("gb18030"))
        assert "新增 1" in browser.post(address, {"rates-file": csv}, follow=True).text
        assert "第 1 行" in browser.post(address, {"rates-table": "USD 2026-04-01 7.3"}).text
        done = browser.post(address, {"rates-table": "USD 2026-04-01 7.3", "rates-replace": "on"}, follow=True)
        assert "替换 1" in done.text
        assert "请粘贴表格或选择文件" in browser.post(address, {}).text


def test_the_page_keeps_the_rule_and_tries_it(client_of, dollars):
    browser, page = client_of("manager"), reverse("ledger_currencies", args=[dollars.code])
    data = {"conversion-rate_rule": "average", "conversion-rounding_mode": "down"}
    data |= {"conversion-decimals_CNY": "2", "conversion-decimals_USD": "3", "conversion-decimals_JPY": "0"}
    browser.post(reverse("conversion_save", args=[dollars.code]), data)
    dollars.refresh_from_db()
    assert (dollars.parameter("rate_rule"), dollars.parameter("rounding_mode")) == ("average", "down")
    assert dollars.parameter("currency_decimals") == {"USD": 3}  # what is usual is not kept
    tried = browser.get(page, {"amount": "100", "currency": "USD", "on": "2026-03-15"})
    assert "720.00 CNY" in tried.text
    assert "没有可用的汇率" in browser.get(page, {"amount": "1", "currency": "JPY", "on": "2026-03-15"}).text
    refused = browser.post(reverse("conversion_save", args=[dollars.code]), {**data, "conversion-decimals_CNY": "9"})
    assert "decimals_CNY" in refused.context["conversion_form"].errors
