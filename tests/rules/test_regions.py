"""Divisions of China, and the place that a text begins with."""

import pytest
from hypothesis import given

from customers.rules.regions import (
    NOWHERE,
    cities_of,
    districts_of,
    normal_city,
    normal_province,
    province_of,
    provinces,
    read_place,
    region_by_code,
    region_of,
    short_province,
    short_region,
)

from .strategies import messy


@pytest.mark.parametrize(
    ("address", "province", "city", "district", "code"),
    [
        ("浙江省杭州市西湖区文三路1号", "浙江省", "杭州市", "西湖区", "330106"),
        ("杭州市西湖区文三路1号", "浙江省", "杭州市", "西湖区", "330106"),
        ("浙江杭州文三路1号", "浙江省", "杭州市", "", "330100"),
        ("新疆喀什地区麦盖提县四乡", "新疆维吾尔自治区", "喀什地区", "麦盖提县", "653127"),
        ("新疆昌吉州玛纳斯县乐土驿镇", "新疆维吾尔自治区", "昌吉回族自治州", "玛纳斯县", "652324"),
        ("石家庄市赵县西关", "河北省", "石家庄市", "赵县", "130133"),
        ("河北省赵县西关", "河北省", "石家庄市", "赵县", "130133"),
        ("吉林市船营区1号", "吉林省", "吉林市", "船营区", "220204"),
        ("吉林省吉林市船营区", "吉林省", "吉林市", "船营区", "220204"),
        ("吉林长春", "吉林省", "长春市", "", "220100"),
        ("北京市海淀区中关村", "北京市", "北京市", "海淀区", "110108"),
        ("北京市北京市海淀区", "北京市", "北京市", "海淀区", "110108"),
        ("重庆市市辖区渝中区", "重庆市", "重庆市", "渝中区", "500103"),
        ("重庆市垫江县", "重庆市", "重庆市", "垫江县", "500231"),
        ("中国（上海）自由贸易试验区", "上海市", "上海市", "", "310000"),
        ("上海浦东张江", "上海市", "上海市", "浦东新区", "310115"),
        ("青岛市北区辽宁路", "山东省", "青岛市", "市北区", "370203"),
        ("青岛市市北区辽宁路", "山东省", "青岛市", "市北区", "370203"),
        ("仙桃市仙桃大道", "湖北省", "仙桃市", "", "429004"),
        ("海南省东方市八所镇", "海南省", "东方市", "", "469007"),
        ("海南州共和县", "青海省", "海南藏族自治州", "共和县", "632521"),
        ("中宁县石空镇", "宁夏回族自治区", "中卫市", "中宁县", "640521"),
        ("香港中环", "香港特别行政区", "", "", "810000"),
        ("台湾省台北市", "台湾省", "", "", "710000"),
    ],
)
def test_the_place_an_address_begins_with(address, province, city, district, code):
    assert region_of(address) == (province, city, district, code)
    assert province_of(address) == province


@pytest.mark.parametrize(
    ("name", "city"),
    [
        ("杭州恒源机械有限公司", "杭州市"),
        ("昆山恒源机械有限公司", "苏州市"),
        ("恒源（杭州）机械有限公司", "杭州市"),
        ("温州市亚飞铝窗有限公司常州分公司", "常州市"),
        ("中国银行股份有限公司宁波霞浦支行", "宁波市"),
        ("长安汽车股份有限公司", ""),
        ("东方科技有限公司", ""),
        ("西湖电子集团", ""),
        ("中国电信股份有限公司", ""),
        ("四平路710号", ""),
        ("西藏南路1号", ""),
        ("朝阳区建国路", ""),
        ("中宁县小吕网套加工店", "中卫市"),
        ("", ""),
    ],
)
def test_the_place_of_a_name_and_what_only_looks_like_one(name, city):
    assert region_of(name).city == city


def test_the_place_is_told_with_its_end():
    assert read_place("杭州市恒源机械")[1] == 3
    assert read_place("恒源机械") == (NOWHERE, 0)


def test_provinces_by_any_name():
    assert len(provinces()) == 34
    for full in provinces().values():
        short = short_province(full)
        assert normal_province(short) == normal_province(full) == full and 2 <= len(short) <= 3
    assert normal_province("新疆") == "新疆维吾尔自治区"
    assert normal_province("杭州") == short_province("N/A") == ""


def test_cities_by_any_name():
    assert normal_city("昌吉") == normal_city("昌吉州") == "昌吉回族自治州"
    assert normal_city("吉林", "吉林") == "吉林市"
    assert normal_city("上海", "上海") == "上海市"
    assert normal_city("喀什", "新疆") == "喀什地区"
    assert normal_city("昆山", "江苏") == normal_city("火星") == normal_city("杭州", "江苏") == ""


def test_everything_has_its_place():
    districts = [code for province in provinces() for city in cities_of(province) for code in districts_of(city)]
    assert len(districts) == len(set(districts)) > 2800
    for code in districts:
        region = region_by_code(code)
        assert region.code == code and region.province and region.city and region.district
        assert region_of(region.province + region.city.removeprefix(region.province) + region.district) == region
        assert short_region(code)


def test_unknown_codes_fall_back_to_the_level_above():
    assert region_by_code("330199").city == "杭州市"
    assert region_by_code("339900").province == "浙江省"
    assert region_by_code("990000") == region_by_code("") == NOWHERE


@pytest.mark.parametrize(
    ("code", "short"),
    [
        ("330100", "杭州"),
        ("330106", "西湖"),
        ("420528", "长阳"),
        ("650000", "新疆"),
        ("310115", "浦东"),
        ("130133", "赵县"),
        ("1", ""),
    ],
)
def test_everyday_names(code, short):
    assert short_region(code) == short


@given(messy)
def test_any_text_has_a_place_or_none(text):
    region, end = read_place(text)
    assert bool(region.code) == (end > 0) and end <= len(text)
    assert region_of(text).code in ("", *provinces()) or region_of(text).city
