"""Keys and profiles are kept by the writer, and nothing that is kept can blow up."""

import numpy as np
import pytest

from customers.duplicates import blocking, columns, finding, pairing, profiles, storing
from customers.duplicates.layout import PROFILE, VERSION
from customers.duplicates.profiles import Record
from customers.models import Customer, MatchKey, MatchProfile
from customers.services import invariants, pipeline, rebuilding
from customers.services.edits import Edit


def keys_of(records):
    made = profiles.build(1, records)
    return made, list(blocking.keys_of(1, made, columns.derive(made)))


def test_a_customer_has_no_more_keys_than_planned():
    record = Record(
        "杭州恒源机械有限公司", ["恒源"], code="91330100799655058B", province="浙江", city="杭州", address="文三路12号3幢",
        phones=["13700001234", "0571-88886666"], emails=["a.b@hengyuan.cn"], contacts=["王芳"], banks=["3301040160012345"],
    )  # fmt: skip
    _made, keys = keys_of([record])
    assert sum(len(np.unique(each.keys)) for each in keys) <= 36


@pytest.mark.parametrize("name", ["测试", "个体户", "王伟", "科技有限公司"])
def test_thousands_of_one_name_make_no_pairs(name):
    made, keys = keys_of([Record(name, province="浙江省", city="杭州市") for _ in range(5000)])
    assert len(pairing.candidates(made, keys)[0]) == 0


def test_ten_thousand_with_one_telephone_make_no_pairs():
    made, keys = keys_of([Record(f"{chr(0x4E00 + n)}{chr(0x5E00 + n)}", phones=["13700001234"]) for n in range(3000)])
    assert len(pairing.candidates(made, keys)[0]) < 3000


@pytest.mark.parametrize("name", ["", "王", "恒" * 200, "。。。", "A", "\U00020000\U00020001公司", "ABC Co., Ltd."])
def test_odd_names_are_borne(name):
    made, keys = keys_of([Record(name), Record(name), Record("杭州恒源机械有限公司")])
    pairing.candidates(made, keys)


@pytest.mark.django_db
def test_keys_follow_every_change(ledger, system, add_customer):
    firm = add_customer(name="衢州造纸有限公司", mobile="13500001111")
    edit = Edit(values={"name": "衢州大明造纸有限公司", "mobile": "13500002222"}, customer_id=firm.pk)
    pipeline.submit([edit], ledger=ledger, by=system, kind="edit")
    assert list(invariants.check_derived(ledger.pk)) == []
    likes = finding.similar(ledger.pk, Record("大明造纸", phones=["13500002222"]))
    assert [like.customer_id for like in likes] == [firm.pk]


@pytest.mark.django_db
def test_a_former_name_is_found(ledger, system, add_customer):
    firm = add_customer(name="衢州造纸有限公司", mobile="13571829304")
    edit = Edit(values={"name": "浙江大明集团有限公司"}, customer_id=firm.pk)
    pipeline.submit([edit], ledger=ledger, by=system, kind="edit")
    likes = finding.similar(ledger.pk, Record("衢州市造纸公司", phones=["13571829304"]))
    assert [like.customer_id for like in likes] == [firm.pk]


@pytest.mark.django_db
def test_keys_of_older_rules_are_told_and_made_anew(ledger, add_customer):
    firm = add_customer(name="衢州造纸有限公司")
    MatchProfile.objects.update(version=VERSION + 1)
    assert storing.out_of_date(ledger.pk) == 1
    assert finding.similar(ledger.pk, Record("衢州造纸有限公司")) == []
    assert rebuilding.rebuild(ledger, keys=True, search=False, outdated=True) == 1
    assert storing.out_of_date(ledger.pk) == 0
    assert rebuilding.rebuild(ledger, keys=True, search=False, outdated=True) == 0
    assert [like.customer_id for like in finding.similar(ledger.pk, Record("衢州造纸有限公司"))] == [firm.pk]


@pytest.mark.django_db
def test_a_lost_profile_is_found_by_the_oracle(ledger, add_customer):
    firm = add_customer(name="衢州造纸有限公司")
    data = bytes(MatchProfile.objects.get(customer=firm).data)
    assert len(data) == PROFILE.itemsize
    MatchProfile.objects.filter(customer=firm).update(data=bytes(len(data)))
    assert "match keys" in next(invariants.check_derived(ledger.pk))


@pytest.mark.django_db
def test_another_set_is_another_world(ledger, other_ledger, add_customer):
    add_customer(ledger=other_ledger, name="衢州造纸有限公司", mobile="13500001111")
    assert finding.similar(ledger.pk, Record("衢州造纸有限公司", phones=["13500001111"])) == []


@pytest.mark.django_db
def test_an_over_full_key_costs_no_more_than_its_cap(ledger, system, django_assert_max_num_queries):
    edits = [Edit(values={"name": f"测试{n}", "phone": "13500001111"}) for n in range(60)]
    pipeline.submit(edits, ledger=ledger, by=system, kind="edit")
    assert MatchKey.objects.values("key").distinct().count() > 60
    with django_assert_max_num_queries(4):
        likes = finding.similar(ledger.pk, Record("甲乙丙丁", phones=["13500001111"]))
    assert likes == []
    assert Customer.objects.of(ledger.pk).count() == 60
