"""撤销: what a batch did is put back exactly, what somebody changed since stays, and an undo can be undone."""

import pytest

from customers.models import ChangeBatch, Customer, FormerName, NumberAlias, Tag
from customers.search import finding
from customers.services.edits import PartEdit
from customers.undoing import acts
from erp_site.shared.errors import BusinessError, NotAllowed
from permissions.models import FieldRule

pytestmark = pytest.mark.django_db


@pytest.fixture
def firm(add_customer):
    return add_customer(
        name="绍兴越州印染有限公司", contact="陈立", mobile="13900001111", province="浙江", remark="老客户", grade="B"
    )


@pytest.fixture
def batch_of(ledger):
    return lambda customer: ChangeBatch.objects.get(pk=Customer.objects.get(pk=customer.pk).last_batch_id)


class TestAChange:
    def test_goes_back_to_what_was(self, firm, change, undo, whole):
        before = whole()
        batch = change(firm, remark="新客户", grade="A", phone="0575-85551234", mobile="13900002222")
        tally = undo(batch)
        assert whole() == before
        assert (tally.customers, tally.left) == (1, 0)
        batch.refresh_from_db()
        assert batch.undone_by.kind == ChangeBatch.Kind.UNDO

    def test_undone_twice_is_refused_with_the_way_back(self, firm, change, undo):
        batch = change(firm, remark="新客户")
        undo(batch)
        batch.refresh_from_db()
        with pytest.raises(BusinessError, match="已被 #") as refused:
            undo(batch)
        assert "撤销那一次撤销" in refused.value.remedy

    def test_the_undo_is_undone_like_any_other_act(self, firm, change, undo, whole):
        batch = change(firm, remark="新客户", grade="A")
        after = whole()
        undo(batch)
        batch.refresh_from_db()
        undo(batch.undone_by)
        assert whole() == after

    def test_what_was_changed_since_stays_and_is_named(self, firm, change, undo):
        batch = change(firm, remark="新客户", grade="A")
        change(firm, remark="更新的话")
        tally = undo(batch)
        firm.refresh_from_db()
        assert (firm.remark, firm.grade) == ("更新的话", "B")
        assert [(each.step.key, each.kind) for each in tally.obstacles] == [("remark", "changed_since")]

    def test_unless_it_is_to_be_overwritten(self, firm, change, undo):
        batch = change(firm, remark="新客户")
        change(firm, remark="更新的话")
        undo(batch, overwrite=True)
        firm.refresh_from_db()
        assert firm.remark == "老客户"

    def test_nothing_left_to_undo_is_said(self, firm, change, undo):
        batch = change(firm, remark="新客户")
        change(firm, remark="老客户")
        with pytest.raises(BusinessError, match="没有可以撤销"):
            undo(batch)

    def test_a_rename_takes_the_former_name_along(self, firm, change, undo, whole):
        before = whole()
        batch = change(firm, name="绍兴新越州印染有限公司")
        assert FormerName.objects.filter(customer=firm).exists()
        undo(batch)
        assert whole() == before
        assert not FormerName.objects.filter(customer=firm).exists()

    def test_search_follows(self, firm, change, undo, actor):
        batch = change(firm, name="宁波甬江印染有限公司")
        undo(batch)
        seen = Customer.objects.visible_to(actor("manager"))
        assert seen.filter(finding.search("越州", actor("manager")).condition).exists()
        assert not seen.filter(finding.search("甬江", actor("manager")).condition).exists()

    def test_a_number_goes_back_and_the_one_in_between_still_leads_here(self, firm, change, undo):
        old = firm.number
        batch = change(firm, number="KH-NEW-01")
        undo(batch)
        firm.refresh_from_db()
        assert firm.number == old
        assert NumberAlias.objects.filter(customer=firm, number="KH-NEW-01").exists()

    def test_a_number_that_another_customer_bears_now_stays_where_it_is(self, firm, change, undo, add_customer):
        old = firm.number
        batch = change(firm, number="KH-NEW-01", remark="改号")
        NumberAlias.objects.filter(number=old).delete()  # as if the rule allowed numbers to be used again
        add_customer(name="台州另一家", number=old)
        tally = undo(batch)
        firm.refresh_from_db()
        assert (firm.number, firm.remark) == ("KH-NEW-01", "老客户")
        assert [each.kind for each in tally.obstacles] == ["taken"]


class TestParts:
    def test_rows_added_changed_and_removed_go_back(self, firm, change, undo, whole, ledger):
        change(firm, parts={"contacts": [PartEdit({"name": "王芳", "mobile": "13900003333"})]})
        tag = Tag.objects.create(ledger=ledger, name="重点")
        before = whole()
        chen, wang = firm.contacts.order_by("pk")
        batch = change(
            firm,
            parts={
                "contacts": [
                    PartEdit({}, pk=chen.pk, remove=True),
                    PartEdit({"name": "王小芳", "is_primary": True}, pk=wang.pk),
                    PartEdit({"name": "李强"}),
                ]
            },
            tags=[tag.pk],
            foreign={"SAP": "900001"},
        )
        undo(batch)
        assert whole() == before

    def test_a_row_that_was_changed_since_stays(self, firm, change, undo):
        batch = change(firm, parts={"contacts": [PartEdit({"name": "王芳"})]})
        wang = firm.contacts.get(name="王芳")
        change(firm, parts={"contacts": [PartEdit({"title": "经理"}, pk=wang.pk)]})
        with pytest.raises(BusinessError, match="没有可以撤销"):
            undo(batch)
        assert firm.contacts.filter(name="王芳").exists()

    def test_one_primary_row_is_left(self, firm, change, undo):
        chen = firm.contacts.get()
        batch = change(firm, parts={"contacts": [PartEdit({"name": "王芳", "is_primary": True})]})
        change(firm, parts={"contacts": [PartEdit({}, pk=chen.pk, remove=True)]})
        change(firm, parts={"contacts": [PartEdit({"name": "李强"})]})
        undo(batch)
        assert [(each.name, each.is_primary) for each in firm.contacts.all()] == [("李强", True)]


class TestAnAddition:
    def test_the_customer_goes_and_comes_back_whole(self, firm, undo, batch_of, whole, actor):
        before = whole()
        batch = batch_of(firm)
        tally = undo(batch)
        assert tally.removed == 1
        assert not Customer.objects.filter(pk=firm.pk).exists()
        assert NumberAlias.objects.get(number=firm.number).kind == NumberAlias.Kind.RETIRED
        batch.refresh_from_db()
        undo(batch.undone_by)
        assert whole() == before
        assert not NumberAlias.objects.filter(number=firm.number).exists()
        seen = Customer.objects.visible_to(actor("manager"))
        assert seen.filter(finding.search("越州", actor("manager")).condition).exists()

    def test_a_number_that_was_borne_is_given_to_nobody(self, firm, undo, batch_of, add_customer):
        undo(batch_of(firm))
        assert add_customer(name="湖州新客户").number != firm.number

    def test_somebody_touched_since_stays(self, firm, change, undo, batch_of):
        batch = batch_of(firm)
        change(firm, remark="又改")
        with pytest.raises(BusinessError, match="没有可以撤销"):
            undo(batch)
        assert Customer.objects.filter(pk=firm.pk).exists()


class TestWhoMay:
    def test_one_s_own_change(self, firm, change, undo, actor, users):
        change(firm, owner="sales1")
        batch = change(firm, by=actor("sales1"), remark="小陈改的")
        undo(batch, by=actor("sales1"))
        firm.refresh_from_db()
        assert firm.remark == "老客户"

    def test_not_another_s(self, firm, change, undo, actor):
        change(firm, owner="sales1")
        batch = change(firm, by=actor("manager"), remark="主管改的")
        with pytest.raises(NotAllowed, match="不能撤销"):
            undo(batch, by=actor("sales1"))

    def test_not_a_field_that_he_may_no_longer_edit(self, firm, change, undo, actor, ledger):
        change(firm, owner="sales1")
        batch = change(firm, by=actor("sales1"), remark="小陈改的", grade="A")
        FieldRule.objects.create(role=ledger.roles.get(code="sales"), field="grade", level=2)
        tally = undo(batch, by=actor("sales1"))
        firm.refresh_from_db()
        assert (firm.remark, firm.grade) == ("老客户", "A")
        assert [(each.step.key, each.kind) for each in tally.obstacles] == [("grade", "not_allowed")]

    def test_not_a_customer_that_he_no_longer_sees(self, firm, change, undo, actor):
        change(firm, owner="sales1")
        batch = change(firm, by=actor("sales1"), remark="小陈改的")
        change(firm, owner="sales2")
        with pytest.raises(BusinessError, match="没有可以撤销"):
            undo(batch, by=actor("sales1"))

    def test_not_in_an_archived_set(self, firm, change, undo, ledger):
        batch = change(firm, remark="改")
        type(ledger).objects.filter(pk=ledger.pk).update(state="archived")
        batch.ledger.refresh_from_db()
        with pytest.raises(BusinessError):
            undo(batch)


class TestManyAtOnce:
    @pytest.fixture
    def firms(self, add_customer):
        return [add_customer(name=f"绍兴第{index}纺织有限公司", grade="C") for index in range(7)]

    @pytest.fixture
    def graded(self, firms, ledger, system):
        from customers.services import pipeline
        from customers.services.edits import Edit

        edits = [Edit(values={"grade": "A"}, customer_id=firm.pk) for firm in firms]
        return pipeline.submit(edits, ledger=ledger, by=system, kind="edit", reason="评级").batch

    def test_in_chunks(self, graded, undo, monkeypatch):
        monkeypatch.setattr(acts, "CHUNK", 3)
        assert undo(graded).customers == 7
        assert set(Customer.objects.values_list("grade", flat=True)) == {"C"}
        graded.refresh_from_db()
        assert graded.undone_by.customers_changed == 7

    def test_one_customer_of_them(self, graded, undo, firms):
        undo(graded, only=firms[2].pk)
        assert Customer.objects.filter(grade="C").count() == 1
        graded.refresh_from_db()
        assert graded.undone_by is None

    def test_the_preview_changes_nothing(self, graded, system, whole):
        before = whole()
        tally, is_whole = acts.preview(graded, system)
        assert (tally.customers, tally.values, is_whole) == (7, 7, True)
        assert whole() == before

    def test_a_broken_off_run_goes_on_where_it_was(self, graded, system, monkeypatch):
        monkeypatch.setattr(acts, "CHUNK", 3)
        seen = []

        def dies():
            seen.append(1)
            if len(seen) == 2:
                raise RuntimeError("killed")

        with pytest.raises(RuntimeError):
            acts.undo(graded, by=system, request_id="job:1", inside=dies)
        assert Customer.objects.filter(grade="C").count() == 3
        acts.undo(graded, by=system, request_id="job:1")
        assert Customer.objects.filter(grade="C").count() == 7
        assert ChangeBatch.objects.filter(kind=ChangeBatch.Kind.UNDO).count() == 1

    def test_queries_do_not_grow_with_the_customers(self, graded, undo, django_assert_max_num_queries):
        with django_assert_max_num_queries(90):
            undo(graded)
