"""从表格导入: kinds and columns are recognised, faults are named, all or nothing, twice is once."""

import json
from io import StringIO

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from imports.organisation import applying, planning, tables, template
from permissions.models import Company, Department, Position, User

pytestmark = pytest.mark.django_db

FIRM = {
    "公司": [
        ["公司编码", "公司名称", "上级公司"],
        ["HYSH", "上海恒源销售有限公司", "HY"],
        ["HY", "杭州恒源机械有限公司", None],
    ],
    "部门": [
        ["部门编码", "部门名称", "上级部门", "所属公司", "部门负责人"],
        ["XS1", "华东一部", "营销中心", None, "张伟"],
        ["XS", "营销中心", None, "HY", None],
    ],
    "职位": [["职位编码", "职位名称", "级别"], ["JL", "部门经理", 3], ["KHJL", "客户经理", 6]],
    "人员": [
        ["用户名", "姓名", "部门", "职位", "上级"],
        ["chenjing", "陈静", "XS1", "客户经理", "zhangwei"],
        ["zhangwei", "张伟", "华东一部", "JL", None],
    ],
}


@pytest.fixture
def run(file_of):
    """run(部门=[…]): the file planned and, without faults, applied; returns the plan."""

    def act(by=None, **sheets):
        path = file_of(**sheets)
        try:
            return applying.apply(tables.read(str(path), path.name), by=by, file_name=path.name)
        except applying.NotAllGood as refusal:
            return refusal.plan

    return act


def told(plan) -> list[tuple]:
    return [(fault.sheet, fault.row, fault.column, fault.value) for fault in plan.faults]


class TestGoodFiles:
    def test_parents_may_stand_below_their_children(self, run):
        plan = run(**FIRM)
        assert told(plan) == []
        assert plan.count("added") == 8
        department = Department.objects.get(code="XS1")
        assert (department.parent.code, department.head.username) == ("XS", "zhangwei")
        assert Company.objects.get(code="HYSH").parent.code == "HY"
        person = User.objects.get(username="chenjing")
        assert (person.department.code, person.position.name, person.superior.username) == (
            "XS1",
            "客户经理",
            "zhangwei",
        )
        assert not person.has_usable_password()

    def test_twice_is_once(self, run):
        run(**FIRM)
        plan = run(**FIRM)
        assert (plan.count("added"), plan.count("changed"), plan.count("unchanged")) == (0, 0, 8)

    def test_blank_keeps_and_无_empties(self, run):
        run(**FIRM)
        plan = run(部门=[["部门编码", "部门名称", "上级部门", "部门负责人"], ["XS1", "销售第一部", "无", None]])
        assert plan.count("changed") == 1
        department = Department.objects.get(code="XS1")
        assert (department.name, department.parent, department.head.username) == ("销售第一部", None, "zhangwei")

    def test_one_table_of_text_in_any_encoding(self, file_of, users):
        path = file_of(csv="编码,名称,上级编码,负责人\nA1,生产一部,A,sales1\nA,生产中心,,\n", name="部门表.csv")
        path.write_bytes(path.read_text().encode("gb18030"))
        applying.apply(tables.read(str(path), path.name), by=None, file_name=path.name)
        department = Department.objects.get(code="A1")
        assert (department.parent.code, department.head.username) == ("A", "sales1")

    def test_codes_that_the_sheet_holds_as_numbers(self, run):
        run(部门=[["部门编码", "部门名称", "上级部门"], [101, "一部", None], [10101.0, "一组", 101]])
        assert Department.objects.get(code="10101").parent.code == "101"

    def test_the_template_has_every_column_and_its_examples_are_left_out(self, tmp_path):
        path = tmp_path / "模板.xlsx"
        path.write_bytes(template.workbook())
        with pytest.raises(Exception, match="没有数据"):
            tables.read(str(path), path.name)
        book = openpyxl.load_workbook(path)
        book["部门"].append(["SC", "生产部", "", "", ""])
        book.save(path)
        plan = applying.apply(tables.read(str(path), path.name), by=None, file_name=path.name)
        assert (told(plan), plan.count("added")) == ([], 1)

    def test_people_who_come_to_another_department_are_counted(self, run, users):
        run(**FIRM)
        plan = run(人员=[["用户名", "姓名", "部门"], ["sales1", "小陈", "XS1"]])
        assert plan.moved == 1

    def test_many_people_take_no_more_queries_than_few(self, file_of, users, django_assert_max_num_queries):
        rows = [[f"p{index}", f"员工{index}", "D11", f"p{index % 20}" if index > 19 else None] for index in range(400)]
        path = file_of(人员=[["用户名", "姓名", "部门", "上级"], *rows])
        table = tables.read(str(path), path.name)
        with django_assert_max_num_queries(30):
            plan = applying.apply(table, by=None, file_name=path.name)
        assert (told(plan), plan.count("added")) == ([], 400)


class TestBadFiles:
    def test_a_circle_is_named_with_its_rows(self, run, users):
        plan = run(
            部门=[["部门编码", "部门名称", "上级部门"], ["A", "甲部", "C"], ["B", "乙部", "A"], ["C", "丙部", "B"]]
        )
        assert told(plan) == [("部门", 2, "上级部门", "C"), ("部门", 3, "上级部门", "A"), ("部门", 4, "上级部门", "B")]
        assert "甲部（第 2 行） → 丙部（第 4 行） → 乙部（第 3 行） → 甲部（第 2 行）" in plan.faults[0].message
        assert {fault.message for fault in plan.faults} == {plan.faults[0].message}
        assert not Department.objects.filter(code="A").exists()

    def test_a_circle_through_what_is_there_already(self, run, departments_there):
        plan = run(部门=[["部门编码", "部门名称", "上级部门"], ["D1", "销售部", "D11"]])
        assert "销售部（第 2 行） → 销售一部 → 销售部（第 2 行）" in plan.faults[0].message

    def test_superiors_make_no_circle(self, run, users):
        plan = run(人员=[["用户名", "姓名", "上级"], ["sales1", "小陈", "sales2"], ["sales2", "小林", "小陈"]])
        assert [fault.row for fault in plan.faults] == [2, 3]

    @pytest.mark.parametrize(
        ("sheet", "heading", "row", "column", "word"),
        [
            ("部门", ["部门编码", "部门名称"], ["", "无码"], "部门编码", "必须填写"),
            ("部门", ["部门编码", "部门名称"], ["A 1", "甲"], "部门编码", "不能有空格"),
            ("部门", ["部门编码", "部门名称"], ["A", None], "部门名称", "必须填写"),
            ("部门", ["部门编码", "部门名称"], ["A", "长" * 61], "部门名称", "最多 60"),
            ("部门", ["部门编码", "部门名称", "上级部门"], ["A", "甲", "没有的"], "上级部门", "没有部门「没有的」"),
            ("部门", ["部门编码", "部门名称", "所属公司"], ["A", "甲", "没有的"], "所属公司", "没有公司"),
            ("部门", ["部门编码", "部门名称", "部门负责人"], ["A", "甲", "nobody"], "部门负责人", "没有人员"),
            ("部门", ["部门编码", "部门名称", "上级部门"], ["A", "销售一部", "D1"], "部门名称", "同名的部门"),
            ("公司", ["公司编码", "公司名称", "统一社会信用代码"], ["A", "甲公司", "123"], "统一社会信用代码", "18 位"),
            ("职位", ["职位编码", "职位名称", "级别"], ["A", "经理", "高"], "级别", "1–99"),
            ("人员", ["用户名", "姓名"], ["zhang wei", "张伟"], "用户名", "不能有空格"),
            ("人员", ["用户名", "姓名", "邮箱"], ["zhangwei", "张伟", "x@"], "邮箱", "邮箱格式"),
            ("人员", ["用户名", "姓名", "职位"], ["zhangwei", "张伟", "大师"], "职位", "没有职位"),
            ("人员", ["用户名", "姓名", "上级"], ["zhangwei", "张伟", "left"], "上级", "停用或离职"),
            ("人员", ["用户名", "姓名"], ["left", "新名字"], "用户名", "停用或离职"),
        ],
    )
    def test_row_column_value_and_reason(self, sheet, heading, row, column, word, run, users):
        User.objects.create_user("left", display_name="走了的人", is_active=False)
        plan = run(**{sheet: [heading, row]})
        fault = plan.faults[0]
        assert (fault.sheet, fault.row, fault.column) == (sheet, 2, column)
        assert word in fault.message
        assert plan.count("added") == 0 or not Department.objects.filter(code="A").exists()

    def test_names_that_several_bear_must_be_codes(self, run, users):
        User.objects.create_user("sales3", display_name="小陈")
        plan = run(人员=[["用户名", "姓名", "上级"], ["zhangwei", "张伟", "小陈"]])
        assert "有几个人员都叫「小陈」" in plan.faults[0].message

    def test_the_same_code_twice_in_the_file(self, run, users):
        plan = run(职位=[["职位编码", "职位名称"], ["JL", "经理"], ["jl", "经理二"]])
        assert (plan.faults[0].row, "第 2 行" in plan.faults[0].message) == (3, True)

    def test_one_bad_row_and_nothing_is_written(self, run):
        run(**{**FIRM, "职位": [["职位编码", "职位名称", "级别"], ["JL", "部门经理", 0]]})
        assert not Company.objects.exists()
        assert not User.objects.exists()

    def test_an_administrator_is_changed_by_a_superuser_alone(self, run, users, keeper):
        rows = {"人员": [["用户名", "姓名"], ["auditor", "新名字"]]}
        assert "超级管理员" in run(by=keeper, **rows).faults[0].message
        assert run(by=users["sysadmin"], **rows).faults == []

    @pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04broken", "随便写点什么".encode()])
    def test_files_that_are_none_are_refused_in_words(self, content, tmp_path):
        path = tmp_path / "坏.xlsx"
        path.write_bytes(content)
        with pytest.raises(Exception) as refusal:
            tables.read(str(path), path.name)
        assert refusal.value.code

    def test_a_sheet_without_its_code_column_says_so(self, file_of):
        path = file_of(部门=[["部门名称", "上级部门"], ["甲部", ""]])
        with pytest.raises(Exception, match="缺少列：部门编码"):
            tables.read(str(path), path.name)

    def test_a_formula_that_would_run_is_only_text(self, run, users):
        plan = run(人员=[["用户名", "姓名"], ["zhangwei", "'=1+1"]])
        assert plan.faults == []
        assert User.objects.get(username="zhangwei").display_name == "'=1+1"


class TestCommand:
    def call(self, *args):
        out = StringIO()
        call_command("import_organisation", *map(str, args), stdout=out, stderr=StringIO())
        return out.getvalue()

    def test_dry_run_writes_nothing_and_tells_in_json(self, file_of):
        report = json.loads(self.call(file_of(**FIRM), "--dry-run", "--json"))
        assert (report["rows"], report["added"], report["written"]) == (8, 8, False)
        assert not Department.objects.exists()

    def test_it_writes_and_a_second_time_changes_nothing(self, file_of):
        assert "部门：新增 2" in self.call(file_of(**FIRM))
        assert json.loads(self.call(file_of(**FIRM), "--json"))["unchanged"] == 8

    def test_faults_are_exit_code_1_and_a_missing_file_2(self, file_of):
        with pytest.raises(CommandError) as refusal:
            self.call(file_of(部门=[["部门编码", "部门名称", "上级部门"], ["A", "甲", "A"]]))
        assert refusal.value.returncode == 1
        with pytest.raises(CommandError) as refusal:
            self.call("没有.xlsx")
        assert refusal.value.returncode == 2


class TestPages:
    def upload(self, browser, path):
        with path.open("rb") as file:
            return browser.post(reverse("organisation_import"), {"file": file})

    def test_upload_check_apply(self, client_of, keeper, file_of):
        browser = client_of("keeper")
        answer = self.upload(browser, file_of(**FIRM))
        assert answer.url == reverse("organisation_check")
        html = browser.get(answer.url).content.decode()
        assert "确认导入 8 行" in html
        assert not Position.objects.exists()
        assert browser.post(reverse("organisation_apply")).url == reverse("organisation")
        assert Position.objects.count() == 2
        assert browser.get(reverse("organisation_check")).url == reverse("organisation_import")

    def test_faults_are_shown_and_nothing_can_be_confirmed(self, client_of, keeper, file_of):
        browser = client_of("keeper")
        self.upload(browser, file_of(部门=[["部门编码", "部门名称", "上级部门"], ["A", "甲部", "没有的"]]))
        html = browser.get(reverse("organisation_check")).content.decode()
        assert "没有部门「没有的」" in html
        assert "确认导入" not in html
        assert browser.post(reverse("organisation_apply")).status_code == 422

    def test_what_changed_since_the_check_is_checked_again(self, client_of, keeper, file_of):
        browser = client_of("keeper")
        self.upload(browser, file_of(职位=[["职位编码", "职位名称"], ["JL", "经理"]]))
        assert "确认导入 1 行" in browser.get(reverse("organisation_check")).content.decode()
        Position.objects.create(code="X", name="经理")
        assert browser.post(reverse("organisation_apply")).status_code == 422
        assert not Position.objects.filter(code="JL").exists()

    def test_an_unreadable_file_is_refused_on_the_field(self, client_of, keeper, tmp_path):
        path = tmp_path / "x.xlsx"
        path.write_bytes(b"PK\x03\x04broken")
        answer = self.upload(client_of("keeper"), path)
        assert (answer.status_code, bool(answer.context["form"].errors["file"])) == (422, True)

    def test_a_template_is_offered(self, client_of, keeper):
        answer = client_of("keeper").get(reverse("organisation_template"))
        assert answer.content[:2] == b"PK"


def test_nothing_is_planned_twice_for_one_key_of_different_case(run, users):
    plan = run(部门=[["部门编码", "部门名称"], ["d11", "销售一部"]])
    assert plan.count(planning.UNCHANGED) == 1
