"""试算: what another role would change, in one sentence, counted exactly or estimated, and saved nowhere."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.access import whatif
from customers.models import Customer
from permissions.actor import Actor, Door
from permissions.loading import grants_of
from permissions.models import DutyRule, FieldRule, Membership
from permissions.rights import Level

pytestmark = pytest.mark.django_db


@pytest.fixture
def customers(add_customer):
    places = ["浙江省", "江苏省", "浙江省", "浙江省"]
    return [
        add_customer(owner=owner, department="D11", province=place)
        for owner, place in zip(["sales1", "sales1", "sales2", "sales2"], places, strict=True)
    ]


@pytest.fixture
def add_role(ledger, actor):
    """add_role("sales1", role): what would change for 小陈."""

    def compare(who, *roles, removed=()):
        before = actor(who)
        after = whatif.with_roles(before, added=[role.pk for role in roles], removed=[role.pk for role in removed])
        return whatif.compare(ledger, before, after)

    return compare


def test_rows_fields_rights_and_conflicts_gained(add_role, ledger, customers, make_role, role_of, users):
    Membership.objects.filter(user=users["viewer"]).delete()
    Membership.objects.create(user=users["viewer"], ledger=ledger, role=role_of("reader"))
    DutyRule.objects.filter(ledger=ledger).delete()
    DutyRule.objects.create(ledger=ledger, one="add", other="approve", is_forbidden=True)
    role = make_role("more", rights=["view", "add", "approve"], scopes=[("provinces", ["浙江省"])], sensitive_level=2)
    found = add_role("viewer", role)
    assert (found.rows_gained.number, found.rows_lost.number) == (3, 0)
    assert [right.value for right in found.rights] == ["add", "approve"]
    assert {"电话", "邮箱"} <= {each.label for each in found.sensitive}
    assert [(rule.one, rule.other) for rule in found.conflicts] == [("add", "approve")]
    assert found.sentence.startswith(f"将多看到 3 个客户 和 {len(found.sensitive)} 个敏感字段，多出权限：新增、审批，")
    assert "与职责分离规则『新增/审批』冲突" in found.sentence
    assert not Membership.objects.filter(role=role).exists()


def test_a_conflict_that_was_there_is_not_gained(add_role, ledger, make_role, give):
    DutyRule.objects.filter(ledger=ledger).delete()
    DutyRule.objects.create(ledger=ledger, one="add", other="approve")
    give("sales1", make_role("old", rights=["approve"]))
    assert add_role("sales1", make_role("new", rights=["approve", "print"])).conflicts == []


def test_rows_lost_and_exclusions(add_role, customers, make_role, role_of):
    assert add_role("sales1", removed=[role_of("sales")]).rows_lost.number == 2
    narrower = add_role("sales1", make_role("less", denied_scopes=[("provinces", ["浙江省"])]))
    assert (narrower.rows_gained.number, narrower.rows_lost.number) == (0, 1)
    assert "将少看到 1 个客户" in narrower.sentence


def test_the_same_role_twice_changes_nothing(add_role, role_of):
    assert add_role("sales1", role_of("sales")).sentence == "不会有任何变化。"


def test_a_prohibition_takes_rights_away(add_role, make_role):
    found = add_role("sales1", make_role("no", rights=[], denied=["print"], sensitive_level=0))
    assert [right.value for right in found.rights_lost] == ["print"]
    assert "失去权限：打印" in found.sentence


def test_a_changed_role_changes_its_holders(ledger, actor, customers, role_of):
    (grant,) = grants_of([(role_of("sales").pk, "")])
    changed = whatif.replace(
        grant, scopes=(("all", ()),), rights=grant.rights | {"export"}, sensitive_level=Level.MASKED
    )
    before = actor("sales1")
    found = whatif.compare(ledger, before, whatif.with_changed_role(before, changed))
    assert found.rows_gained.number == 2 and [right.value for right in found.rights] == ["export"]
    assert all(not each.is_gain for each in found.fields) and "个字段的级别降低" in found.sentence
    other = actor("finance")
    assert whatif.compare(ledger, other, whatif.with_changed_role(other, changed)).is_nothing


def test_the_count_is_that_of_the_list(ledger, actor, customers, make_role, add_role, role_of):
    for scopes in (
        [("all", [])],
        [("provinces", ["江苏省"]), ("own", [])],
        [("department", [])],
        [("filter", ["owner=me"])],
    ):
        role = make_role(f"r{len(scopes)}{scopes[0][0]}", scopes=scopes)
        before = actor("sales2")
        after = whatif.with_roles(before, added=[role.pk])
        had, has = (set(Customer.objects.visible_to(each).values_list("pk", flat=True)) for each in (before, after))
        assert add_role("sales2", role).rows_gained.number == len(has - had)


def test_many_rows_are_estimated_in_as_many_queries(monkeypatch, ledger, actor, add_role, customers, make_role):
    role = make_role("all", scopes=[("all", [])])
    monkeypatch.setattr(whatif, "EXACT", 1)
    found = add_role("sales1", role)
    assert found.rows_gained.is_estimate and str(found.rows_gained) == "约 2", "the sample holds every key here"
    before = actor("sales1")
    with CaptureQueriesContext(connection) as queries:
        whatif.compare(ledger, before, whatif.with_roles(before, added=[role.pk]))
    assert len(queries) < 40


def test_two_figures_of_an_estimate():
    assert [whatif._rounded(each) for each in (0, 7.9, 123, 1_234, 987_654)] == [0, 7, 120, 1_200, 980_000]


def test_the_page_answers_in_one_sentence(client_of, ledger, users, customers, make_role, role_of):
    role = make_role("east", name="浙江", scopes=[("provinces", ["浙江省"])], sensitive_level=0)
    browser, address = client_of("manager"), reverse("rights_whatif", args=[ledger.code])
    assert "如果再给他" in browser.get(address, {"user": users["sales1"].pk}).content.decode()
    answer = browser.get(address, {"ask": 1, "user": users["sales1"].pk, "added": role.pk})
    assert "将多看到 2 个客户。" in answer.content.decode()
    assert browser.get(address, {"ask": 1, "user": users["sales1"].pk}).status_code == 422
    assert browser.get(address, {"ask": 1, "user": "x", "added": "999999"}).status_code == 422
    about_role = reverse("rights_whatif_role", args=[ledger.code])
    asked = {"role": role_of("sales").pk, "rights": ["view"], "sensitive_level": 1, "scope": "all"}
    text = browser.get(about_role, asked).content.decode()
    assert "小陈" in text and "小林" in text and "将多看到 2 个客户" in text and "失去权限：新增、编辑、打印" in text
    assert browser.get(about_role, {"role": "999999", "scope": "x"}).status_code == 200
    assert browser.get(about_role, asked | {"sensitive_level": 9}).status_code == 422
    assert Membership.objects.filter(role=role).count() == 0 and role_of("sales").rights != ["view"]


def test_fields_that_somebody_may_not_see_at_all_count_for_nothing(ledger, users, make_role, add_role):
    assert add_role("outsider", make_role("fields", rights=["export"])).fields == []
    role = make_role("fields2", rights=["view"], sensitive_level=2)
    FieldRule.objects.create(role=role, field="remark", level=Level.HIDDEN)
    gained = {each.label: each.after for each in add_role("outsider", role).fields}
    assert "备注" not in gained and gained["电话"] == Level.READ


def test_an_actor_as_he_would_be_is_the_one_he_becomes(ledger, users, actor, make_role, give):
    role = make_role("tree", scopes=[("department_tree", [])])
    before = actor("sales1")
    after = whatif.with_roles(before, added=[role.pk])
    give("sales1", role)
    assert after == Actor.of(users["sales1"], ledger.pk, Door.WEB)
