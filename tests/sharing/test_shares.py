"""授权共享: who may share what with whom, what a share opens, and how it ends."""

import datetime

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from customers.access import sharing
from customers.models import ChangeBatch, Customer, CustomerGroupShare, CustomerUserShare
from customers.services import blocks, lifecycle, pipeline, reviews, writing
from customers.services.edits import Edit
from erp_site.shared.errors import BusinessError, NotAllowed
from permissions.models import Delegation, Membership, RightChange, Role

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def visible(actor):
    return lambda who, customer: Customer.objects.visible_to(actor(who)).filter(pk=customer.pk).exists()


def test_a_share_opens_one_customer_until_its_last_day(theirs, users, share, visible, add_customer, today):
    add_customer(owner="sales1")
    assert not visible("sales2", theirs)
    share(theirs, users["sales2"])
    assert visible("sales2", theirs)
    assert visible("sales2", theirs) and not visible("outsider", theirs)
    CustomerUserShare.objects.update(ends_on=today)
    assert visible("sales2", theirs)
    CustomerUserShare.objects.update(ends_on=today - DAY)
    assert not visible("sales2", theirs)


def test_a_share_with_a_role_counts_for_whoever_holds_the_role_that_day(theirs, users, ledger, share, visible, today):
    role = Role.objects.get(ledger=ledger, code="sales")
    share(theirs, role)
    role.refresh_from_db()
    assert role.group is not None
    assert visible("sales2", theirs)
    Membership.objects.filter(user=users["sales2"]).update(ends_on=today - DAY)
    assert not visible("sales2", theirs)
    users["outsider"].groups.add(role.group)
    assert not visible("outsider", theirs)
    share(theirs, role)
    assert Group.objects.filter(role=role).count() == 1


def test_what_is_shared_for_viewing_is_changed_through_no_door(theirs, users, share, actor, ledger):
    share(theirs, users["sales2"])
    who = actor("sales2")
    theirs = Customer.objects.visible_to(who).get(pk=theirs.pk)
    outcome = pipeline.submit(
        [Edit(values={"remark": "改"}, customer_id=theirs.pk)], ledger=ledger, by=who, kind="edit"
    )
    assert [problem.code for problem in outcome.refused[0].problems] == ["customer.view_only"]
    with pytest.raises(NotAllowed, match="只供您查看"):
        writing.write([Edit(values={"remark": "改"}, customer_id=theirs.pk)], ledger=ledger, by=who, kind="edit")
    with pytest.raises(NotAllowed) as refused:
        blocks.block(theirs, ["order"], reason="试", by=who)
    assert refused.value.rule
    assert not blocks.may_block(theirs, who)
    assert not reviews.may_confirm(theirs, who)
    assert not lifecycle.can_deactivate(theirs, who)
    share(theirs, users["sales2"], edit=True)
    outcome = pipeline.submit(
        [Edit(values={"remark": "改"}, customer_id=theirs.pk)], ledger=ledger, by=actor("sales2"), kind="edit"
    )
    assert outcome.updated
    share(theirs, users["sales2"])
    outcome = pipeline.submit(
        [Edit(values={"remark": "又"}, customer_id=theirs.pk)], ledger=ledger, by=actor("sales2"), kind="edit"
    )
    assert outcome.refused


def test_who_stands_in_without_the_right_to_edit_changes_nothing(theirs, users, ledger, actor, today):
    given = Delegation.objects.create(
        ledger=ledger, delegator=users["sales1"], delegate=users["sales2"], rights=["view"], ends_on=today
    )
    edit = lambda: Edit(values={"remark": "代"}, customer_id=theirs.pk)  # noqa: E731
    assert pipeline.submit([edit()], ledger=ledger, by=actor("sales2"), kind="edit").refused
    given.rights = ["view", "edit"]
    given.save()
    assert pipeline.submit([edit()], ledger=ledger, by=actor("sales2"), kind="edit").updated


@pytest.mark.parametrize(
    ("who", "may"),
    [("sales1", True), ("manager", True), ("finance", False), ("supervisor", False), ("viewer", False)],
)
def test_the_owner_and_holders_of_members_share(who, may, theirs, actor):
    assert sharing.can_share(theirs, actor(who)) is may


def test_so_do_those_above_the_owner(theirs, users, actor, departments):
    departments["D1"].head = users["supervisor"]
    departments["D1"].save()
    assert sharing.can_share(theirs, actor("supervisor"))
    departments["D1"].head = None
    departments["D1"].save()
    users["sales1"].superior = users["finance"]
    users["sales1"].save()
    users["finance"].superior = users["service"]
    users["finance"].save()
    assert sharing.can_share(theirs, actor("service"))
    assert not sharing.can_share(theirs, actor("supervisor"))


def test_what_one_sees_through_a_share_one_does_not_pass_on(theirs, users, share, actor):
    users["sales1"].superior = users["sales2"]
    users["sales1"].save()
    share(theirs, users["sales2"])
    assert "通过共享" in sharing.objection(theirs, actor("sales2"))
    with pytest.raises(NotAllowed):
        share(theirs, users["finance"], by="sales2")


@pytest.mark.parametrize(
    ("whom", "edit", "told"),
    [
        ("sales1", False, "就是您自己"),
        ("outsider", False, "不是本账套的在职成员"),
        ("viewer", True, "没有「编辑」权限"),
    ],
)
def test_nobody_is_given_what_is_worth_nothing_to_him(whom, edit, told, theirs, users, share):
    with pytest.raises(BusinessError, match=told):
        share(theirs, users[whom], edit=edit)
    assert not CustomerUserShare.objects.exists()


def test_a_share_has_an_end_within_what_the_set_allows_and_a_reason(theirs, users, share, ledger, today):
    for wrong in (today - DAY, today + 366 * DAY):
        with pytest.raises(BusinessError) as refused:
            share(theirs, users["sales2"], ends_on=wrong)
        assert refused.value.field == "ends_on"
    with pytest.raises(BusinessError, match="原因"):
        share(theirs, users["sales2"], reason=" ")
    ledger.parameters["share_max_days"] = 5
    ledger.save()
    theirs.refresh_from_db()
    theirs.ledger.refresh_from_db()
    with pytest.raises(BusinessError, match="最多共享 5 天"):
        share(theirs, users["sales2"], ends_on=today + 6 * DAY)


def test_giving_extending_and_ending_stand_in_the_log_and_in_the_history(theirs, users, share, actor, until, today):
    from customers.fields import Catalogue
    from customers.presenting import Presenter
    from customers.services import timeline

    share(theirs, users["sales2"], edit=True)
    sharing.extend(theirs, users["sales2"], today + DAY, by=actor("sales1"))
    assert set(CustomerUserShare.objects.values_list("ends_on", flat=True)) == {today + DAY}
    sharing.end(theirs, users["sales2"], by=actor("sales1"), reason="不需要了")
    assert not CustomerUserShare.objects.exists()
    noted = RightChange.objects.filter(user_id=users["sales2"].pk).order_by("pk")
    kinds = [row.kind for row in noted if "customers" in (row.after or {})]
    assert kinds == ["share_added", "share_changed", "share_removed"]
    assert theirs.name not in "".join(row.detail for row in noted)
    shown = timeline.page(theirs, Presenter(Catalogue.of(theirs.ledger), actor("sales1")))
    assert [entry.title for entry in shown.entries] == ["结束共享", "延长共享", "共享客户", "新增客户"]
    assert "小林" in shown.entries[2].reason
    assert ChangeBatch.objects.filter(kind="share").count() == 3


def test_ending_is_for_who_may_share_who_gave_and_who_has_it(theirs, users, share, actor):
    share(theirs, users["sales2"], users["finance"], by="manager")
    with pytest.raises(NotAllowed):
        sharing.end(theirs, users["sales2"], by=actor("finance"))
    sharing.end(theirs, users["finance"], by=actor("finance"))
    sharing.end(theirs, users["sales2"], by=actor("sales1"))
    with pytest.raises(BusinessError, match="已经结束"):
        sharing.end(theirs, users["sales2"], by=actor("sales1"))


def test_the_sweep_takes_ended_shares_away_and_tells(theirs, users, ledger, share, today, add_customer):
    role = Role.objects.get(ledger=ledger, code="sales")
    other = add_customer(owner="sales1")
    share(theirs, users["sales2"], role, edit=True)
    share(other, users["sales2"])
    CustomerUserShare.objects.filter(content_object=theirs).update(ends_on=today - DAY)
    CustomerGroupShare.objects.update(ends_on=today - DAY)
    assert sharing.sweep() == 4
    assert sharing.sweep() == 0
    assert CustomerUserShare.objects.get().content_object == other
    assert RightChange.objects.filter(kind="share_removed", by=None).count() == 2


def test_several_customers_are_shared_whole_or_not_at_all(theirs, users, actor, add_customer, until):
    foreign = add_customer(owner="sales2")
    given = {"ends_on": until, "reason": "一起", "by": actor("sales1")}
    with pytest.raises(NotAllowed):
        sharing.share([theirs, foreign], [users["finance"]], **given)
    assert not CustomerUserShare.objects.exists()
    more = [add_customer(owner="sales1") for _n in range(3)]
    assert sharing.share(more, [users["sales2"]], **given) == 3
    assert RightChange.objects.filter(kind="share_added").count() == 1
