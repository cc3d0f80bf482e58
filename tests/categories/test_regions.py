"""销售区域: places to regions, the longer code wins, a hand's choice stays, changes in the background."""

import pytest
from django.urls import reverse

from customers.categorising import regions
from customers.models import Customer, SalesRegion
from customers.rules import regions as china
from customers.services import pipeline
from customers.services.edits import Edit
from customers.services.regions import RegionMap
from erp_site.shared.errors import BusinessError

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(actor):
    return actor("manager")


@pytest.fixture
def east(ledger, by):
    return regions.save(ledger, code="HD", name="华东", places=["33", "31"], by=by)[0]


@pytest.fixture
def hangzhou(ledger, by, east):
    return regions.save(ledger, code="HZ", name="杭州大区", places=["3301"], by=by)[0]


def region_of(customer):
    return Customer.objects.select_related("sales_region").get(pk=customer.pk).sales_region


def change(ledger, by, customer, **values):
    edit = Edit(values, customer_id=customer.pk)
    outcome = pipeline.submit([edit], ledger=ledger, by=by, kind="edit")
    assert not outcome.refused, edit.problems


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (("浙江",), "330000"),
        (("浙江省", "杭州"), "330100"),
        (("", "杭州市"), "330100"),
        (("浙江省", "杭州市", "西湖区"), "330106"),
        (("上海市", "上海市", "浦东新区"), "310115"),
        (("湖北省", "仙桃市"), "429004"),
        (("甘肃省", "杭州市"), "620000"),
        (("", "", ""), ""),
        (("火星",), ""),
    ],
)
def test_codes_of_places(place, code):
    assert china.code_of(*place) == code


# --- into regions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "region"),
    [
        ({"province": "浙江", "city": "宁波"}, "华东"),
        ({"province": "浙江", "city": "杭州"}, "杭州大区"),
        ({"city": "杭州市"}, "杭州大区"),
        ({"province": "上海市"}, "华东"),
        ({"province": "广东省"}, None),
        ({"name": "杭州西子电梯有限公司"}, "杭州大区"),
    ],
)
def test_a_new_customer_lies_where_its_place_lies(add_customer, hangzhou, values, region):
    found = region_of(add_customer(**{"name": "测试机械有限公司", **values}))
    assert (found.name if found else None) == region


def test_the_code_of_the_place_is_kept(add_customer):
    customer = add_customer(province="浙江", city="宁波")
    assert customer.region_code == "330200"
    assert add_customer(city="宁波市").province == "浙江省"


def test_what_somebody_says_wins_and_stays(ledger, by, add_customer, east, hangzhou):
    customer = add_customer(province="浙江", city="宁波", sales_region="杭州大区")
    assert region_of(customer) == hangzhou
    change(ledger, by, customer, city="温州")
    assert region_of(customer) == hangzhou


def test_who_moves_house_moves_region(ledger, by, add_customer, east, hangzhou):
    customer = add_customer(province="浙江", city="宁波")
    change(ledger, by, customer, city="杭州")
    assert region_of(customer) == hangzhou
    change(ledger, by, customer, province="广东", city="广州")
    assert region_of(customer) is None


def test_by_code_and_by_name_in_a_file(add_customer, east):
    assert region_of(add_customer(sales_region="hd")) == east
    assert region_of(add_customer(sales_region="华东")) == east


def test_an_unknown_or_retired_region_is_named(ledger, system, by, east):
    regions.set_active(east, False, by=by)
    edit = Edit({"name": "甲有限公司", "sales_region": "华东"})
    pipeline.Pipeline(ledger, system).prepare([edit])
    assert any("华东" in problem.message for problem in edit.problems)


def test_a_thousand_new_customers_take_no_more_queries_than_one(
    ledger, system, hangzhou, django_assert_max_num_queries
):
    edits = [Edit({"name": f"甲{n}有限公司", "province": "浙江省", "city": "杭州市"}) for n in range(1000)]
    pipe = pipeline.Pipeline(ledger, system)
    with django_assert_max_num_queries(40):
        pipe.prepare(edits)
    assert edits[-1].values["sales_region_id"] == hangzhou.pk


# --- the regions themselves -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"code": "hd"}, "code", "已存在"),
        ({"code": "华东"}, "code", "字母、数字"),
        ({"name": "华东"}, "name", "已存在"),
        ({"name": " "}, "name", "填写"),
        ({"places": ["33"]}, "places", "浙江省已属于销售区域「华东」"),
        ({"places": ["3399"]}, "places", "3399"),
        ({"places": ["x"]}, "places", "x"),
    ],
)
def test_what_is_refused(ledger, by, east, values, field, words):
    with pytest.raises(BusinessError, match=words) as refused:
        regions.save(ledger, **{"code": "XX", "name": "新区", "places": ["44"], **values}, by=by)
    assert refused.value.field == field


def test_a_place_within_a_chosen_one_says_nothing_more(ledger, by):
    made, _job = regions.save(ledger, code="ZJ", name="浙江", places=["330000", "3301", "330106", "310115"], by=by)
    assert made.places == ["310115", "33"]


def test_a_retired_region_gives_its_places_back(ledger, by, east):
    regions.set_active(east, False, by=by)
    regions.save(ledger, code="ZJ", name="浙江", places=["33"], by=by)
    with pytest.raises(BusinessError, match="已属于"):
        regions.set_active(SalesRegion.objects.get(pk=east.pk), True, by=by)


def test_the_usual_seven_cover_the_country_once(ledger, by):
    count, _job = regions.add_usual(ledger, by=by)
    covered = [code for row in SalesRegion.objects.filter(ledger=ledger) for code in row.places]
    assert (count, len(covered), len(set(covered))) == (7, 34, 34)
    assert set(covered) == {code[:2] for code in china.provinces()}
    assert regions.add_usual(ledger, by=by)[0] == 0


def test_the_usual_seven_take_no_place_that_is_taken(ledger, by, hangzhou):
    SalesRegion.objects.filter(name="华东").update(name="江浙沪", code="JZH")
    regions.add_usual(ledger, by=by)
    assert "33" not in SalesRegion.objects.get(ledger=ledger, code="HD").places


# --- changes ----------------------------------------------------------------------------------------------------------------


def test_a_changed_map_moves_customers_in_the_background(ledger, by, add_customer, east, work):
    in_hangzhou = add_customer(province="浙江", city="杭州")
    in_ningbo = add_customer(province="浙江", city="宁波")
    by_hand = add_customer(province="广东", city="广州", sales_region="华东")
    city, job = regions.save(ledger, code="HZ", name="杭州大区", places=["3301"], by=by)
    assert job is not None
    assert region_of(in_hangzhou) == east
    work()
    job.refresh_from_db()
    assert job.result["changed"] == 1
    assert [region_of(each) for each in (in_hangzhou, in_ningbo, by_hand)] == [city, east, east]


def test_first_regions_fill_in_a_whole_set(ledger, by, add_customer, work):
    customer = add_customer(province="浙江", city="宁波")
    regions.add_usual(ledger, by=by)
    work()
    assert region_of(customer).name == "华东"


def test_the_number_is_told_before(ledger, by, add_customer, east):
    add_customer(province="浙江", city="杭州", district="西湖区")
    add_customer(province="浙江", city="宁波")
    assert regions.preview(ledger, region=None, places=["3301"]).customers == 1
    assert regions.preview(ledger, region=None, places=["330106"]).customers == 1
    assert regions.preview(ledger, region=None, places=["330108"]).customers == 0
    assert regions.preview(ledger, region=east, places=["31"]).customers == 2


def test_two_changes_one_after_the_other(ledger, by, add_customer, east, work):
    customer = add_customer(province="浙江", city="杭州")
    city, _job = regions.save(ledger, code="HZ", name="杭州大区", places=["3301"], by=by)
    regions.save(ledger, code="HZ", name="杭州大区", places=["3302"], by=by, region=city)
    work()
    assert region_of(customer) == east
    assert RegionMap.of(ledger).of_code("330100") == east.pk


def test_a_region_with_customers_is_not_deleted(by, add_customer, east):
    add_customer(province="浙江")
    with pytest.raises(BusinessError, match="还有客户"):
        regions.remove(east, by=by)


# --- pages --------------------------------------------------------------------------------------------------------------------


def test_the_page_asks_before_it_moves_anybody(client_of, ledger, add_customer, east, hangzhou, work):
    customer = add_customer(province="浙江", city="宁波")
    browser, address = client_of("manager"), reverse("region_edit", args=[ledger.code, hangzhou.pk])
    said = {"code": "HZ", "name": "杭州大区", "places": ["3301", "3302"]}
    asked = browser.post(address, said)
    assert "有 1 位客户" in asked.content.decode()
    assert SalesRegion.objects.get(pk=hangzhou.pk).places == ["3301"]
    browser.post(address, said | {"confirmed": "1"})
    work()
    assert region_of(customer) == hangzhou


def test_the_page_shows_whose_a_place_is(client_of, ledger, east):
    page = client_of("manager").get(reverse("region_list", args=[ledger.code]))
    zhejiang = next(each for each in page.context["provinces"] if each["code"] == "33")
    assert (zhejiang["owner"], zhejiang["checked"]) == ("华东", False)


def test_filter_column_and_card(client_of, ledger, add_customer, east):
    inside, outside = add_customer(province="浙江"), add_customer(province="广东")
    browser = client_of("manager")
    answer = browser.get(reverse("customer_list", args=[ledger.code]), {"f-sales_region": east.pk})
    assert [row.customer.pk for row in answer.context["rows"]] == [inside.pk]
    blank = browser.get(reverse("customer_list", args=[ledger.code]), {"f-sales_region": "-"})
    assert [row.customer.pk for row in blank.context["rows"]] == [outside.pk]
    assert "华东" in browser.get(inside.get_absolute_url()).content.decode()


def test_a_hidden_region_is_neither_shown_nor_filtered_by(client_of, ledger, add_customer, east):
    from permissions.models import FieldRule, Role
    from permissions.rights import Level

    customer = add_customer(name="宁波测试有限公司", province="浙江", owner="sales1")
    FieldRule.objects.create(
        role=Role.objects.get(ledger=ledger, code="sales"), field="sales_region", level=Level.HIDDEN
    )
    browser = client_of("sales1")
    assert "华东" not in browser.get(customer.get_absolute_url()).content.decode()
    assert "华东" not in browser.get(customer.get_absolute_url(), {"tab": "history"}).content.decode()
    listed = browser.get(reverse("customer_list", args=[ledger.code]), {"f-sales_region": "-"}).content.decode()
    assert customer.name in listed and "华东" not in listed


def test_the_pickers_of_a_place(client_of, ledger):
    address = reverse("customer_places", args=[ledger.code])
    browser = client_of("sales1")
    assert "杭州市" in browser.get(address, {"province": "浙江"}).json()["cities"]
    assert "西湖区" in browser.get(address, {"province": "浙江省", "city": "杭州市"}).json()["districts"]
    assert "浦东新区" in browser.get(address, {"province": "上海", "city": "上海市"}).json()["districts"]
    assert browser.get(address, {"province": "火星"}).json() == {"cities": [], "districts": []}


def test_a_role_may_see_a_region_alone(client_of, ledger, add_customer, east):
    from permissions.models import Role, RowScope
    from permissions.rights import Scope

    role = Role.objects.get(ledger=ledger, code="sales")
    role.scopes.all().delete()
    RowScope.objects.create(role=role, kind=Scope.SALES_REGIONS, values=[east.pk])
    inside, outside = add_customer(province="浙江"), add_customer(province="广东")
    browser = client_of("sales1")
    assert browser.get(inside.get_absolute_url()).status_code == 200
    assert browser.get(outside.get_absolute_url()).status_code == 404
