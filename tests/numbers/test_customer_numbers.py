"""The numbers of one customer: changing, former ones, those of other systems; who may see them."""

import pytest
from django.urls import reverse

from customers.models import ForeignNumber, NumberAlias
from customers.numbers import retiring
from permissions.models import FieldRule

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm(add_customer):
    return add_customer(name="杭州编号有限公司", owner="sales1")


@pytest.fixture
def page(ledger, firm):
    return reverse("customer_numbers", args=[ledger.code, firm.pk])


def level(users, username, ledger, value, field="number"):
    role = users[username].memberships.get(ledger=ledger).role
    FieldRule.objects.create(role=role, field=field, level=value)


def test_a_number_is_changed_with_a_reason(client_of, firm, page):
    browser = client_of("sales1")
    assert browser.post(page, {"change": "1", "number": "KH000008", "reason": ""}).status_code == 422
    assert browser.post(page, {"change": "1", "number": "KH000008", "reason": "总部要求"}).status_code == 302
    firm.refresh_from_db()
    assert firm.number == "KH000008"
    text = browser.get(page).text
    assert "KH000001" in text
    assert "总部要求" in text


def test_a_doubtful_number_is_asked_about_once_more(client_of, firm, page):
    browser = client_of("sales1")
    data = {"change": "1", "number": "KH800000", "reason": "总部要求"}
    answer = browser.post(page, data)
    assert answer.status_code == 422
    assert "大得多" in answer.text
    assert browser.post(page, {**data, "confirmed": "1"}).status_code == 302
    firm.refresh_from_db()
    assert firm.number == "KH800000"


def test_a_bad_number_stays_on_the_form(client_of, firm, page, add_customer):
    add_customer()
    answer = client_of("sales1").post(page, {"change": "1", "number": "kh000002", "reason": "改"})
    assert answer.status_code == 422
    assert "已被使用" in answer.text


def test_automatic_numbers_have_no_form(client_of, firm, page, ledger):
    ledger.parameters["number_mode"] = "auto"
    ledger.save()
    browser = client_of("sales1")
    assert "不能单独修改" in browser.get(page).text
    browser.post(page, {"change": "1", "number": "KH000008", "reason": "改"})
    firm.refresh_from_db()
    assert firm.number == "KH000001"


def test_numbers_of_other_systems_are_added_changed_and_taken_out(client_of, ledger, firm, page, add_customer):
    browser = client_of("sales1")
    assert browser.post(page, {"foreign": "1", "system": "SAP", "number": "0000100123"}).status_code == 302
    assert browser.post(page, {"foreign": "1", "system": "宁波分公司", "number": "NB-7"}).status_code == 302
    for number in ("0000100123", "nb-7"):
        assert browser.get(f"/l/{ledger.code}/n/{number}/").url == firm.get_absolute_url()
        listed = browser.get(reverse("customer_list", args=[ledger.code]), {"q": number}, follow=True)
        assert firm.name in listed.text
    browser.post(page, {"foreign": "1", "system": "SAP", "number": "0000100124"})
    assert ForeignNumber.objects.get(system="SAP").number == "0000100124"
    browser.post(page, {"foreign": "1", "system": "SAP", "number": ""})
    assert [row.system for row in ForeignNumber.objects.all()] == ["宁波分公司"]
    assert ForeignNumber.history.filter(system="SAP", history_type="-").count() == 1
    other = reverse("customer_numbers", args=[ledger.code, add_customer(owner="sales1").pk])
    assert "已属于另一个客户" in browser.post(other, {"foreign": "1", "system": "宁波分公司", "number": "NB-7"}).text


def test_a_live_number_comes_before_a_former_and_that_before_a_foreign_one(client_of, ledger, add_customer, save):
    bearer, former, foreign = (add_customer() for _ in range(3))
    save("manager", {"number": "AAA-0001"}, customer=former)
    save("manager", {"foreign:SAP": "KH000001"}, customer=foreign)
    save("manager", {"foreign:SAP": "KH000002"}, customer=bearer)
    save("manager", {"foreign:U8": "X-1"}, customer=bearer)
    save("manager", {"foreign:K3": "X-1"}, customer=foreign)
    browser = client_of("manager")
    assert browser.get(f"/l/{ledger.code}/n/KH000001/").url == bearer.get_absolute_url()
    assert browser.get(f"/l/{ledger.code}/n/KH000002/").url == former.get_absolute_url()
    chooser = browser.get(f"/l/{ledger.code}/n/X-1/")
    assert chooser.status_code == 200
    assert bearer.name in chooser.text
    assert foreign.name in chooser.text


# --- who may see ----------------------------------------------------------------------------------------------------------


def test_whoever_may_not_read_numbers_is_told_so_and_sees_none(client_of, ledger, users, firm, page, save):
    save("manager", {"number": "KH000777"}, customer=firm)
    save("manager", {"foreign:SAP": "SAP-777"}, customer=firm)
    level(users, "sales1", ledger, 0)
    browser = client_of("sales1")
    pages = [
        firm.get_absolute_url(),
        reverse("customer_list", args=[ledger.code]),
        reverse("customer_edit", args=[ledger.code, firm.pk]),
    ]
    for address in pages:
        text = browser.get(address).text
        assert "KH000777" not in text, address
        assert "KH000001" not in text, address
        assert "SAP-777" not in text, address
    assert "无权查看编号" in browser.get(pages[0]).text
    assert "无权查看编号" in browser.get(pages[1]).text
    assert browser.get(page).status_code == 403
    lookup = browser.get(f"/l/{ledger.code}/n/KH000777/")
    assert lookup.status_code == 404
    assert "无权查看编号" in lookup.text


def test_a_masked_number_stays_masked(client_of, ledger, users, firm, page):
    level(users, "sales1", ledger, 1)
    browser = client_of("sales1")
    text = browser.get(firm.get_absolute_url()).text
    assert firm.number not in text
    assert "无权查看完整编号" in text
    assert browser.get(page).status_code == 403


def test_a_reader_of_numbers_alone_cannot_change_them(client_of, users, ledger, firm, page):
    level(users, "sales1", ledger, 2)
    browser = client_of("sales1")
    assert 'name="change"' not in browser.get(page).text
    browser.post(page, {"change": "1", "number": "KH000008", "reason": "改"})
    firm.refresh_from_db()
    assert firm.number == "KH000001"


def test_foreign_numbers_that_somebody_may_not_read_do_not_find_for_him(client_of, users, ledger, firm, page, save):
    save("manager", {"foreign:SAP": "SAP-777"}, customer=firm)
    level(users, "sales1", ledger, 0, field="foreign_numbers.number")
    browser = client_of("sales1")
    assert "SAP-777" not in browser.get(page).text
    assert browser.get(f"/l/{ledger.code}/n/SAP-777/").status_code == 404
    assert (
        firm.name not in browser.get(reverse("customer_list", args=[ledger.code]), {"q": "SAP-777"}, follow=True).text
    )


# --- retired numbers ------------------------------------------------------------------------------------------------------


def test_retired_numbers_are_listed_and_made_free_only_where_a_rule_allows(client_of, ledger, firm, save):
    save("manager", {"number": "KH000008"}, customer=firm, reason="换号")
    retiring.retire(ledger, ["OLD-0001"], reason="旧合同", by=None)
    browser, page = client_of("manager"), reverse("numbers_retired", args=[ledger.code])
    text = browser.get(page).text
    for said in ("KH000001", "换号", "OLD-0001", "旧合同", "KH000008"):
        assert said in text
    alias = NumberAlias.objects.get(number="OLD-0001")
    free = reverse("numbers_free", args=[ledger.code, alias.pk])
    assert "没有规则允许" in browser.post(free, follow=True).text
    ledger.numbering_rules.update(allow_reuse=True)
    assert "已释放" in browser.post(free, follow=True).text
    assert not NumberAlias.objects.filter(pk=alias.pk).exists()
    assert "OLD-0001" not in browser.get(page, {"kind": "retired"}).text


def test_numbers_are_retired_by_hand(client_of, ledger, firm):
    browser, page = client_of("manager"), reverse("numbers_retired", args=[ledger.code])
    assert browser.post(page, {"numbers": "A-0001\nA-0002", "reason": "旧系统"}).status_code == 302
    assert NumberAlias.objects.filter(kind="retired").count() == 2
    assert "正在使用或已经归档" in browser.post(page, {"numbers": "kh000001", "reason": "旧系统"}).text
    assert "A/3" in browser.post(page, {"numbers": "A/3", "reason": "旧系统"}).text
