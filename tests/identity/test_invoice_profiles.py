"""开票资料: several, one of them meant, those that are over folded away, and the text to hand on."""

from datetime import timedelta

import pytest

from customers.models import Customer, InvoiceProfile
from customers.presenting import with_parts
from customers.services import invoicing
from customers.services.edits import PartEdit

pytestmark = pytest.mark.django_db

FULL = {
    "title": "杭州恒源机械有限公司", "tax_number": "91330100799655058B", "taxpayer_kind": "general", "invoice_kind": "special",
    "bank_name": "工行杭州高新支行", "account": "1202020209900012345", "address": "杭州市西湖区文三路1号", "phone": "0571-88880001",
    "tax_rate": "13%",
}  # fmt: skip


@pytest.fixture
def billed(firm, submit, now):
    """A firm with a default profile that ended yesterday and a full one in force."""
    over = {"title": "旧抬头", "is_default": True, "starts_on": "2001-01-01"}
    submit(firm, parts={"invoice_profiles": [PartEdit(over), PartEdit(FULL)]})
    InvoiceProfile.objects.filter(title="旧抬头").update(ends_on=now - timedelta(days=1))
    return firm


def test_the_profile_that_is_meant_is_one_in_force(billed, ledger, system, now):
    profiles = list(billed.invoice_profiles.all())
    assert invoicing.default_profile(profiles, now).title == FULL["title"]
    assert invoicing.default_profile(profiles, now - timedelta(days=2)).title == "旧抬头"
    from customers.fields import Catalogue
    from customers.presenting import Presenter

    catalogue = Catalogue.of(ledger)
    field = catalogue.get("tax_number")
    row = with_parts(Customer.objects.visible_to(system).filter(pk=billed.pk), [field]).get()
    assert Presenter(catalogue, system).value(row, field) == FULL["tax_number"]


def test_one_that_is_over_cannot_be_made_the_default(billed, submit, codes):
    row = InvoiceProfile.objects.get(title="旧抬头")
    full = InvoiceProfile.objects.get(title=FULL["title"])
    submit(billed, parts={"invoice_profiles": [PartEdit({"is_default": True}, pk=full.pk)]})
    edit = submit(billed, parts={"invoice_profiles": [PartEdit({"is_default": True}, pk=row.pk)]})
    assert codes(edit) == {"invoice.default_not_in_force"}


def test_the_tab_folds_what_is_over_and_copies_what_is_in_force(billed, page):
    text = page("manager", billed, "invoice")
    head, folded = text.split('<details class="part-folded">')
    assert "旧抬头" in folded and "旧抬头" not in head and "已停用" in folded
    assert (
        "名称：杭州恒源机械有限公司\n纳税人识别号：91330100799655058B\n地址、电话：杭州市西湖区文三路1号 0571-88880001\n"
        "开户行及账号：工行杭州高新支行 1202020209900012345" in text
    )


def test_the_copied_text_holds_only_what_one_may_read(billed, page, rule):
    def copied(username):
        text = page(username, billed, "invoice")
        return text.split('data-copy="名称', 1)[1].split('"', 1)[0]

    assert "1202020209900012345" not in copied("viewer") and "工行" in copied("viewer")  # reads masked
    assert "0571-88880001" not in copied("viewer")
    rule("finance", "invoice_profiles.account", 0)
    rule("finance", "invoice_profiles.tax_number", 0)
    text = copied("finance")
    assert "1202020209900012345" not in text and "识别号" not in text and "文三路" in text


def test_the_credit_code_stands_for_a_missing_number_for_who_may_read_it(firm, submit, page, rule):
    submit(firm, parts={"invoice_profiles": [PartEdit({"title": firm.name})]})
    assert "纳税人识别号：91330100799655058B" in page("finance", firm, "invoice")
    rule("finance", "uscc", 0)
    assert "91330100799655058B" not in page("finance", firm, "invoice")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"taxpayer_kind": "small"}, "invoice.special_taxpayer"),
        ({"address": ""}, "invoice.special_lacks"),
        ({"tax_rate": "14"}, "tax_rate.unusual"),
        ({}, ""),
        ({"invoice_kind": "ordinary", "taxpayer_kind": "small", "bank_name": ""}, ""),
    ],
)
def test_odd_profiles_are_told_and_stored(firm, submit, codes, change, code):
    edit = submit(firm, parts={"invoice_profiles": [PartEdit(FULL | change)]})
    assert not edit.refused
    assert codes(edit, "warning") == ({code} if code else set())


@pytest.mark.parametrize(
    ("rate", "stored", "code"),
    [("13%", "13.00", ""), ("1", "1.00", ""), ("6", "6.00", ""), ("0.13", None, "percent.ambiguous"), ("130", None, "tax_rate.range"),
     ("", None, "")],
)  # fmt: skip
def test_rates(firm, submit, codes, rate, stored, code):
    edit = submit(firm, parts={"invoice_profiles": [PartEdit({"title": "抬头", "tax_rate": rate})]})
    assert codes(edit) == ({code} if code else set())
    if not code:
        value = firm.invoice_profiles.get().tax_rate
        assert (None if value is None else str(value)) == stored


def test_bank_and_branch_number_speak_of_one_bank(firm, submit, codes):
    edit = submit(
        firm, parts={"bank_accounts": [PartEdit({"account": "1202020209900012345", "cnaps": "102100099996"})]}
    )
    assert firm.bank_accounts.get().bank_name == "中国工商银行" and not edit.problems
    edit = submit(
        firm,
        parts={
            "bank_accounts": [
                PartEdit({"account": "99887766554433", "cnaps": "102100099996", "bank_name": "建行杭州分行"})
            ]
        },
    )
    assert codes(edit, "warning") == {"cnaps.other_bank"}
