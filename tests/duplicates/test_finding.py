"""A typed record and the rows of an import against a set."""

import pytest

from customers.duplicates import deciding, finding
from customers.duplicates.profiles import Record

pytestmark = pytest.mark.django_db

NAMES = [
    "杭州恒源机械有限公司",
    "宁波天达物流有限公司",
    "温州鹿城皮革厂",
    "义乌小明日用百货商行",
    "中国农业银行股份有限公司余姚支行",
]


@pytest.fixture
def firms(add_customer):
    return {name: add_customer(name=name, province="浙江省", mobile=f"1370000000{at}") for at, name in enumerate(NAMES)}


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("杭州恒原机械有限公司", "杭州恒源机械有限公司"),
        ("恒源机械", "杭州恒源机械有限公司"),
        ("寧波天達物流", "宁波天达物流有限公司"),
        ("温州市鹿城皮革有限公司", "温州鹿城皮革厂"),
        ("义乌小明百货日用商行", "义乌小明日用百货商行"),
        ("农业银行余姚支行", "中国农业银行股份有限公司余姚支行"),
        ("Hangzhou Hengyuan Machinery Co., Ltd.", "杭州恒源机械有限公司"),
    ],
)
def test_what_is_typed_finds_who_is_meant(ledger, firms, typed, name):
    likes = finding.similar(ledger.pk, Record(typed, province="浙江省"), least=0.02)
    assert likes
    assert likes[0].customer_id == firms[name].pk
    assert likes[0].reasons


def test_nothing_alike_finds_nobody(ledger, firms):
    assert finding.similar(ledger.pk, Record("成都光明乳业有限公司", province="四川省")) == []
    assert finding.similar(ledger.pk, Record("")) == []


def test_a_batch_is_compared_with_the_set_and_with_itself(ledger, firms):
    batch = [
        Record("杭州恒源机械公司", province="浙江省", phones=["13700000000"]),
        Record("成都光明乳业有限公司", phones=["13600001111"]),
        Record("成都光明乳业公司", phones=["13600001111"]),
    ]
    first, second, third = finding.match_batch(ledger.pk, batch)
    assert first[0].customer_id == firms["杭州恒源机械有限公司"].pk
    assert first[0].chance >= deciding.DUPLICATE
    assert second == []
    assert (third[0].row, third[0].customer_id) == (1, None)


def test_a_customer_is_not_like_himself(ledger, firms):
    firm = firms["杭州恒源机械有限公司"]
    assert finding.similar(ledger.pk, Record(firm.name, phones=["13700000000"]), besides=firm.pk) == []
