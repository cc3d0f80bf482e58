"""What speaks for and against a pair, what it comes to, and in which words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.duplicates import blocking, columns, deciding, evidence, pairing, profiles, wording
from customers.duplicates.profiles import Record

CODE, OTHER = "91330100799655058B", "91654202738399118E"
FIRM = {
    "province": "浙江省",
    "city": "杭州市",
    "phones": ["13700001234"],
    "contacts": ["王芳"],
    "address": "浙江省杭州市西湖区文三路12号3幢",
}


def known(*records: Record) -> evidence.Known:
    return evidence.Known.of(profiles.build(1, records))


def chance(a: Record, b: Record) -> float:
    features = evidence.compare(known(a, b), np.array([0]), np.array([1]))
    return float(deciding.chances(features)[0])


def words(a: Record, b: Record) -> str:
    pair = known(a, b)
    features = evidence.compare(pair, np.array([0]), np.array([1]))
    return wording.sentence(wording.reasons(pair, np.array([0]), np.array([1]), features)[0])


def is_candidate(a: Record, b: Record) -> bool:
    made = profiles.build(1, [a, b])
    keys = list(blocking.keys_of(1, made, columns.derive(made)))
    return len(pairing.candidates(made, keys)[0]) == 1


DUPLICATES = [
    ("杭州恒源机械有限公司", {}),
    ("杭州恆源機械有限公司", {}),
    ("恒源（杭州）机械有限公司", {}),
    ("杭州恒圆机械有限公司", {}),
    ("杭州恒源机械", {}),
    ("杭州恒源机械有限公司（旧）", {}),
    ("杭州源恒机械有限公司", {}),
    ("杭州恒源机械有责任公司", {}),
    ("Hangzhou Hengyuan Machinery Co., Ltd.", {}),
    ("杭州恒源机械有限公司", {"phones": ["13700001235"]}),
    ("杭州恒源机械有限公司", {"contacts": ["王经理"], "address": "文三路12#3幢"}),
]


@pytest.mark.parametrize(("name", "other"), DUPLICATES)
def test_the_same_customer_written_otherwise_is_a_duplicate(name, other):
    a, b = Record("杭州恒源机械有限公司", code=CODE, **FIRM), Record(name, **(FIRM | other))
    assert is_candidate(a, b)
    assert chance(a, b) >= deciding.DUPLICATE


STRANGERS = [
    ("杭州恒源机械有限公司苏州分公司", {"address": "江苏省苏州市姑苏区人民路1号"}),
    ("杭州恒源机械二厂", {"phones": ["13911112222"], "contacts": ["李强"], "address": ""}),
    ("苏州恒源机械有限公司", {"province": "江苏省", "city": "苏州市", "phones": ["13911112222"], "contacts": ["李强"], "address": "人民路1号"}),
    ("杭州恒源食品有限公司", {"phones": ["13911112222"], "contacts": ["李强"], "address": "人民路1号"}),
    ("杭州天达物流有限公司", {"contacts": ["李强"], "address": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "other"), STRANGERS)
def test_branches_sisters_and_namesakes_are_none(name, other):
    a, b = Record("杭州恒源机械有限公司", **FIRM), Record(name, **(FIRM | other))
    assert chance(a, b) < deciding.DUPLICATE


def test_two_valid_codes_are_two_customers_whatever_else_agrees():
    a, b = Record("杭州恒源机械有限公司", code=CODE, **FIRM), Record("杭州恒源机械有限公司", code=OTHER, **FIRM)
    assert chance(a, b) < deciding.POSSIBLE
    assert "两个不同的有效信用代码" in words(a, b)


def test_the_same_code_is_the_same_firm_under_a_new_name():
    a, b = Record("杭州恒源机械有限公司", code=CODE), Record("宁波天达物流有限公司", code=CODE)
    assert is_candidate(a, b)
    assert chance(a, b) >= deciding.SAME_CODE


def test_branches_of_one_bank_with_one_telephone_stay_two():
    a = Record("中国农业银行股份有限公司余姚支行", phones=["0574-62880001"])
    b = Record("中国农业银行股份有限公司慈溪支行", phones=["0574-62880001"])
    assert chance(a, b) < deciding.POSSIBLE


def test_two_persons_of_one_name_are_two_until_something_else_agrees():
    a, b = (
        Record("王伟", phones=["13700001234"], contacts=["王伟"]),
        Record("王伟", phones=["13900005678"], contacts=["王伟"]),
    )
    assert chance(a, b) < deciding.GROUP
    assert chance(a, Record("王伟", phones=["13700001234"])) >= deciding.DUPLICATE


def test_numbered_sisters_stay_two():
    a = Record("杭州恒源机械有限公司第一分公司", **FIRM)
    b = Record("杭州恒源机械有限公司第二分公司", **FIRM)
    assert chance(a, b) < deciding.POSSIBLE
    assert "序号不同" in words(a, b)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("杭州恒圆机械有限公司", "同音字 1 处「源→圆」"),
        ("杭州恒源机戒有限公司", "差 1 个字「械→戒」"),
        ("杭州源恒机械有限公司", "两字颠倒"),
        ("杭州恒源源机械有限公司", "多一个叠字"),
        ("杭州恒源机械有限公司", "名称相同"),
        ("恒源（杭州）机械公司", "去掉地区、组织形式后名称相同"),
        ("杭州恒源机械有限公司苏州分公司", "一方是分支机构"),
        ("恒源", "一方是另一方的简写"),
    ],
)
def test_evidence_is_said_in_words(name, said):
    assert said in words(Record("杭州恒源机械有限公司"), Record(name))


def test_evidence_of_fields_is_said_in_words():
    a = Record("杭州恒源机械有限公司", code=CODE, phones=["13700001234"], contacts=["王芳"], banks=["3301040160012345"])
    b = Record(
        "杭州恒源机械有限公司",
        code=CODE[:-1] + "C",
        phones=["13700001239"],
        contacts=["王总"],
        banks=["3301040160012346"],
    )
    assert words(a, b) == "名称相同，同一城市，信用代码差 1 位，电话差一位，银行账号相近，联系人同姓"


SOME = st.builds(
    Record,
    name=st.text(max_size=40) | st.sampled_from([each[0] for each in DUPLICATES + STRANGERS]),
    code=st.sampled_from(["", CODE, OTHER, "X"]),
    phones=st.lists(st.sampled_from(["13700001234", "0571-88886666", "1", "垃圾"]), max_size=4),
    contacts=st.lists(st.text(max_size=6), max_size=4),
    address=st.text(max_size=30),
)


@given(SOME, SOME)
def test_a_comparison_has_no_direction(a, b):
    pair = known(a, b)
    there = evidence.compare(pair, np.array([0]), np.array([1]))
    back = evidence.compare(pair, np.array([1]), np.array([0]))
    assert (there == back).all()


@given(SOME)
def test_a_profile_is_the_same_alone_and_among_others(record):
    alone = profiles.build(1, [record])
    among = profiles.build(1, [Record("别人"), record, Record("")])
    assert alone[0].tobytes() == among[1].tobytes()


def test_nothing_sensitive_can_be_read_in_a_profile():
    record = Record(
        "恒源",
        phones=["13700001234"],
        banks=["3301040160012345"],
        emails=["sales@hengyuan.cn"],
        identity="330106198001011234",
    )
    data = profiles.build(1, [record]).tobytes()
    for secret in ("13700001234", "3301040160012345", "sales", "330106198001011234"):
        assert secret.encode() not in data
        assert secret.encode("utf-16-le") not in data
    assert profiles.build(2, [record])["phones"].tolist() != profiles.build(1, [record])["phones"].tolist()
