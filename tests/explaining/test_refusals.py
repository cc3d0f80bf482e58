"""A refusal says what is missing, which rule decided, who can give it, and how to ask for it; what is not visible stays a 404 without a button."""

import pytest
from django.urls import reverse

from customers.fields import Catalogue
from permissions.models import FieldRule, Override
from permissions.rights import Level

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(add_customer):
    return add_customer(name="杭州西子电梯有限公司", owner="sales1", phone="13800138000")


@pytest.fixture
def hide_number(role_of):
    def hide(level=Level.HIDDEN):
        FieldRule.objects.update_or_create(role=role_of("finance"), field="number", defaults={"level": level})

    return hide


def test_the_page_says_what_why_who_and_how(client_of, ledger):
    text = client_of("sales1").get(reverse("import_list", args=[ledger.code])).content.decode()
    for words in (
        "您没有「导入」权限",
        "没有任何角色给予「导入」权限（现有角色：销售）",
        "可以授予的人",
        "张主管",
        "申请该权限",
    ):
        assert words in text, words
    assert f"{reverse('right_request_new', args=[ledger.code])}?right=import" in text


def test_the_deciding_rule_is_told(client_of, ledger, users):
    Override.objects.create(user=users["sales1"], ledger=ledger, kind="right", key="add", is_denied=True, reason="x")
    text = client_of("sales1").get(reverse("customer_new", args=[ledger.code])).content.decode()
    assert "个人例外：禁止「新增」" in text


def test_json_says_the_same(client_of, ledger):
    answer = client_of("sales1").get(reverse("import_list", args=[ledger.code]), headers={"accept": "application/json"})
    assert answer.status_code == 403
    said = answer.json()
    assert said["code"] == "permission.denied" and said["givers"] == ["张主管"]
    assert "现有角色：销售" in said["rule"] and said["apply_url"].endswith("?right=import")


def test_what_is_not_visible_is_a_404_without_a_button(client_of, ledger, customer):
    browser = client_of("sales2")
    for pk in (customer.pk, 999_999):
        answer = browser.get(reverse("customer_edit", args=[ledger.code, pk]))
        assert answer.status_code == 404
        text = answer.content.decode()
        assert "申请" not in text.split("<main")[1] and "可以授予的人" not in text and "张主管" not in text


def test_outside_of_a_set_nothing_is_offered(client_of):
    answer = client_of("sales1").get(reverse("ledger_new"))
    assert answer.status_code == 403 and "申请该权限" not in answer.content.decode()


def test_an_archived_set_offers_nothing(client_of, ledger):
    type(ledger).objects.filter(pk=ledger.pk).update(state="archived")
    text = client_of("sales1").get(reverse("import_list", args=[ledger.code])).content.decode()
    assert "可以授予的人" in text and "access/apply" not in text


@pytest.mark.parametrize("level", [Level.HIDDEN, Level.MASKED])
def test_who_may_not_see_numbers_is_told_everywhere_and_can_ask(client_of, ledger, customer, hide_number, level):
    hide_number(level)
    browser, ask = client_of("finance"), f"{reverse('right_request_new', args=[ledger.code])}?field=number"
    words = "无权查看编号" if level == Level.HIDDEN else "无权查看完整编号"
    for address in (
        reverse("customer_list", args=[ledger.code]),
        reverse("customer_detail", args=[ledger.code, customer.pk]),
    ):
        text = browser.get(address).content.decode()
        assert words in text and ask in text, address
        assert customer.number not in text, address
    looked_up = browser.get(reverse("number_lookup", args=[ledger.code, customer.number])).content.decode()
    assert "您无权查看编号" in looked_up and ask in looked_up
    refused = browser.get(reverse("customer_numbers", args=[ledger.code, customer.pk]))
    assert refused.status_code == 403 and ask in refused.content.decode()
    exported = browser.get(reverse("export_list", args=[ledger.code])).content.decode()
    assert level == Level.MASKED or ("无权查看编号" in exported and ask in exported)


def test_who_sees_numbers_is_offered_nothing(client_of, ledger, customer):
    browser = client_of("finance")
    for name, args in (("customer_list", []), ("customer_detail", [customer.pk])):
        text = browser.get(reverse(name, args=[ledger.code, *args])).content.decode()
        assert "right_request_new" not in text and "access/apply" not in text


def test_a_masked_field_says_why_and_leads_to_where_one_asks(client_of, ledger, customer, role_of):
    browser = client_of("service")
    text = browser.get(reverse("customer_detail", args=[ledger.code, customer.pk])).content.decode()
    why = f"{reverse('my_rights', args=[ledger.code])}?field=phone"
    assert why in text and "角色「客服」：敏感字段的默认级别为「脱敏」" in text
    explained = browser.get(why).content.decode()
    assert f"{reverse('right_request_new', args=[ledger.code])}?field=phone" in explained


def test_hidden_fields_are_counted_but_not_named(client_of, actor, ledger, customer, role_of):
    FieldRule.objects.create(role=role_of("service"), field="remark", level=Level.HIDDEN)
    who = actor("service")
    hidden = [each.key for each in Catalogue.of(ledger).fields if not who.field_level(each.right_key)]
    text = client_of("service").get(reverse("customer_detail", args=[ledger.code, customer.pk])).content.decode()
    assert "remark" in hidden and f"另有 {len(hidden)} 个字段对您隐藏" in text and "备注" not in text.split("<main")[1]
