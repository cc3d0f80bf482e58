"""The list of customers: who sees which rows and how much of them, filters, order, pages, what stands in the address."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from permissions.models import FieldRule

LIST = "/l/HZ01/customers/"


def names(response) -> list[str]:
    return re.findall(r'class="cell-main">\s*<a href="[^"]+">([^<]+)</a>', response.content.decode())


def query_of(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query)


@pytest.fixture
def firms(add_customer, users, departments):
    """Four customers of two sellers."""
    return {
        "hengyuan": add_customer(
            name="杭州恒源机械有限公司", owner="sales1", department="D11", grade="A", province="浙江", phone="0571-88880001",
            contact="赵敏", mobile="13800138000", status="合作中",
        ),
        "lansheng": add_customer(
            name="宁波蓝盛贸易有限公司", owner="sales1", department="D11", grade="B", province="浙江", status="潜在",
        ),
        "xinda": add_customer(
            name="上海鑫达电子科技有限公司", owner="sales2", department="D12", grade="A", province="上海", status="潜在",
            phone="021-61234567",
        ),
        "pool": add_customer(name="无主客户服务部", grade="C"),
    }  # fmt: skip


# --- who sees what -----------------------------------------------------------------------------------------------------


def test_a_seller_sees_his_own_customers_only(client_of, firms):
    assert names(client_of("sales1").get(LIST)) == ["宁波蓝盛贸易有限公司", "杭州恒源机械有限公司"]
    assert names(client_of("sales2").get(LIST)) == ["上海鑫达电子科技有限公司"]


def test_the_supervisor_sees_his_department(client_of, firms):
    assert set(names(client_of("supervisor").get(LIST))) == {"宁波蓝盛贸易有限公司", "杭州恒源机械有限公司"}


def test_the_manager_sees_all_newest_first(client_of, firms):
    assert names(client_of("manager").get(LIST)) == [
        "无主客户服务部", "上海鑫达电子科技有限公司", "宁波蓝盛贸易有限公司", "杭州恒源机械有限公司",
    ]  # fmt: skip


def test_customers_of_another_set_are_not_there(client_of, firms, other_ledger, add_customer):
    add_customer(ledger=other_ledger, name="别家客户有限公司")
    assert "别家客户" not in client_of("manager").get(LIST).content.decode()
    assert client_of("manager").get("/l/SH02/customers/").status_code == 404
    assert client_of("outsider").get(LIST).status_code == 404


def test_telephones_are_masked_for_a_viewer(client_of, firms):
    page = client_of("viewer").get(LIST).content.decode()
    assert "0571-****01" in page
    assert "0571-88880001" not in page
    assert "0571-88880001" in client_of("sales1").get(LIST).content.decode()


def test_a_hidden_field_is_no_column_and_no_filter(client_of, ledger, firms):
    FieldRule.objects.create(role=ledger.roles.get(code="sales"), field="grade", level=0)
    page = client_of("sales1").get(LIST).content.decode()
    assert "客户等级" not in page
    assert len(names(client_of("sales1").get(LIST + "?f-grade=A"))) == 2


def test_without_the_right_to_view_there_is_no_list(client_of, ledger, firms):
    ledger.roles.filter(code="sales").update(rights=["add"])
    assert client_of("sales1").get(LIST).status_code == 403


# --- filters -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("f-grade=A", {"hengyuan", "xinda"}),
        ("f-grade=A,C", {"hengyuan", "xinda", "pool"}),
        ("f-status=cooperating", {"hengyuan"}),
        ("f-province=浙江省", {"hengyuan", "lansheng"}),
        ("f-province=浙江", {"hengyuan", "lansheng"}),
        ("f-province=-", {"pool"}),
        ("f-owner=-", {"pool"}),
        ("f-grade=A&f-province=上海市", {"xinda"}),
        ("f-state=inactive", set()),
        ("f-phone=-", {"hengyuan", "lansheng", "xinda", "pool"}),
        ("f-unknown=1", {"hengyuan", "lansheng", "xinda", "pool"}),
        ("f-category=²", set()),
    ],
)
def test_filters(client_of, firms, query, expected):
    assert set(names(client_of("manager").get(f"{LIST}?{query}"))) == {firms[key].name for key in expected}


def test_mine(client_of, firms):
    firms_of_manager = names(client_of("manager").get(LIST + "?f-owner=me"))
    assert firms_of_manager == []
    assert len(names(client_of("sales1").get(LIST + "?f-owner=me"))) == 2


def test_chips_take_one_condition_away(client_of, firms):
    page = client_of("manager").get(LIST + "?f-grade=A&f-province=上海市").content.decode()
    removals = re.findall(r'class="chip-remove" href="([^"]+)"', page)
    assert [list(query_of(url)) for url in removals] == [["f-province"], ["f-grade"]]


def test_a_bad_date_says_so_and_finds_nothing(client_of, firms):
    response = client_of("manager").get(LIST + "?f-registered_on__from=昨天")
    assert response.status_code == 200
    assert "查询条件有问题" in response.content.decode()
    assert names(response) == []


# --- search ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("恒源", {"hengyuan"}),
        ("恒", {"hengyuan"}),
        ("hzhy", {"hengyuan"}),
        ("贸易 宁波", {"lansheng"}),
        ("赵敏", {"hengyuan"}),
        ("不存在的名字", set()),
        ("KH000003", {"xinda"}),
        ("kh00000", {"hengyuan", "lansheng", "xinda", "pool"}),
        ("8000", {"hengyuan"}),
    ],
)
def test_search(client_of, firms, text, expected):
    found = client_of("manager").post(LIST, {"q": text}, follow=True)
    assert set(names(found)) == {firms[key].name for key in expected}


def test_a_masked_reader_does_not_find_by_telephone(client_of, firms):
    assert names(client_of("viewer").post(LIST, {"q": "13800138000"}, follow=True)) == []
    assert names(client_of("viewer").post(LIST, {"q": "8000"}, follow=True)) == []


# --- what stands in the address -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["13800138000", "138 0013 8000", "0571-88880001", "zhao@example.com"])
def test_a_private_search_text_becomes_a_token(client_of, firms, secret):
    browser = client_of("manager")
    for response in (
        browser.post(LIST, {"q": secret, "f-grade": "A"}),
        browser.get(LIST, {"q": secret, "f-grade": "A"}),
    ):
        assert response.status_code == 302
        query = query_of(response.url)
        assert set(query) == {"t", "f-grade"}
        assert secret not in response.url
    assert names(browser.get(response.url)) == ([] if "@" in secret else ["杭州恒源机械有限公司"])


def test_a_filter_by_telephone_becomes_a_token(client_of, firms):
    response = client_of("manager").post(LIST, {"f-phone": "021-61234567"})
    assert set(query_of(response.url)) == {"t"}
    page = client_of("manager").get(response.url)
    assert names(page) == ["上海鑫达电子科技有限公司"]
    assert "021-61234567" in page.content.decode()


def test_a_token_serves_its_maker_only(client_of, firms):
    url = client_of("manager").post(LIST, {"q": "13800138000"}).url
    assert client_of("finance").get(url).status_code == 409
    assert client_of("manager").get(LIST + "?t=v1.k1.nonsense").status_code == 409


def test_ordinary_conditions_stay_readable(client_of, firms):
    response = client_of("manager").post(
        LIST, {"q": "恒源", "f-grade": "A", "f-status": "", "sort": "name", "size": "25"}
    )
    assert query_of(response.url) == {"q": ["恒源"], "f-grade": ["A"], "sort": ["name"], "size": ["25"]}


# --- order and pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["-id", "number", "-number", "name", "-name", "updated_at", "-updated_at"])
def test_pages_cover_every_row_once_forward_and_back(client_of, add_customer, ledger, sort):
    made = {add_customer(name=f"第{index:02}号客户有限公司").name for index in range(28)}
    browser, seen, urls, url = client_of("manager"), [], [], f"{LIST}?size=25&sort={sort}"
    while url:
        page = browser.get(url)
        urls.append(url)
        seen.append(names(page))
        url = page.context["next_url"]
    assert [len(each) for each in seen] == [25, 3]
    assert {name for each in seen for name in each} == made
    back = browser.get(page.context["previous_url"])
    assert names(back) == seen[0]
    assert not back.context["previous_url"]


def test_a_key_of_another_order_begins_at_the_first_page(client_of, add_customer, ledger):
    for index in range(30):
        add_customer(name=f"第{index:02}号客户有限公司")
    after = query_of(client_of("manager").get(LIST + "?size=25&sort=name").context["next_url"])["after"][0]
    assert len(names(client_of("manager").get(LIST, {"size": "25", "sort": "-updated_at", "after": after}))) == 25
    assert client_of("manager").get(LIST + "?after=broken").status_code == 200


def test_headings_turn_the_order(client_of, firms):
    page = client_of("manager").get(LIST + "?sort=name&f-grade=A")
    column = next(each for each in page.context["columns"] if each.field.key == "name")
    assert column.direction == "ascending"
    assert query_of(column.url) == {"f-grade": ["A"], "sort": ["-name"]}


def test_the_total_is_exact_until_it_would_cost(client_of, firms, monkeypatch):
    assert "共 4 位客户" in client_of("manager").get(LIST).content.decode()
    monkeypatch.setattr("customers.listing.COUNT_CAP", 3)
    assert "3+ 位客户" in client_of("manager").get(LIST).content.decode()


# --- parts of the page ---------------------------------------------------------------------------------------------------------


def test_htmx_gets_the_table_alone(client_of, firms):
    browser = client_of("manager")
    part = browser.get(LIST, headers={"HX-Request": "true", "HX-Target": "customer-results"}).content.decode()
    assert part.lstrip().startswith('<div id="customer-results">')
    assert "<html" not in part
    assert "HX-Request" in browser.get(LIST)["Vary"]


def test_an_empty_set_teaches(client_of, ledger):
    page = client_of("manager").get(LIST).content.decode()
    assert "这里还没有客户" in page
    assert "/l/HZ01/customers/new/" in page
    assert "/l/HZ01/imports/" in page
    reader = client_of("viewer").get(LIST).content.decode()
    assert "/l/HZ01/customers/new/" not in reader


def test_nothing_found_offers_a_way_back(client_of, firms):
    assert "没有符合条件的客户" in client_of("manager").get(LIST + "?f-grade=VIP").content.decode()


def test_a_name_that_nobody_has_can_be_added(client_of, firms):
    url = client_of("sales1").get(LIST + "?q=苏州骏聚商贸").context["add_url"]
    assert 'value="苏州骏聚商贸"' in client_of("sales1").get(url).content.decode()
    assert client_of("viewer").get(LIST + "?q=苏州骏聚商贸").context["add_url"] == ""


def test_queries_do_not_grow_with_the_rows(client_of, add_customer, users, ledger, django_assert_max_num_queries):
    def add(count):
        for index in range(count):
            add_customer(owner=["sales1", "sales2"][index % 2], contact="赵敏", mobile="13800138000", province="浙江")

    add(5)
    browser = client_of("supervisor")
    browser.get(LIST)
    with django_assert_max_num_queries(35) as few:
        browser.get(LIST)
    add(35)
    with django_assert_max_num_queries(len(few.captured_queries)):
        browser.get(LIST)
