"""Why somebody sees one customer or not: each source tried, one decides, and the answer is always that of the list."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.access.reasons import Reasons, askable
from customers.models import ChangeBatch, Customer
from permissions import everybody
from permissions.actor import Actor, Door
from permissions.models import Delegation, FieldRule, Membership, Override, Role, User
from permissions.rights import Level

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(add_customer):
    return add_customer(name="杭州西子电梯有限公司", owner="sales1", department="D11", province="浙江省")


@pytest.fixture
def verdict(actor, ledger, users):
    """verdict("sales2", customer): what the manager is told."""

    def told(who, customer, reader="manager"):
        customer = Customer.objects.select_related("ledger", "created_batch").get(pk=customer.pk)
        return Reasons(customer, actor(reader)).of(Actor.of(User.objects.get(username=who), ledger.pk, Door.WEB))

    return told


def test_the_owner_sees_him_because_he_owns_him(verdict, customer):
    found = verdict("sales1", customer)
    assert found.sees
    assert found.sentence == "小陈看得到这个客户，因为有角色「销售」：本人负责的客户，负责人就是小陈。"
    assert found.deciding.rule == "角色「销售」：本人负责的客户"


def test_a_colleague_does_not_and_hears_of_every_source(verdict, customer):
    found = verdict("sales2", customer)
    assert not found.sees and found.deciding is None
    assert found.sentence == "小林看不到这个客户，因为他的 1 项数据范围都不包含它，也没有共享给他。"
    assert [(each.source, each.why) for each in found.trials] == [
        ("角色「销售」", "客户的负责人是「小陈」，不是他"),
        ("授权共享", "没有共享给他"),
    ]


def test_departments_places_and_filters_say_what_they_looked_at(verdict, customer, make_role, give):
    role = make_role(
        "mixed",
        name="混合",
        scopes=[
            ("department", []),
            ("department_tree", []),
            ("provinces", ["江苏省"]),
            ("sales_regions", [1]),
            ("filter", ["grade=A"]),
        ],
    )
    give("sales2", role)
    whys = [each.why for each in verdict("sales2", customer).trials if each.role and each.role.pk == role.pk]
    assert whys == [
        "客户的部门是「销售一部」，他的部门是「销售二部」",
        "客户的部门是「销售一部」，不在他的部门「销售二部」之内",
        "客户的省份是「浙江省」，不在范围之内",
        "客户没有填写销售区域",
        "客户不符合这个条件",
    ]


def test_an_exclusion_beats_what_gives_him(verdict, customer, make_role, give):
    give("sales1", make_role("less", name="不含浙江", denied_scopes=[("provinces", ["浙江省"])]))
    found = verdict("sales1", customer)
    assert not found.sees
    assert found.sentence == (
        "小陈看不到这个客户，因为角色「不含浙江」排除「指定地区：浙江省」，而客户的省份是「浙江省」，在范围之内。"
    )
    assert [each.hit for each in found.trials] == [True, True, False], "what gives him is still told"


def test_shares_open_him_until_their_day(verdict, customer, share, days):
    lent = share(customer, "sales2", ends_on=days(0))
    found = verdict("sales2", customer)
    assert found.sees and found.deciding.why == f"它已共享至 {timezone.localdate().isoformat()}"
    lent.ends_on = days(-1)
    lent.save()
    found = verdict("sales2", customer)
    assert not found.sees
    assert f"共享已于 {days(-1).isoformat()} 结束" in [each.why for each in found.trials]


def test_a_share_with_a_role_opens_him_to_its_holders(verdict, customer, share, role_of):
    share(customer, role_of("sales"))
    found = verdict("sales2", customer)
    assert found.sees and found.deciding.rule == "共享给角色「销售」"


def test_without_the_right_to_view_scopes_are_no_use(verdict, customer, users, ledger):
    Override.objects.create(
        user=users["sales1"], ledger=ledger, kind="right", key="view", is_denied=True, reason="调查"
    )
    found = verdict("sales1", customer)
    assert not found.sees
    assert found.sentence == "小陈看不到这个客户，因为他没有「查看」权限：个人例外：禁止「查看」。"


def test_strangers_and_the_deactivated_are_told_so(verdict, customer, users):
    assert "他现在不是本账套的有效成员" in verdict("outsider", customer).sentence
    User.objects.filter(username="sales1").update(is_active=False)
    assert "他的账号已停用" in verdict("sales1", customer).sentence


def test_a_delegate_sees_what_the_absent_sees(verdict, customer, users, ledger, days):
    Delegation.objects.create(
        ledger=ledger, delegator=users["sales1"], delegate=users["sales2"], rights=["view"], ends_on=days(2)
    )
    found = verdict("sales2", customer)
    assert found.sees and found.deciding.why == "小陈看得到它（角色「销售」：本人负责的客户）"


def test_a_customer_of_an_unfinished_import_is_nobodys(verdict, customer, actor):
    ChangeBatch.objects.filter(pk=customer.created_batch_id).update(state=ChangeBatch.State.OPEN)
    found = verdict("manager", customer)
    assert not found.sees and "还没有完成的导入" in found.sentence
    assert askable(actor("manager")).filter(pk=customer.pk).exists()
    assert not askable(actor("finance")).filter(pk=customer.pk).exists(), "finance imports nothing"


def test_what_turns_on_a_hidden_field_is_not_told(verdict, customer, make_role, give, role_of):
    give("viewer", make_role("keeper", rights=["members"], sensitive_level=0))
    for code in ("viewer", "keeper"):
        FieldRule.objects.create(role=role_of(code), field="owner", level=Level.HIDDEN)
    for who in ("sales1", "sales2"):
        found = verdict(who, customer, reader="viewer")
        assert "小陈" not in "".join(each.why for each in found.trials)
        assert [each.is_told for each in found.trials if each.kind == "own"] == [False]
    assert verdict("sales1", customer, reader="viewer").sentence == "小陈看得到这个客户，因为有角色「销售」。"


# --- against the list ---------------------------------------------------------------------------------------------------


@pytest.fixture
def organisation(ledger, users, departments, make_role, give, share, add_customer, days):
    """Random roles, shares and delegations over customers of every place and department."""
    chance = random.Random(7)
    kinds = [
        ("own", []), ("department", []), ("department_tree", []), ("all", []), ("provinces", ["浙江省"]),
        ("provinces", []), ("departments", [departments["D12"].pk]), ("filter", ["grade=A"]), ("filter", ["owner_id=me"]),
        ("filter", ["owner=me"]),
    ]  # fmt: skip
    customers = [
        add_customer(
            owner=chance.choice(["sales1", "sales2", "finance"]),
            department=chance.choice(["D11", "D12", "D20"]),
            province=chance.choice(["浙江省", "江苏省"]),
            **({"grade": "A"} if chance.random() < 0.5 else {}),
        )
        for _number in range(8)
    ]
    roles = [
        make_role(
            f"r{number}",
            rights=chance.choice([["view"], ["view"], ["export"]]),
            denied=chance.choice([[], [], [], ["view"]]),
            scopes=chance.sample(kinds, 2),
            denied_scopes=chance.sample(kinds, 1) if chance.random() < 0.4 else [],
        )
        for number in range(10)
    ]
    for who in users:
        for role in chance.sample(roles, 2):
            give(who, role)
    for _number in range(8):
        share(chance.choice(customers), chance.choice([*users]), ends_on=days(chance.choice([-1, 0, 5])))
    share(customers[0], roles[0])
    share(customers[1], roles[1], ends_on=days(-1))
    for delegator, delegate in chance.sample([(a, b) for a in users for b in users if a != b], 8):
        Delegation.objects.create(
            ledger=ledger, delegator=users[delegator], delegate=users[delegate], ends_on=days(1),
            rights=chance.choice([["view"], ["edit"], ["view", "edit"]]),
        )  # fmt: skip
    return customers


def test_the_verdict_is_that_of_the_list_for_everybody(ledger, organisation, actor):
    manager = Actor.system(ledger.pk)
    people = everybody.actors_of(ledger.pk)
    answers = set()
    for customer in Customer.objects.of(ledger.pk).select_related("ledger", "created_batch"):
        reasons = Reasons(customer, manager)
        told = {name for group in reasons.viewers(people) for name in group.names}
        for each in people:
            sees = Customer.objects.visible_to(each).filter(pk=customer.pk).exists()
            found = reasons.of(each)
            assert found.sees == sees, (str(each.user), customer.pk, found)
            assert (str(each.user) in told) == sees
            assert sum(trial.is_deciding for trial in found.trials) <= 1
            answers.add(sees)
    assert answers == {True, False}


def test_two_thousand_people_cost_no_more_queries_than_two(ledger, customer, organisation):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            Reasons(fresh, Actor.system(ledger.pk)).viewers(everybody.actors_of(ledger.pk))
        return len(queries)

    fresh = Customer.objects.select_related("ledger", "created_batch").get(pk=customer.pk)
    few = asked()
    users = User.objects.bulk_create(User(username=f"many{number}") for number in range(2000))
    for role in Role.objects.filter(ledger=ledger, code__startswith="r"):
        Membership.objects.bulk_create(Membership(user=user, ledger=ledger, role=role) for user in users)
    assert asked() == few
