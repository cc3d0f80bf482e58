"""The first page of a set: one's own figures, what is new, what others did, and only what one may do."""

import pytest

from customers.services import pipeline
from customers.services.edits import Edit


@pytest.fixture
def firms(add_customer, users, ledger):
    return [
        add_customer(name="杭州恒源机械有限公司", owner="sales1", department="D11"),
        add_customer(name="宁波蓝盛贸易有限公司", owner="sales1", department="D11"),
        add_customer(name="上海鑫达电子科技有限公司", owner="sales2", department="D12"),
    ]


def test_figures_are_ones_own(client_of, firms):
    context = client_of("sales1").get("/l/HZ01/").context
    assert (context["mine"], context["all"], context["today"]) == ("2", "2", "2")
    context = client_of("manager").get("/l/HZ01/").context
    assert (context["mine"], context["all"]) == ("0", "3")


def test_changes_by_others_are_shown_and_ones_own_are_not(client_of, firms, ledger, actor):
    edit = Edit(values={"grade": "A"}, customer_id=firms[0].pk)
    pipeline.submit([edit], ledger=ledger, by=actor("manager"), kind="edit")
    seen = client_of("sales1").get("/l/HZ01/").context["changed"]
    assert [line["customer"].pk for line in seen] == [firms[0].pk]
    assert client_of("manager").get("/l/HZ01/").context["changed"] == []
    assert client_of("sales2").get("/l/HZ01/").context["changed"] == []


def test_actions_follow_rights(client_of, firms):
    page = client_of("manager").get("/l/HZ01/").content.decode()
    assert "/customers/new/" in page
    assert "/imports/" in page
    page = client_of("viewer").get("/l/HZ01/").content.decode()
    assert "/customers/new/" not in page
    assert "/imports/" not in page


def test_the_last_imports(client_of, firms, ledger, system):
    edit = Edit(values={"name": "苏州骏聚商贸有限公司"}, reason="导入")
    pipeline.submit([edit], ledger=ledger, by=system, kind="import")
    assert [batch.customers_added for batch in client_of("manager").get("/l/HZ01/").context["imports"]] == [1]
    assert "imports" not in client_of("sales1").get("/l/HZ01/").context


def test_the_set_is_remembered(client_of, firms):
    browser = client_of("sales1")
    browser.get("/l/hz01/")
    assert browser.session["last_ledger"] == "HZ01"


def test_an_empty_set_teaches(client_of, ledger):
    assert "这里还没有客户" in client_of("manager").get("/l/HZ01/").content.decode()


def test_without_the_right_to_view_nothing_is_shown(client_of, firms, ledger):
    ledger.roles.filter(code="sales").update(rights=["add"])
    page = client_of("sales1").get("/l/HZ01/").content.decode()
    assert "没有查看客户的权限" in page
    assert "恒源" not in page


def test_queries_do_not_grow(client_of, firms, add_customer, django_assert_max_num_queries):
    browser = client_of("supervisor")
    browser.get("/l/HZ01/")
    with django_assert_max_num_queries(28) as few:
        browser.get("/l/HZ01/")
    for _index in range(20):
        add_customer(owner="sales1", department="D11")
    with django_assert_max_num_queries(len(few.captured_queries)):
        browser.get("/l/HZ01/")
