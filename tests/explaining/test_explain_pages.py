"""权限说明 and 我的权限: what the pages say, and that they tell their reader no more than he may know."""

import re

import pytest
from django.urls import reverse

from permissions.models import FieldRule, Override
from permissions.rights import Level

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(add_customer):
    return add_customer(name="杭州西子电梯有限公司", owner="sales1", department="D11", phone="13800138000")


@pytest.fixture
def page(client_of, ledger, users):
    """page("manager", user="sales1", customer="KH000001"): the text of 权限说明."""

    def get(reader, user=None, **asked):
        asked |= {"user": users[user].pk} if user else {}
        answer = client_of(reader).get(reverse("rights_explain", args=[ledger.code]), asked)
        assert answer.status_code == 200, answer.status_code
        return re.sub(r'(csrfmiddlewaretoken" value="|FToken": ")\w+', "", answer.content.decode())

    return get


def test_it_opens_with_a_question_and_answers_about_a_person(page):
    assert "选一个人" in page("manager")
    text = page("manager", "sales1")
    for words in ("角色「销售」", "本人负责的客户", "“新增客户”", "各来源的说法一致", "个人禁止 › 角色禁止"):
        assert words in text, words


def test_it_says_why_somebody_sees_a_customer_and_who_else_does(page, customer):
    text = page("manager", "sales1", customer=customer.number)
    assert "小陈看得到这个客户，因为有角色「销售」：本人负责的客户，负责人就是小陈。" in text
    assert "由这一条决定" in text and "谁能看到这个客户" in text
    assert "角色「销售主管」：本部门及下级" in text and "老李" in text


def test_it_says_why_not_and_what_would_help(page, customer, ledger):
    text = page("manager", "sales2", customer="西子电梯")
    assert "小林看不到这个客户" in text
    assert "要让小林看到它，可以" in text
    assert reverse("customer_edit", args=[ledger.code, customer.pk]) in text
    assert f"{reverse('rights_whatif', args=[ledger.code])}?user=" in text


def test_several_customers_of_a_name_are_offered(page, add_customer):
    for number in (1, 2):
        add_customer(name=f"宁波海天塑机{number}厂", owner="sales1")
    text = page("manager", "sales2", customer="宁波海天塑机")
    assert "是哪一个客户" in text and "pk=" in text


def test_a_reader_who_does_not_see_the_customer_is_told_only_that(page, customer, add_customer, make_role, give):
    """A manager of members with rows of his own: a customer beyond them is like one that does not exist."""
    give("sales2", make_role("people", rights=["members"]))
    hidden = page("sales2", "sales1", customer=customer.number)
    missing = page("sales2", "sales1", customer="KH999999")
    assert "没有找到「KH999999」" in missing and f"没有找到「{customer.number}」" in hidden
    assert hidden.replace(customer.number, "?") == missing.replace("KH999999", "?")
    linked = page("sales2", "sales1", pk=customer.pk)
    assert "西子" not in linked and "小陈看得到这个客户" not in linked


def test_counts_are_of_customers_that_the_reader_sees(page, add_customer, make_role, give):
    for _number in range(3):
        add_customer(owner="sales1")
    assert '看到哪些客户 <span class="count">3</span>' in page("manager", "sales1")
    give("sales2", make_role("people", rights=["members"]))
    limited = page("sales2", "sales1")
    assert '看到哪些客户 <span class="count">0</span>' in limited and "只数您自己也能看到的客户" in limited


def test_names_and_numbers_hidden_from_the_reader_stay_hidden(page, customer, ledger, role_of, make_role, give):
    give("viewer", make_role("people", rights=["members"], sensitive_level=0))
    for code in ("viewer", "people"):
        for field in ("number", "owner", "department"):
            FieldRule.objects.create(role=role_of(code), field=field, level=Level.HIDDEN)
    text = page("viewer", "sales1", customer="西子电梯")
    assert customer.number not in text
    assert "小陈看得到这个客户" in text and "负责人就是" not in text
    assert "角色「销售」：本人" not in text.split("谁能看到这个客户")[1].split("能做什么")[0]


def test_conflicts_are_listed_with_who_wins_and_why(page, ledger, users, make_role, give):
    give("sales1", make_role("no", name="不准导出", rights=["view", "export"], sensitive_level=0))
    Override.objects.create(
        user=users["sales1"], ledger=ledger, kind="right", key="export", is_denied=True, reason="调查"
    )
    Override.objects.create(
        user=users["sales1"],
        ledger=ledger,
        kind="field",
        key="phone",
        is_denied=True,
        level=Level.MASKED,
        reason="调查",
    )
    text = page("manager", "sales1")
    assert "功能权限「导出」：禁止" in text
    assert "「个人禁止」优先于「角色」" in text
    assert "个人限制：字段最多「脱敏」" in text
    assert "角色「不准导出」：敏感字段的默认级别为「隐藏」" in text, "loses against the more generous role"


def test_a_field_is_explained_by_itself(page, ledger, users):
    Override.objects.create(
        user=users["sales1"],
        ledger=ledger,
        kind="field",
        key="phone",
        is_denied=True,
        level=Level.MASKED,
        reason="调查",
    )
    text = page("manager", "sales1", field="phone")
    assert "<strong>个人限制：字段最多「脱敏」</strong>" in text
    assert "角色 · 角色「销售」：敏感字段的默认级别为「可编辑」" in text


def test_what_is_over_is_told_as_well(page, ledger, role_of, give, days):
    give("sales2", role_of("finance"), ends_on=days(-1))
    assert f"已于 {days(-1).isoformat()} 失效" in page("manager", "sales2")


def test_everybody_reads_his_own_rights_and_nobody_elses(client_of, ledger, users, customer):
    browser, mine = client_of("viewer"), reverse("my_rights", args=[ledger.code])
    text = browser.get(mine, {"user": users["manager"].pk}).content.decode()
    assert "查看员在本账套能做什么" in text and "张主管在本账套" not in text
    assert browser.get(reverse("rights_explain", args=[ledger.code])).status_code == 403
    seen = client_of("sales1").get(mine, {"customer": customer.number}).content.decode()
    assert "小陈看得到这个客户" in seen and "谁能看到这个客户" not in seen
    unseen = client_of("sales2").get(mine, {"customer": customer.number}).content.decode()
    assert "没有找到" in unseen and "看不到这个客户" not in unseen


def test_bad_questions_are_answered_kindly(client_of, ledger, users):
    browser, address = client_of("manager"), reverse("rights_explain", args=[ledger.code])
    assert browser.get(address, {"user": "999999"}).status_code == 422
    assert browser.get(address, {"user": "x", "field": "nothing"}).status_code == 422
    asked = {"user": users["sales1"].pk, "pk": "9" * 40, "customer": "' OR 1=1 --"}
    assert browser.get(address, asked).status_code == 200


def test_the_pages_ask_a_bounded_number_of_queries(client_of, ledger, users, customer, django_assert_max_num_queries):
    browser = client_of("manager")
    with django_assert_max_num_queries(90):
        browser.get(
            reverse("rights_explain", args=[ledger.code]), {"user": users["sales1"].pk, "customer": customer.number}
        )
