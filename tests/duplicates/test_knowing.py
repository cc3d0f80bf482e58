"""What somebody is told while he types: who is like it, in words, and nothing of customers or fields that he may not see."""

import pytest

from customers.duplicates import knowing
from permissions.actor import Actor, Door

pytestmark = pytest.mark.django_db


@pytest.fixture
def actor(ledger, users):
    return lambda username: Actor.of(users[username], ledger.pk, Door.WEB)


def test_a_name_written_otherwise_is_told_with_the_reason(ledger, add_customer, actor):
    firm = add_customer(name="杭州恒源机械有限公司")
    found = knowing.of_values(actor("manager"), name="恒源（杭州）机械公司")
    assert [each.known.number for each in found.visible] == [firm.number]
    assert "去掉地区、组织形式后名称相同" in found.visible[0].shared
    assert found.hidden == 0


def test_the_same_value_comes_before_what_is_alike(ledger, add_customer, actor):
    add_customer(name="杭州恒原机械有限公司")
    same = add_customer(name="杭州恒源机械有限公司", mobile="13700001234")
    found = knowing.of_values(actor("manager"), name="杭州恒源机械有限公司", phone="13700001234")
    assert found.visible[0].known.number == same.number
    assert found.visible[0].shared == ["名称相同", "电话相同"]


def test_a_customer_out_of_sight_is_only_counted(ledger, users, add_customer, actor):
    add_customer(name="杭州恒源机械有限公司", owner=users["sales2"].username)
    found = knowing.of_values(actor("sales1"), name="恒源机械公司")
    assert (found.visible, found.hidden) == ([], 1)


def test_a_masked_field_is_no_reason(ledger, add_customer, actor):
    add_customer(name="杭州恒源机械有限公司", contact="王芳", phone="0571-88886666")
    viewer = actor("viewer")
    assert not viewer.may_read("phone")
    found = knowing.of_values(viewer, name="恒源机械公司", phone="88886666")
    assert all("电话" not in reason for each in found.visible for reason in each.shared)


def test_too_little_typed_tells_nothing(ledger, add_customer, actor):
    add_customer(name="杭州恒源机械有限公司")
    assert not knowing.of_values(actor("manager"), name="杭")
    assert not knowing.of_values(actor("manager"))
