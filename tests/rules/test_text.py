"""Text as it is stored (`clean_text`) and as it is compared (`fold`)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.rules.text import clean_lines, clean_text, fold, has_forbidden, pua_to_unicode, simplified_of

from .strategies import full_width, messy


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("杭州恒源机械有限公司", "杭州恒源机械有限公司"),
        ("  杭州\u3000恒源 \xa0 机械\t", "杭州 恒源 机械"),
        ("杭州\u200b恒源\ufeff", "杭州恒源"),
        ("恒源\u202e机械\u2066", "恒源机械"),
        ("a\x07b\x85c", "ab c"),
        ("第一行\r\n第二行", "第一行 第二行"),
        ("恒\u200d源", "恒源"),
        ("客户 👨\u200d👩\u200d👧", "客户 👨\u200d👩\u200d👧"),
        ("e\u0301cole", "école"),
        ("e\u200b\u0301cole", "école"),
        ("豈 ⼀ 𠮷 ＡＢ", "豈 ⼀ 𠮷 ＡＢ"),
        ("\u200b \u3000", ""),
    ],
)
def test_stored_text_keeps_every_visible_character_and_no_invisible_one(raw, clean):
    assert clean_text(raw) == clean


@given(messy)
def test_cleaning_twice_is_cleaning_once(text):
    assert clean_text(clean_text(text)) == clean_text(text)
    assert clean_lines(clean_lines(text)) == clean_lines(text)


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_clean_text_has_no_line_break_no_double_blank_and_is_composed(text):
    clean = clean_text(text)
    assert "\n" not in clean and "  " not in clean and clean == clean.strip(" ")
    assert all(unicodedata.category(char) != "Cc" or char == "\x00" for char in clean)


def test_several_lines_are_cleaned_one_by_one():
    assert clean_lines(" 周一\u200b送货 \r\n\r\n\r\n\r\n  先电话 ") == "周一送货\n\n先电话"


@pytest.mark.parametrize(("text", "forbidden"), [("恒源", False), ("恒\x00源", True), ("\ud800", True), ("𠮷", False)])
def test_what_no_database_stores_is_found(text, forbidden):
    assert has_forbidden(text) is forbidden


def test_cleaning_leaves_a_null_character_to_be_reported():
    assert has_forbidden(clean_text("恒\x00源"))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("杭州恒源（集团）有限公司", "杭州恒源(集团)有限公司"),
        ("ＡＢＣ 贸易", "abc贸易"),
        ("重慶長安汽車", "重庆长安汽车"),
        ("恒源·机械、有限公司。", "恒源机械有限公司"),
        ("e\u0301cole", "école"),
        ("⼀机床", "一机床"),
        ("豈凡科技", "岂凡科技"),
        ("恒\u200b源", "恒源"),
        ("葛\U000e0100城", "葛城"),
        ("\ue81e记", "\u9fb4记"),
        ("Straße", "STRASSE"),
    ],
)
def test_fold_makes_equal_what_a_reader_takes_for_equal(left, right):
    assert fold(left) == fold(right) != ""


@pytest.mark.parametrize(("left", "right"), [("恒源", "恒远"), ("乾元", "干元"), ("A+", "A"), ("一厂", "二厂")])
def test_fold_keeps_apart_what_differs(left, right):
    assert fold(left) != fold(right)


@given(messy)
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
def test_width_never_matters_when_folded(text):
    assert fold(full_width(text)) == fold(text)


def test_gb18030_leftovers_become_the_characters_they_stand_for():
    old = b"\xfe\x59\xfe\x51\xa6\xd9".decode("gb18030")
    assert "\ue000" <= old[0] <= "\uf8ff"
    assert pua_to_unicode(old) == "\u9fb4\U00020087\ufe10"
    assert pua_to_unicode("恒源") == "恒源"


def test_shipped_table_agrees_with_opencc():
    from opencc import OpenCC

    convert = OpenCC("t2s").convert
    table = simplified_of()
    assert len(table) > 4000 and "乾" not in table
    assert {char for char in "萬與專業東絲鄭陳張機電貿實業環發" if table.get(char, char) != convert(char)} == set()
