"""The pages of shares: the card, the shares of one customer, several from the list, what is shared with me; and what they do not tell."""

import pytest

from customers.models import CustomerUserShare

pytestmark = pytest.mark.django_db

CANARY = "金丝雀公司9417"


def page(pk, act=""):
    return f"/l/HZ01/customers/{pk}/shares/{act}"


def form(users, until, **more):
    return {"holders": f"u{users['sales2'].pk}", "level": "view", "ends_on": until.isoformat(), "reason": "协助"} | more


def test_sharing_extending_and_ending_in_the_browser(theirs, users, client_of, until):
    browser, other = client_of("sales1"), client_of("sales2")
    assert other.get(f"/l/HZ01/customers/{theirs.pk}/").status_code == 404
    assert browser.post(page(theirs.pk), form(users, until)).status_code == 302
    assert "小林" in browser.get(page(theirs.pk)).text
    assert "小林" in browser.get(f"/l/HZ01/customers/{theirs.pk}/").text
    shown = other.get(f"/l/HZ01/customers/{theirs.pk}/")
    assert shown.status_code == 200
    assert f"/customers/{theirs.pk}/edit/" not in shown.text
    refused = other.get(f"/l/HZ01/customers/{theirs.pk}/edit/")
    assert refused.status_code == 403
    assert "只供您查看" in refused.text
    holder = {"holder": f"u{users['sales2'].pk}"}
    answer = browser.post(page(theirs.pk, "extend/"), holder | {"ends_on": until.isoformat()}, follow=True)
    assert "已更改共享期限" in answer.text
    assert "共享" in browser.post(page(theirs.pk, "extend/"), holder | {"ends_on": "1999-01-01"}, follow=True).text
    assert "已结束共享" in browser.post(page(theirs.pk, "end/"), holder, follow=True).text
    assert other.get(f"/l/HZ01/customers/{theirs.pk}/").status_code == 404


def test_a_form_keeps_what_was_typed_and_says_what_is_wrong(theirs, users, client_of, until):
    answer = client_of("sales1").post(page(theirs.pk), form(users, until, ends_on="2099-01-01", reason="我写的原因"))
    assert answer.status_code == 422
    assert "最多共享" in answer.text
    assert "我写的原因" in answer.text


def test_who_may_not_share_sees_why_and_is_refused(theirs, users, client_of, until):
    browser = client_of("finance")
    assert "只有客户的负责人" in browser.get(page(theirs.pk)).text
    assert browser.post(page(theirs.pk), form(users, until)).status_code == 403
    assert client_of("sales2").post(page(theirs.pk), form(users, until)).status_code == 404
    assert not CustomerUserShare.objects.exists()


def test_several_are_ticked_in_the_list_and_shared_as_far_as_one_may(theirs, users, client_of, until, add_customer):
    foreign = add_customer(name=CANARY, owner="sales2")
    browser, ids = client_of("sales1"), f"{theirs.pk} {foreign.pk}"
    assert "data-select-row" in browser.get("/l/HZ01/customers/").text
    shown = browser.get(f"/l/HZ01/customers/share/?ids={ids}")
    assert theirs.name in shown.text
    assert CANARY not in shown.text
    assert browser.post("/l/HZ01/customers/share/", form(users, until, ids=ids)).status_code == 302
    assert CustomerUserShare.objects.get().content_object_id == theirs.pk
    assert browser.get("/l/HZ01/customers/share/?ids=x", follow=True).status_code == 200


def test_what_is_shared_with_me_is_a_filter(theirs, client_of, share, users, add_customer):
    add_customer(name="杭州自己的公司", owner="sales2")
    share(theirs, users["sales2"])
    listed = client_of("sales2").get("/l/HZ01/customers/?f-shared=to-me").text
    assert theirs.name in listed
    assert "杭州自己的公司" not in listed
    assert theirs.name in client_of("sales1").get("/l/HZ01/customers/?f-shared=by-me").text
    assert theirs.name not in client_of("sales2").get("/l/HZ01/customers/?f-shared=by-me").text


def test_a_share_opens_the_row_and_no_field(theirs, share, users, client_of, ledger):
    """查看员 reads telephones masked; a share changes nothing about it, on no page."""
    from permissions.models import FieldRule, Role

    role = Role.objects.get(ledger=ledger, code="sales")
    FieldRule.objects.create(role=role, field="name", level=0)
    FieldRule.objects.create(role=role, field="phone", level=1)
    share(theirs, users["sales2"], by="manager")
    browser = client_of("sales2")
    for address in (
        f"/l/HZ01/customers/{theirs.pk}/",
        page(theirs.pk),
        f"/l/HZ01/customers/share/?ids={theirs.pk}",
        "/l/HZ01/customers/?f-shared=to-me",
    ):
        text = browser.get(address).text
        assert theirs.name not in text, address
        assert "13800138000" not in text, address


def test_a_list_of_shared_customers_asks_a_constant_number_of_queries(
    theirs, share, users, client_of, add_customer, django_assert_max_num_queries
):
    share(theirs, users["sales2"])
    browser = client_of("sales2")
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        browser.get("/l/HZ01/customers/")
    for _n in range(5):
        share(add_customer(owner="sales1"), users["sales2"])
    with django_assert_max_num_queries(len(one)):
        browser.get("/l/HZ01/customers/")
