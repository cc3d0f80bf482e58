"""Checks follow the kind of the customer, and codes are held against his other particulars."""

import pytest

from customers.models import Customer
from ledgers.services.parameters import change_parameters

pytestmark = pytest.mark.django_db

COMPANY, SOLE, SCHOOL = "91330100799655058B", "92330106MA2B12345J", "12330000470003281L"


def code_of(start: str) -> str:
    from customers.rules.check_digits import organisation_check, uscc_check

    body = f"{start}330106" + "MA2B1234"
    body += organisation_check(body[8:16])
    return body + uscc_check(body)


def test_a_number_abroad_is_judged_by_the_rules_of_its_country(submit, codes, ledger):
    edit = submit(name="Müller GmbH", kind="海外", tax_number="DE 136.695.976")
    customer = Customer.objects.get(pk=edit.customer_id)
    assert (customer.uscc, customer.invoice_profiles.get().tax_number) == ("", "DE136695976")
    edit = submit(name="Schmidt GmbH", kind="海外", tax_number="DE136695978")
    assert edit.refused and codes(edit, "reason") == {"vat.check_digit"}
    assert not submit(name="Schmidt GmbH", kind="海外", tax_number="DE136695978", reason="客户确认").refused
    assert codes(submit(name="某公司", tax_number="DE136695976")) == {"tax.length"}


def test_a_stored_kind_decides_when_the_edit_says_none(submit, codes):
    edit = submit(name="Müller GmbH", kind="海外")
    customer = Customer.objects.get(pk=edit.customer_id)
    assert not submit(customer, tax_number="GB980780684").refused
    assert customer.invoice_profiles.get().tax_number == "GB980780684"


def test_the_tax_number_of_a_person_is_his_identity_number_and_stays(submit, codes):
    edit = submit(name="李建国", kind="个人", tax_number="11010519491231002X", id_number="11010519491231002X")
    customer = Customer.objects.get(pk=edit.customer_id)
    assert (customer.uscc, customer.invoice_profiles.get().tax_number) == ("", "11010519491231002X")
    edit = submit(name="王小二", kind="个人", uscc="11010519491231002X")
    assert "uscc.is_id_number" in codes(edit)


@pytest.mark.parametrize("number", ["E12345678", "H12345678", "12345678", "110105491231002"])
def test_persons_have_papers_of_many_kinds(submit, number):
    assert not submit(name="陈大文", kind="个人", id_number=number).refused


def test_policy_decides_on_wrong_check_digits(submit, codes, ledger):
    for policy, severity in (("reason", "reason"), ("error", "error"), ("warning", "warning")):
        change_parameters(ledger, {"check_digit_policy": policy}, by=None)
        ledger.refresh_from_db()
        edit = submit(name=f"校验{policy}公司", uscc="913301007996550588", bank_account="6222021202014567894")
        assert codes(edit, severity) >= {"uscc.check_digit", "bank.check_digit"}, policy
        assert edit.refused is (policy != "warning")


@pytest.mark.parametrize(
    ("kind", "start", "code"),
    [
        ("企业", "91", set()), ("企业", "92", {"uscc.kind"}), ("个体户", "92", set()), ("个体户", "91", {"uscc.kind"}),
        ("政府/事业单位", "12", set()), ("政府/事业单位", "91", {"uscc.kind"}), ("合作伙伴", "91", set()), ("合作伙伴", "52", set()),
        ("海外", "91", {"uscc.kind"}), ("企业", "94", {"uscc.register"}),
    ],
)  # fmt: skip
def test_the_beginning_of_the_code_goes_with_the_kind(submit, codes, kind, start, code):
    edit = submit(name="某某单位", kind=kind, uscc=code_of(start), province="浙江省")
    assert not edit.refused and codes(edit, "warning") == code


def test_a_kind_nobody_said_follows_from_the_code(submit):
    for start, kind in (("92", "sole_trader"), ("12", "public"), ("91", "company")):
        edit = submit(name=f"单位{start}", uscc=code_of(start))
        assert Customer.objects.get(pk=edit.customer_id).kind == kind


def test_the_place_of_the_code_and_the_area_of_the_telephone_go_with_the_province(submit, codes):
    edit = submit(name="某某公司", uscc=COMPANY, province="广东省", phone="021-55556666")
    assert codes(edit, "warning") == {"uscc.province", "phone.province"}
    assert "浙江省" in next(each.message for each in edit.problems if each.code == "uscc.province")
    edit = submit(name="某某二公司", province="浙江省", phone="0571-88880001")
    assert not edit.problems
    customer = Customer.objects.get(pk=edit.customer_id)
    assert codes(submit(customer, phone="010-88880001"), "warning") == {"phone.province"}


def test_the_card_says_what_one_would_expect_to_know(add_customer, page):
    customer = add_customer(name="某某公司", kind="企业", owner="sales1")
    assert "建议补充：统一社会信用代码、法定代表人、地址、联系人、电话" in " ".join(page("sales1", customer).split())
    assert "建议补充" not in page("viewer", customer)


def test_the_tabs_of_the_card(firm, page, rule, ledger):
    text = page("manager", firm)
    for tab in ("基本信息", "联系人", "地址", "开票与银行", "信用", "证照", "变更与历史"):
        assert tab in text
    assert 'data-copy="' + firm.number in text
    rule("viewer", "credit_limit", 0)
    rule("viewer", "credit_days", 0)
    assert "tab=credit" not in page("viewer", firm)
    change_parameters(ledger, {"credit_enabled": False}, by=None)
    assert "tab=credit" not in page("manager", firm)
