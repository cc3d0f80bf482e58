"""部门、公司、职位: adding, moving, merging, disabling; circles are refused with their chain."""

import pytest

from customers.models import Customer, Transfer
from erp_site.jobs import runner
from erp_site.shared.errors import BusinessError, NotAllowed
from permissions.models import Company, Department, Position, RightChange, User
from permissions.organisation import companies, departments, positions

pytestmark = pytest.mark.django_db


def again(department: Department) -> Department:
    return Department.objects.get(pk=department.pk)


class TestTree:
    def test_a_department_is_added_under_another_with_its_head(self, departments_there, keeper, users):
        made = departments.save(
            code="D13", name="销售三部", parent=departments_there["D1"], head=users["supervisor"], by=keeper
        )
        assert (made.parent.name, made.head.username) == ("销售部", "supervisor")
        assert "新增部门「销售三部」" in RightChange.objects.get(by=keeper).detail

    def test_the_chain_is_named_when_a_move_would_make_a_circle(self, departments_there, keeper):
        with pytest.raises(BusinessError) as refusal:
            departments.move(departments_there["D1"], departments_there["D11"], by=keeper)
        assert "销售部 → 销售一部 → 销售部" in refusal.value.message
        assert refusal.value.field == "parent"
        assert again(departments_there["D1"]).parent is None

    def test_nobody_is_his_own_parent(self, departments_there, keeper):
        with pytest.raises(BusinessError, match="销售部 → 销售部"):
            departments.move(departments_there["D1"], departments_there["D1"], by=keeper)

    def test_the_depth_has_a_limit_for_whole_subtrees(self, keeper, users):
        above = None
        for level in range(12):
            above = departments.save(code=f"L{level}", name=f"第{level}级", parent=above, by=keeper)
        with pytest.raises(BusinessError, match="最多 12 级"):
            departments.save(code="L12", name="太深", parent=above, by=keeper)
        other = departments.save(code="M0", name="另一棵", parent=None, by=keeper)
        departments.save(code="M1", name="下级", parent=other, by=keeper)
        with pytest.raises(BusinessError, match="最多 12 级"):
            departments.move(other, Department.objects.get(code="L10"), by=keeper)

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"code": "d11", "name": "新部门"}, "code"),
            ({"code": "", "name": "新部门"}, "code"),
            ({"code": "D 9", "name": "新部门"}, "code"),
            ({"code": "D9", "name": " "}, "name"),
            ({"code": "D9", "name": "部" * 61}, "name"),
            ({"code": "D9", "name": "销售一部"}, "name"),
        ],
    )
    def test_bad_values_are_refused_on_their_field(self, values, field, departments_there, keeper):
        with pytest.raises(BusinessError) as refusal:
            departments.save(**values, parent=departments_there["D1"], by=keeper)
        assert refusal.value.field == field

    def test_the_tree_counts_people_and_sets_and_takes_its_company_from_above(
        self, departments_there, keeper, ledger, add_customer, django_assert_max_num_queries
    ):
        firm = companies.save(code="HY", name="恒源", parent=None, by=keeper)
        departments.save(
            code="D1", name="销售部", parent=None, company=firm, by=keeper, department=departments_there["D1"]
        )
        add_customer(department="D12")
        with django_assert_max_num_queries(8):
            nodes = {node.department.code: node for node in departments.tree()}
        assert (nodes["D1"].people, nodes["D1"].total) == (0, 3)
        assert nodes["D11"].company == firm
        assert (nodes["D11"].sets, nodes["D12"].sets, nodes["D1"].sets) == (1, 1, 0)
        assert [node.department.code for node in departments.tree("一部")] == ["D1", "D11"]

    def test_who_is_no_system_administrator_changes_nothing(self, departments_there, users):
        for username in ("manager", "secadmin", "sales1"):
            with pytest.raises(NotAllowed):
                departments.move(departments_there["D11"], None, by=users[username])


class TestDisabling:
    def test_not_while_somebody_or_something_is_in_it(self, departments_there, keeper, ledger, add_customer):
        with pytest.raises(BusinessError, match="1 人"):
            departments.set_active(departments_there["D12"], False, by=keeper)
        User.objects.filter(department=departments_there["D12"]).update(department=None)
        add_customer(department="D12")
        with pytest.raises(BusinessError, match="1 个客户"):
            departments.set_active(departments_there["D12"], False, by=keeper)
        with pytest.raises(BusinessError, match="2 个下级部门"):
            departments.set_active(departments_there["D1"], False, by=keeper)

    def test_everything_moves_to_another_department_and_then_it_can(
        self, departments_there, keeper, ledger, add_customer, users
    ):
        firms = [add_customer(department="D12") for _index in range(3)]
        other = add_customer(department="D11")
        lower = departments.save(code="D121", name="二部一组", parent=departments_there["D12"], by=keeper)
        moved = departments.absorb(departments_there["D12"], departments_there["D20"], by=keeper)
        assert (moved.people, moved.children, moved.sets) == (1, 1, 1)
        users["sales2"].refresh_from_db()
        assert users["sales2"].department.code == "D20"
        assert again(lower).parent.code == "D20"
        departments.set_active(departments_there["D12"], False, by=keeper)  # what is under way keeps nobody waiting
        runner.run_pending()
        assert {firm.department.code for firm in Customer.objects.filter(pk__in=[firm.pk for firm in firms])} == {"D20"}
        other.refresh_from_db()
        assert other.department.code == "D11"
        slip = Transfer.objects.get()
        assert (slip.kind, slip.state, slip.moved, slip.refused) == ("department", "done", 3, 0)
        assert slip.batch.kind == "transfer"
        assert "小系" in slip.batch.reason
        assert slip.batch.by is None

    def test_not_into_itself_or_what_lies_below(self, departments_there, keeper):
        for target in ("D1", "D11"):
            with pytest.raises(BusinessError, match="不能移到"):
                departments.absorb(departments_there["D1"], departments_there[target], by=keeper)

    def test_an_archived_set_keeps_its_customers_and_does_not_stand_in_the_way(
        self, departments_there, keeper, ledger, add_customer
    ):
        firm = add_customer(department="D12")
        ledger.state = "archived"
        ledger.save()
        departments.absorb(departments_there["D12"], departments_there["D20"], by=keeper)
        runner.run_pending()
        firm.refresh_from_db()
        assert firm.department.code == "D12"
        departments.set_active(departments_there["D12"], False, by=keeper)

    def test_enabling_needs_the_parent(self, departments_there, keeper):
        Department.objects.filter(code__in=("D1", "D11")).update(is_active=False)
        with pytest.raises(BusinessError, match="上级部门"):
            departments.set_active(departments_there["D11"], True, by=keeper)
        departments.set_active(departments_there["D1"], True, by=keeper)
        departments.set_active(departments_there["D11"], True, by=keeper)
        assert again(departments_there["D11"]).is_active


class TestCompaniesAndPositions:
    def test_companies_make_no_circle(self, keeper):
        group = companies.save(code="JT", name="集团", parent=None, by=keeper)
        firm = companies.save(code="HY", name="恒源", parent=group, uscc="91330106ma2kxd7y4r", by=keeper)
        assert firm.uscc == "91330106MA2KXD7Y4R"
        with pytest.raises(BusinessError, match="集团 → 恒源 → 集团"):
            companies.save(code="JT", name="集团", parent=firm, by=keeper, company=group)

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"code": "hy", "name": "别的"}, "code"),
            ({"code": "X", "name": "恒源"}, "name"),
            ({"code": "X", "name": "别的", "uscc": "123"}, "uscc"),
        ],
    )
    def test_bad_companies_are_refused(self, values, field, keeper):
        companies.save(code="HY", name="恒源", parent=None, by=keeper)
        with pytest.raises(BusinessError) as refusal:
            companies.save(**values, parent=None, by=keeper)
        assert refusal.value.field == field

    def test_a_company_with_departments_is_not_disabled(self, keeper, departments_there):
        firm = companies.save(code="HY", name="恒源", parent=None, by=keeper)
        Department.objects.filter(code="D1").update(company=firm)
        with pytest.raises(BusinessError, match="1 个启用的部门"):
            companies.set_active(firm, False, by=keeper)
        Department.objects.update(company=None)
        companies.set_active(firm, False, by=keeper)
        assert not Company.objects.get().is_active

    def test_positions_have_names_of_their_own(self, keeper):
        made = positions.save(code="JL", name="经理", rank=3, by=keeper)
        with pytest.raises(BusinessError, match="已有职位"):
            positions.save(code="JL2", name="经理", by=keeper)
        positions.set_active(made, False, by=keeper)
        assert not Position.objects.get().is_active
