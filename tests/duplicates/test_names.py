"""Names taken apart: what is compared of 杭州恒源机械有限公司第二分公司（旧）."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.duplicates.rules import addresses, codes, companies, persons

NAMES = [
    # name, core, brand, branch, numbers
    ("杭州恒源机械有限公司", "恒源机械", "恒源", "", ()),
    ("恒源（杭州）机械有限公司", "恒源机械", "恒源", "", ()),
    ("浙江省杭州市恒源机械股份有限公司", "恒源机械", "恒源", "", ()),
    ("杭州恆源機械有限公司", "恒源机械", "恒源", "", ()),
    ("  杭州恒源机械 有限公司。", "恒源机械", "恒源", "", ()),
    ("《杭州恒源机械有限责任公司》", "恒源机械", "恒源", "", ()),
    ("杭州恒源机械限有公司", "恒源机械", "恒源", "", ()),
    ("杭州恒源机械有限公司（已停用）", "恒源机械", "恒源", "", ()),
    ("-停用-杭州恒源机械有限公司", "恒源机械", "恒源", "", ()),
    ("杭州恒源机械有限公司（王小明）", "恒源机械", "恒源", "", ()),
    ("杭州恒源机械有限公司 Hangzhou Hengyuan Machinery Co., Ltd.", "恒源机械", "恒源", "", ()),
    ("杭州恒源机械有限公司第二分公司", "恒源机械", "恒源", "第二分", ("2",)),
    ("杭州恒源机械有限公司2分公司", "恒源机械", "恒源", "2分", ("2",)),
    ("杭州恒源机械二厂", "恒源机械", "恒源", "", ("2",)),
    ("杭州恒源机械第十二厂", "恒源机械", "恒源", "", ("12",)),
    ("杭州恒源机械有限公司(苏州)营业部", "恒源机械", "恒源", "营业", ()),
    ("中国农业银行股份有限公司余姚支行", "中国农业银行", "中国农业银行", "余姚支行", ()),
    ("中国农业银行余姚支行", "中国农业银行", "中国农业银行", "余姚支行", ()),
    ("恒源机械集团有限公司", "恒源机械", "恒源", "", ()),
    ("庄河市同州电器修配厂有限公司", "同州电器修配", "同州电器修配", "", ()),
    ("三一重工股份有限公司", "三一重工", "三一重工", "", ()),
    ("上海五金交电有限公司", "上海五金交电", "上海", "", ()),
    ("澧县城头山葡萄农民专业合作社", "城头山葡萄", "城头山", "", ()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "core", "brand", "branch", "numbers"), NAMES)
def test_a_name_is_taken_apart(name, core, brand, branch, numbers):
    found = companies.take_apart(name)
    assert (found.core, found.brand, found.branch, found.numbers) == (core, brand, branch, numbers)


def test_places_legal_form_group_and_note_are_kept_apart():
    found = companies.take_apart("旧-恒源（宁波）机械集团有限公司")
    assert (found.place, found.is_group, found.note) == ("330200", True, "note")
    branch = companies.take_apart("恒源机械有限公司苏州分公司")
    assert (branch.place, branch.branch_place) == ("", "320500")


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("Hangzhou Hengyuan Machinery Co., Ltd.", "hangzhou hengyuan"),
        ("杭州恒源机械有限公司/Hangzhou Hengyuan Industry Limited", "hangzhou hengyuan"),
        ("ABC科技有限公司", ""),
    ],
)
def test_latin_names_lose_what_all_have(name, latin):
    assert companies.take_apart(name).latin == latin


@pytest.mark.parametrize(
    ("name", "person"), [("王伟", True), ("欧阳修文", True), ("恒源机械", False), ("王", False), ("Tom", False)]
)
def test_persons_are_known(name, person):
    assert companies.take_apart(name).is_person is person


@pytest.mark.parametrize(
    ("text", "surname", "full"),
    [
        ("王小明", "王", "王小明"),
        ("王总", "王", ""),
        ("王小明经理", "王", "王小明"),
        ("张女士", "张", ""),
        ("欧阳锋 先生", "欧阳", "欧阳锋"),
        ("无", "", ""),
    ],
)
def test_contacts_lose_their_titles(text, surname, full):
    assert (persons.person(text).surname, persons.person(text).full) == (surname, full)


@pytest.mark.parametrize(
    ("address", "core", "numbers"),
    [
        ("浙江省杭州市西湖区文三路12号3幢", "文三路123幢", ("12", "3")),
        ("文三路１２＃3幢", "文三路123幢", ("12", "3")),
        ("不详", "", ()),
    ],
)
def test_addresses_lose_their_place_and_signs(address, core, numbers):
    found = addresses.take_apart(address)
    assert (found.core, found.numbers) == (core, numbers)


@pytest.mark.parametrize(
    ("code", "folded"),
    [
        ("9133 0100 7996 5505 8B", "91330100799655058B"),
        ("9I33OlOO79965S058b", "91330100799655058B"),
        ("91310000XXXXXXXXXX", ""),
        ("000000000000000000", ""),
        ("无", ""),
    ],
)
def test_codes_are_read_as_they_look(code, folded):
    assert codes.folded_code(code) == folded


@pytest.mark.parametrize("digits", ["00000000", "12345678", "13800138000", "1", ""])
def test_placeholders_are_nobodys(digits):
    assert codes.is_placeholder(digits)


@given(st.text(max_size=220))
def test_nothing_written_breaks_it(text):
    found = companies.take_apart(text)
    assert found.core.startswith(found.brand) or not found.core
    persons.person(text)
    addresses.take_apart(text)
    codes.folded_code(text)


@given(
    st.sampled_from([each[0] for each in NAMES]), st.sampled_from(["。", " ", "　", "（旧）", "-已停用", "*", "\u200b"])
)
def test_dirt_behind_a_name_changes_nothing(name, dirt):
    clean, dirty = companies.take_apart(name), companies.take_apart(name + dirt)
    assert (clean.core, clean.branch, clean.numbers) == (dirty.core, dirty.branch, dirty.numbers)
