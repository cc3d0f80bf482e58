"""分配: a customer of the group set stands in company sets under their own numbers, and follows what the group keeps."""

import pytest

from customers.assigning import services
from customers.models import Assignment, Customer
from customers.services import lookup, pipeline
from customers.services.edits import Edit
from erp_site.jobs import runner
from erp_site.shared.errors import BusinessError, NotAllowed
from ledgers.services import creating, states
from permissions.actor import Actor, Door

pytestmark = pytest.mark.django_db
USCC = "91330000142919138X"


@pytest.fixture
def company(ledger, users):
    """GS01, a company set under HZ01, where 张主管 is manager and 小陈 sells."""
    made = creating.create_draft(code="GS01", name="宁波公司账套", by=users["manager"], fiscal_year=2026)
    creating.activate(made, by=users["manager"])
    made.refresh_from_db()
    creating.add_member(made, users["manager"], "manager")
    creating.add_member(made, users["sales1"], "sales")
    services.join(made, ledger, by=users["manager"])
    return made


@pytest.fixture
def change(ledger, system):
    """change(customer, name="…") through the pipeline in HZ01."""

    def go(customer, **values):
        edit = Edit(values=values, customer_id=customer.pk, reason="更名")
        outcome = pipeline.submit([edit], ledger=ledger, by=system, kind="edit", reason="更名")
        assert outcome.updated, [problem.message for problem in edit.problems]
        runner.run_pending()

    return go


def test_the_copy_has_its_own_number_and_each_number_finds_it(ledger, company, actor, users, add_customer):
    add_customer(name="先占一个编号有限公司")
    master = add_customer(name="杭州恒达机械有限公司", uscc=USCC, city="杭州市")
    made = services.assign([master], company, by=actor("manager"))
    assert [each.pk for each in made.new] == [master.pk]
    copy = Customer.objects.get(ledger=company)
    assert (copy.name, copy.uscc, copy.city) == (master.name, USCC, "杭州市")
    assert copy.number != master.number
    there = Actor.of(users["manager"], company.pk, Door.WEB)
    assert [found.customer.pk for found in lookup.by_number(master.number, there)] == [copy.pk]
    assert copy.number == "KH000001"  # also the number of another customer here, which comes first
    master.refresh_from_db()
    assert master.foreign_numbers.get(system="GS01").number == copy.number


def test_a_record_that_the_company_has_already_is_linked(ledger, company, actor, add_customer, users):
    own = add_customer(ledger=company, name="杭州恒达机械", uscc=USCC)
    master = add_customer(name="杭州恒达机械有限公司", uscc=USCC)
    made = services.assign([master], company, by=actor("manager"))
    runner.run_pending()
    assert [copy.pk for _master, copy in made.linked] == [own.pk]
    own.refresh_from_db()
    assert own.name == "杭州恒达机械有限公司"
    assert Customer.objects.filter(ledger=company).count() == 1


def test_the_copy_follows_what_the_group_keeps_and_nothing_else(company, actor, add_customer, change):
    master = add_customer(name="杭州恒达机械有限公司", grade="A")
    services.assign([master], company, by=actor("manager"))
    change(master, name="杭州恒达智能装备有限公司", grade="B")
    copy = Customer.objects.get(ledger=company)
    assert (copy.name, copy.grade) == ("杭州恒达智能装备有限公司", "")
    assert Assignment.objects.get().master_version == Customer.objects.get(pk=master.pk).version


def test_what_the_group_keeps_is_refused_in_the_company(company, actor, users, add_customer):
    services.assign([add_customer(name="杭州恒达机械有限公司")], company, by=actor("manager"))
    copy = Customer.objects.get(ledger=company)
    there = Actor.of(users["manager"], company.pk, Door.WEB)
    edit = Edit(values={"name": "改个名字有限公司", "remark": "自己的备注"}, customer_id=copy.pk)
    outcome = pipeline.submit([edit], ledger=company, by=there, kind="edit")
    assert outcome.refused
    assert "由集团账套 HZ01 统一维护" in edit.problems[0].message
    edit = Edit(values={"remark": "自己的备注"}, customer_id=copy.pk)
    assert pipeline.submit([edit], ledger=company, by=there, kind="edit").updated


def test_assigning_twice_is_assigning_once_and_ending_keeps_the_record(company, actor, add_customer, users, change):
    master = add_customer(name="杭州恒达机械有限公司")
    services.assign([master], company, by=actor("manager"))
    assert services.assign([master], company, by=actor("manager")).already == [master]
    services.unassign(Assignment.objects.get(), by=actor("manager"))
    change(master, name="杭州恒达智能装备有限公司")
    copy = Customer.objects.get(ledger=company)
    assert copy.name == "杭州恒达机械有限公司"
    again = services.assign([master], company, by=actor("manager"))
    runner.run_pending()
    assert [linked.pk for _master, linked in again.linked] == [copy.pk]
    copy.refresh_from_db()
    assert copy.name == "杭州恒达智能装备有限公司"


def test_who_may_not_add_there_assigns_nothing(company, actor, add_customer, users):
    master = add_customer(name="杭州恒达机械有限公司", owner="sales2")
    with pytest.raises(NotAllowed):
        services.assign([master], company, by=actor("sales2"))
    assert not Customer.objects.filter(ledger=company).exists()


def test_a_suspended_company_is_brought_up_when_it_is_active_again(company, actor, add_customer, users, change):
    master = add_customer(name="杭州恒达机械有限公司")
    services.assign([master], company, by=actor("manager"))
    states.change_state(company, "suspended", by=users["manager"], reason="盘点")
    change(master, name="杭州恒达智能装备有限公司")
    assert Customer.objects.get(ledger=company).name == "杭州恒达机械有限公司"
    states.change_state(company, "active", by=users["manager"])
    change(master, remark="再改一次")
    assert Customer.objects.get(ledger=company).name == "杭州恒达智能装备有限公司"


def test_groups_do_not_nest_and_are_not_left_with_copies(ledger, company, other_ledger, actor, users, add_customer):
    with pytest.raises(BusinessError, match="不能再属于别的集团"):
        services.join(other_ledger, company, by=users["manager"])
    with pytest.raises(BusinessError, match="不能再加入集团"):
        services.join(ledger, other_ledger, by=users["manager"])
    services.assign([add_customer(name="杭州恒达机械有限公司")], company, by=actor("manager"))
    with pytest.raises(BusinessError, match="还有 1 个客户"):
        services.join(company, None, by=users["manager"])


def test_many_are_assigned_in_the_background(ledger, company, actor, add_customer):
    for index in range(3):
        add_customer(name=f"杭州第{index}批发有限公司")
    job = services.ask_for_many(ledger, company, None, by=actor("manager"), reason="年初分配")
    runner.run_pending()
    job.refresh_from_db()
    assert (job.result["added"], job.result["refused"]) == (3, 0), job.error
    assert Customer.objects.filter(ledger=company).count() == 3


def test_pages(company, ledger, client_of, add_customer):
    master = add_customer(name="杭州恒达机械有限公司")
    browser = client_of("manager")
    page = browser.get(f"/l/HZ01/customers/{master.pk}/assign/").content.decode()
    assert "宁波公司账套" in page
    assert "新增，由该账套自动编号" in page
    answer = browser.post(f"/l/HZ01/customers/{master.pk}/assign/", {"to": "GS01"}, follow=True).content.decode()
    assert "已分配到 GS01" in answer
    copy = Customer.objects.get(ledger=company)
    assert copy.number in answer
    assert "由集团账套 HZ01 分配" in browser.get(f"/l/GS01/customers/{copy.pk}/").content.decode()
    settings = browser.get("/l/HZ01/settings/assigning/").content.decode()
    assert "宁波公司账套" in settings
    kept = browser.post("/l/HZ01/settings/assigning/", {"what": "shared", "shared_fields": ["uscc"]}, follow=True)
    assert "已保存" in kept.content.decode()
    ledger.refresh_from_db()
    assert ledger.parameter("shared_fields") == ["name", "uscc"]
    asked = browser.post("/l/HZ01/settings/assigning/", {"what": "many", "many-to": company.pk}, follow=True)
    assert "正在分配" in asked.content.decode()
    ended = browser.post(f"/l/HZ01/customers/{master.pk}/assign/", {"end": "GS01"}, follow=True).content.decode()
    assert "已取消分配" in ended


def test_a_member_of_the_group_only_sees_no_number_of_the_company(company, actor, client_of, add_customer):
    master = add_customer(name="杭州恒达机械有限公司", owner="sales2")
    services.assign([master], company, by=actor("manager"))
    page = client_of("sales2").get(f"/l/HZ01/customers/{master.pk}/assign/").content.decode()
    assert "宁波公司账套" in page
    assert "/l/GS01/customers/" not in page
