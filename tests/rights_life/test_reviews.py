"""权限复核: a snapshot, a decision on every line, what is taken back through the verbs, a signature; and the report of unused rights."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.access import sharing
from customers.models import CustomerUserShare
from customers.services import pipeline
from customers.services.edits import Edit
from erp_site.shared.errors import BusinessError, NotAllowed
from ledgers.access import exceptions
from ledgers.access.life import duties, report, reviews
from ledgers.services import members
from permissions.models import AccessRecord, Membership, Override, Review, ReviewLine, RightChange, User
from permissions.rights import Right

pytestmark = pytest.mark.django_db

Decision = reviews.Decision


@pytest.fixture
def begin(ledger, actor, in_days):
    return lambda who="manager": reviews.begin(ledger, title="第一季度", due_on=in_days(14), by=actor(who))


def decide(review, actor, decision=Decision.KEEP, who="manager", **which):
    return reviews.decide(review, review.lines.filter(**which).values_list("pk", flat=True), decision, by=actor(who))


def test_the_snapshot_holds_everything(ledger, users, actor, lend, add_customer, in_days, begin):
    boss = users["manager"]
    wanted = {"kind": Override.Kind.RIGHT, "key": "export", "is_denied": False, "reason": "盘点"}
    exceptions.give(ledger, users["sales1"], **wanted, by=boss)
    lend("sales1", "sales2")
    firm = add_customer(owner="sales1")
    sharing.share([firm], [users["viewer"]], ends_on=in_days(5), reason="协同", by=actor("sales1"))
    duties.set_rule(ledger, Right.ADD, Right.APPROVE, is_forbidden=True, by=boss)
    review = begin()
    lines = review.lines
    assert lines.filter(kind="membership").count() == Membership.objects.filter(ledger=ledger).count()
    assert "没有失效日期" in lines.get(kind="override").risks
    assert lines.get(kind="delegation").who.startswith("小林")
    assert lines.get(kind="shares").what == "1 个客户"
    assert "职责冲突" in lines.get(user=users["supervisor"]).risks
    assert "既能导出又管权限" in lines.get(user=boss).risks


def test_only_one_at_a_time_and_only_by_who_manages_members(begin):
    begin()
    with pytest.raises(BusinessError) as caught:
        begin()
    assert caught.value.code == "review.open"
    with pytest.raises(NotAllowed):
        begin("sales1")


def test_kept_taken_back_signed(ledger, users, actor, begin):
    review = begin()
    with pytest.raises(BusinessError):
        reviews.sign(review, statement="已核对", by=actor("manager"))
    decide(review, actor)
    decide(review, actor, Decision.REVOKE, user=users["service"])
    with pytest.raises(BusinessError) as caught:
        reviews.sign(review, statement="已核对", by=actor("manager"))
    assert caught.value.code == "review.waiting"
    assert actor("service").is_member
    assert reviews.carry_out(review, by=actor("manager")) == 0
    assert not actor("service").is_member
    signed = reviews.sign(review, statement="已核对", by=actor("manager"))
    assert (signed.state, signed.signed_by, signed.statement) == (Review.State.SIGNED, users["manager"], "已核对")
    assert review.lines.get(user=users["service"]).outcome == "已收回"
    for act in (
        lambda: decide(review, actor),
        lambda: reviews.sign(review, statement="再签", by=actor("manager")),
        lambda: reviews.carry_out(review, by=actor("manager")),
        lambda: reviews.cancel(review, by=actor("manager")),
    ):
        with pytest.raises(BusinessError):
            act()
    assert {"review", "member_removed"} <= set(RightChange.objects.values_list("kind", flat=True))


def test_what_a_verb_refuses_stands_in_its_line(ledger, users, actor, begin):
    review = begin()
    decide(review, actor)
    decide(review, actor, Decision.REVOKE, user=users["manager"])
    reviews.carry_out(review, by=actor("manager"))
    line = review.lines.get(user=users["manager"])
    assert line.outcome.startswith("未能收回") and "账套主管" in line.outcome
    assert actor("manager").can("members")
    reviews.sign(review, statement="已核对", by=actor("manager"))
    assert reviews.progress(review)["failed"] == 1


def test_ones_own_lines_are_for_somebody_else(ledger, users, actor, begin):
    members.add_member(ledger, users["supervisor"], "manager")
    review = begin()
    mine = review.lines.filter(user=users["manager"]).count()
    assert decide(review, actor) == review.lines.count() - mine
    assert decide(review, actor, who="supervisor", user=users["manager"]) == mine


def test_what_is_gone_meanwhile_is_no_fault(ledger, users, actor, begin):
    review = begin()
    decide(review, actor, Decision.REVOKE, user=users["service"])
    Membership.objects.filter(user=users["service"]).delete()
    reviews.carry_out(review, by=actor("manager"))
    assert review.lines.get(user=users["service"]).outcome == "已不存在"


def test_taking_back_goes_in_portions(ledger, users, actor, begin, monkeypatch):
    monkeypatch.setattr(reviews, "PORTION", 3)
    review = begin()
    decide(review, actor, Decision.REVOKE)
    left = reviews.carry_out(review, by=actor("manager"))
    assert left == review.lines.count() - 3
    while left:
        left = reviews.carry_out(review, by=actor("manager"))
    assert Membership.objects.filter(ledger=ledger).count() == 1  # the last 账套主管


def test_shares_are_taken_back(ledger, users, actor, add_customer, in_days, begin):
    sharing.share(
        [add_customer(owner="sales1")], [users["viewer"]], ends_on=in_days(5), reason="协同", by=actor("sales1")
    )
    review = begin()
    decide(review, actor, Decision.REVOKE, kind="shares")
    reviews.carry_out(review, by=actor("manager"))
    assert review.lines.get(kind="shares").outcome == "已收回 1 个" and not CustomerUserShare.objects.exists()


def test_pages(client_of, ledger, users, in_days):
    boss = client_of("manager")
    url = reverse("review_list", args=[ledger.code])
    assert boss.post(url, {"title": "", "due_on": in_days(3)}).status_code == 422
    assert boss.post(url, {"title": "年中复核", "due_on": in_days(3)}).status_code == 302
    review = Review.objects.get()
    page = reverse("review_detail", args=[ledger.code, review.pk])
    assert "小陈" in boss.get(page).content.decode()
    assert client_of("sales1").get(page).status_code == 403
    line = review.lines.get(user=users["service"])
    decide_url = reverse("review_decide", args=[ledger.code, review.pk])
    row = boss.post(decide_url, {"lines": line.pk, "decision": "revoke"}, headers={"HX-Request": "true"})
    assert row.status_code == 200 and f"line-{line.pk}" in row.content.decode()
    rest = " ".join(str(pk) for pk in review.lines.filter(decision="").values_list("pk", flat=True))
    boss.post(decide_url, {"lines": rest, "decision": "keep"})
    boss.post(decide_url, {"lines": "x; drop", "decision": "keep"})
    sign = reverse("review_sign", args=[ledger.code, review.pk])
    assert boss.post(sign, {"statement": "已核对"}).status_code == 422
    boss.post(reverse("review_carry_out", args=[ledger.code, review.pk]))
    assert boss.post(sign, {"statement": "已核对"}).status_code == 302
    record = boss.get(f"{page}?all=1").content.decode()
    assert "已核对" in record and "已收回" in record and "张主管" in record


def test_two_thousand_members_cost_the_same(ledger, users, begin, django_assert_max_num_queries):
    role = ledger.roles.get(code="supervisor")
    people = User.objects.bulk_create([User(username=f"many{index}") for index in range(2000)])
    Membership.objects.bulk_create([Membership(user=each, ledger=ledger, role=role) for each in people])
    duties.set_rule(ledger, Right.ADD, Right.APPROVE, is_forbidden=False, by=users["manager"])
    with django_assert_max_num_queries(120):  # the embedded database takes some sixty lines in one statement
        begin()
    assert ReviewLine.objects.count() >= 2000
    with django_assert_max_num_queries(30):
        report.build(ledger, 90)


# --- 未用与高风险权限 --------------------------------------------------------------------------------------------------------


def test_the_report(ledger, users, actor):
    now = timezone.now()
    AccessRecord.objects.create(user=users["finance"], username="finance", ledger=ledger, kind="export", at=now)
    AccessRecord.objects.create(user=users["sales1"], username="sales1", ledger=ledger, kind="view", at=now)
    AccessRecord.objects.create(
        user=users["viewer"], username="viewer", ledger=ledger, kind="view", at=now - timedelta(days=200)
    )
    pipeline.submit([Edit(values={"name": "嘉兴羊毛衫厂"})], ledger=ledger, by=actor("sales1"), kind="edit")
    exceptions.give(
        ledger, users["sales2"], kind="right", key="export", is_denied=False, reason="x", by=users["manager"]
    )
    Membership.objects.filter(user=users["steward"]).delete()
    found = report.build(ledger, 90)
    unused = {each.user.username: each.rights for each in found.unused}
    assert "导出" not in unused["finance"] and "编辑" in unused["finance"]
    assert "新增" not in unused["sales1"] and "编辑" in unused["sales1"]
    idle = {each.user.username: each.last_seen for each in found.idle}
    assert idle["service"] is None and idle["viewer"] is not None and "sales1" not in idle
    assert [user.username for user in found.exporters] == ["manager"]
    assert [(user.username, what) for user, what in found.everlasting] == [("sales2", "允许 导出")]
    assert "data_steward" in {role.code for role in found.empty_roles}
    assert found.known_since == timezone.localdate(now - timedelta(days=200))


def test_the_report_is_a_page(client_of, ledger):
    boss = client_of("manager")
    url = reverse("rights_report", args=[ledger.code])
    for query in ("", "?days=365", "?days=abc"):
        assert "没有人的角色" in boss.get(url + query).content.decode()


def test_ticked_lines_count_when_scripts_are_off(client_of, ledger, begin, users):
    review = begin()
    ticked = list(review.lines.exclude(user=users["manager"]).values_list("pk", flat=True)[:3])
    url = reverse("review_decide", args=[ledger.code, review.pk])
    client_of("manager").post(url, {"line": ticked, "decision": "keep"})
    assert reviews.progress(review)["keep"] == 3
