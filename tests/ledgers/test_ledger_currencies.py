"""币种与汇率."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from erp_site.shared.errors import BusinessError
from ledgers import currencies
from ledgers.services import rates

pytestmark = pytest.mark.django_db


def test_the_list_is_that_of_today_with_chinese_names():
    codes = currencies.codes()
    assert codes[:2] == ("CNY", "USD")
    assert {"CHF", "SEK", "BRL", "ZAR"} <= set(codes)
    assert not {"DEM", "FRF", "XXX", "CNX"} & set(codes)  # gone, or never money
    assert len(codes) == len(set(codes)) > 140
    assert currencies.label("CNY") == "CNY 人民币"
    assert currencies.label("CHF") == "CHF 瑞士法郎"


def test_currencies_and_rates_by_the_page(client_of, ledger):
    browser, page = client_of("manager"), reverse("ledger_currencies", args=[ledger.code])
    browser.post(page, {"currency-code": "USD"})
    assert ledger.currencies.get().code == "USD"
    browser.post(reverse("rate_add", args=[ledger.code]), {"currency": "USD", "on": "2026-03-01", "rate": "7.1234"})
    rate = ledger.rates.get()
    assert (rate.on, rate.rate) == (date(2026, 3, 1), Decimal("7.1234"))
    assert "7.1234" in browser.get(page).text
    refused = browser.post(reverse("currency_remove", args=[ledger.code, "USD"]), follow=True)
    assert "已有汇率" in refused.text
    browser.post(reverse("rate_remove", args=[ledger.code, rate.pk]))
    browser.post(reverse("currency_remove", args=[ledger.code, "USD"]))
    assert not ledger.currencies.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rate": "0"}, "rate"),
        ({"rate": "-1"}, "rate"),
        ({"rate": "1e12"}, "rate"),
        ({"rate": "七"}, "rate"),
        ({"rate": "NaN"}, "rate"),
        ({"on": "2026-02-30"}, "on"),
        ({"on": "2026-01-01"}, "on"),  # there is one for that day
        ({"currency": "JPY"}, "currency"),
    ],
)
def test_a_bad_rate_is_refused_on_its_field(client_of, ledger, users, change, field):
    rates.add_currency(ledger, "USD", by=None)
    rates.add_rate(ledger, "USD", date(2026, 1, 1), Decimal("7"), by=None)
    data = {"currency": "USD", "on": "2026-03-01", "rate": "7.1", **change}
    answer = client_of("manager").post(reverse("rate_add", args=[ledger.code]), data)
    assert answer.status_code == 200
    assert field in answer.context["rate_form"].errors
    assert ledger.rates.count() == 1


def test_the_base_currency_is_no_further_one(ledger):
    with pytest.raises(BusinessError, match="本位币"):
        rates.add_currency(ledger, "CNY", by=None)
    with pytest.raises(BusinessError, match="ISO 4217"):
        rates.add_currency(ledger, "XYZ", by=None)


def test_a_currency_added_twice_is_there_once(ledger):
    rates.add_currency(ledger, "USD", by=None)
    rates.add_currency(ledger, "USD", by=None)
    assert ledger.currencies.count() == 1
