"""Keys, short names, pinyin and mnemonics of customers' names."""

import pytest
from hypothesis import given

from customers.rules.build_tables import simplified_pairs, toneless
from customers.rules.names import KEY_LENGTH, mnemonic_of, name_key, pinyin_of, short_name_of

from .strategies import messy


@pytest.mark.parametrize(
    "variant",
    [
        "杭州恒源（集团）有限公司",
        "杭州恒源(集团)有限公司",
        " 杭州 恒源【集团】有限公司",
        "杭州恆源（集團）有限公司",
        "杭州恒源\u200b集团有限公司。",
    ],
)
def test_one_name_in_many_spellings_has_one_key(variant):
    assert name_key(variant) == name_key("杭州恒源集团有限公司")


def test_the_legal_form_is_part_of_the_key():
    assert name_key("恒源机械有限公司") != name_key("恒源机械厂")


def test_a_name_of_punctuation_keeps_it():
    assert name_key("＊＊＊") == "***" != name_key("---")


def test_a_long_key_fits_its_column_and_still_tells_names_apart():
    keys = {name_key("㍿" * 199 + tail) for tail in ("甲", "乙")}
    assert len(keys) == 2 and {len(key) for key in keys} == {KEY_LENGTH}


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("杭州恒源机械有限公司", "恒源机械"),
        ("杭州市恒源机械有限责任公司", "恒源机械"),
        ("恒源（杭州）机械股份有限公司", "恒源机械"),
        ("昆山恒源精密机械有限公司", "恒源精密机械"),
        ("新疆昌吉州玛纳斯县合力液化气有限责任公司", "合力液化气"),
        ("中国电信股份有限公司喀什分公司", "中国电信喀什"),
        ("南京金陵石化建筑安装工程有限公司", "金陵石化建筑"),
        ("上海市第一人民医院", "上海第一人民医院"),
        ("依安县富民种植专业合作社", "富民种植"),
        ("北京有限公司", "北京"),
        ("张三", "张三"),
        ("ABC Trading Co., Ltd.", "ABC Trading"),
        ("Siemens GmbH", "Siemens"),
    ],
)
def test_short_names_are_guessed(name, short):
    assert short_name_of(name) == short


@given(messy)
def test_any_text_has_key_short_name_pinyin_and_mnemonic(text):
    assert len(name_key(text)) <= KEY_LENGTH
    assert name_key(name_key(text)) == name_key(text)
    assert isinstance(short_name_of(text), str)
    pinyin, mnemonic = pinyin_of(text), mnemonic_of(text)
    assert pinyin.isascii() and pinyin == pinyin.lower() and len(pinyin) <= 400
    assert mnemonic.isascii() and mnemonic == mnemonic.upper() and len(mnemonic) <= 32


@pytest.mark.parametrize(
    ("name", "pinyin", "mnemonic"),
    [
        ("重庆长安汽车", "chongqingchanganqiche", "CQCAQC"),
        ("厦门银行", "xiamenyinhang", "XMYH"),
        ("中国重汽", "zhongguozhongqi", "ZGZQ"),
        ("成长教育", "chengzhangjiaoyu", "CZJY"),
        ("长沙某某公司长沙分公司", "changshamoumougongsichangshafengongsi", "CSMMGSCSFGS"),
        ("乐清市音乐会", "yueqingshiyinyuehui", "YQSYYH"),
        ("六安六盘水", "luanliupanshui", "LALPS"),
        ("西藏冷藏", "xizanglengcang", "XZLC"),
        ("都江堰大都市", "dujiangyandadushi", "DJYDDS"),
        ("朝阳区朝霞", "chaoyangquzhaoxia", "CYQZX"),
        ("空调模具会计", "kongtiaomujukuaiji", "KTMJKJ"),
        ("绿源女装", "lvyuannvzhuang", "LYNZ"),
        ("重慶長安", "chongqingchangan", "CQCA"),
        ("乾元干货", "qianyuanganhuo", "QYGH"),
        ("３６０度科技 (ABC)", "360dukejiabc", "360DKJABC"),
        ("单县莘县浚县蔚县", "shanxianshenxianxunxianyuxian", "SXSXXXYX"),
        ("洪洞涡阳番禺蚌埠亳州台州丽水", "hongtongguoyangpanyubengbubozhoutaizhoulishui", "HTGYPYBBBZTZLS"),
    ],
)
def test_names_are_read_as_people_read_them(name, pinyin, mnemonic):
    assert (pinyin_of(name), mnemonic_of(name)) == (pinyin, mnemonic)


def test_what_has_no_reading_is_left_out():
    assert (pinyin_of("恒★源！"), mnemonic_of("（）")) == ("hengyuan", "")


@pytest.mark.parametrize(
    ("reading", "plain"), [("zhòng", "zhong"), ("lǜ", "lv"), ("nǚ", "nv"), ("ê̄", "e"), ("xi\u030ca", "xia")]
)
def test_tables_are_built_without_tones(reading, plain):
    assert toneless(reading) == plain


def test_the_table_of_simplified_characters_is_built_character_by_character():
    pairs = simplified_pairs()
    assert (pairs["萬"], pairs["後"]) == ("万", "后") and "乾" not in pairs
    assert not set(pairs.values()) & set(pairs)
