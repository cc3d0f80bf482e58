"""从表格导入角色与成员: checked first, all or nothing, twice is once; what no change of rights may do is a fault with row and column."""

import json
from datetime import date, timedelta
from io import StringIO

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from erp_site.shared.errors import BusinessError, NotAllowed
from imports.organisation import tables
from imports.organisation.applying import NotAllGood
from imports.roles import applying, template
from imports.roles.sheets import LAYOUT
from permissions.actor import Actor
from permissions.models import FieldRule, Membership, RightChange, Role, RowScope

pytestmark = pytest.mark.django_db

ROLE, FIELD, MEMBER = "角色", "字段权限", "成员"
ROLES = ["角色名称", "角色编码", "上级角色", "功能权限", "明确禁止", "数据范围", "排除范围", "敏感字段"]
FIELDS, MEMBERS = ["角色", "字段", "级别"], ["用户名", "角色", "生效日期", "失效日期"]


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.FILES_DIR = tmp_path / "files"
    settings.DATA_DIR = tmp_path


@pytest.fixture
def file_of(tmp_path):
    """file_of(角色=[[…]]) → the path of a workbook; the first row of each sheet is its heading."""

    def write(name="角色.xlsx", **sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        path = tmp_path / name
        book.save(path)
        return path

    return write


def read(path):
    return tables.read(str(path), path.name, LAYOUT)


@pytest.fixture
def run(file_of, ledger, actor):
    """run(by="manager", 角色=[…]): the file applied, or the plan with its faults."""

    def act(by="manager", **sheets):
        whom = Actor.system(ledger.pk) if by is None else actor(by)
        try:
            return applying.apply(read(file_of(**sheets)), ledger, by=whom, file_name="角色.xlsx")
        except NotAllGood as refusal:
            return refusal.plan

    return act


def told(plan) -> list[tuple]:
    return [(fault.sheet, fault.row, fault.column) for fault in plan.faults]


class TestGoodFiles:
    def test_roles_fields_and_members_in_one_workbook(self, run, ledger, departments, users):
        plan = run(
            角色=[
                ROLES,
                ["华东销售", None, "区域销售", "编辑", None, None, None, None],
                [
                    "区域销售",
                    "area",
                    None,
                    "查看、新增",
                    "导出",
                    "本人负责的客户 | 指定部门：D11、销售二部",
                    "指定地区：浙江省",
                    "脱敏",
                ],
            ],
            字段权限=[FIELDS, ["华东销售", "信用额度", "隐藏"], ["area", "contacts.mobile", "只读"]],
            成员=[MEMBERS, ["sales1", "华东销售", None, "2099-12-31"]],
        )
        assert told(plan) == []
        area, east = Role.objects.get(ledger=ledger, code="area"), Role.objects.get(ledger=ledger, name="华东销售")
        assert (east.parent, east.rights, area.rights, area.denied) == (area, ["edit"], ["view", "add"], ["export"])
        scopes = set(area.scopes.values_list("kind", "is_denied"))
        assert scopes == {("own", False), ("departments", False), ("provinces", True)}
        named = RowScope.objects.get(role=area, kind="departments").values
        assert set(named) == {departments["D11"].pk, departments["D12"].pk}
        assert dict(FieldRule.objects.filter(role__in=(area, east)).values_list("field", "level")) == {
            "credit_limit": 0,
            "contacts.mobile": 2,
        }
        assert Membership.objects.get(user=users["sales1"], role=east).ends_on == date(2099, 12, 31)
        assert RightChange.objects.filter(ledger_id=ledger.pk, by=users["manager"]).count() >= 3

    def test_twice_is_once_and_blank_keeps_and_无_empties(self, run, ledger):
        sheets = {"角色": [ROLES, ["销售", "sales", None, "查看、新增、编辑", "导出", None, None, "只读"]]}
        run(**sheets)
        plan = run(**sheets)
        assert (plan.count("added"), plan.count("changed"), plan.count("unchanged")) == (0, 0, 1)
        run(角色=[ROLES, ["销售", "sales", None, None, "无", None, None, None]])
        role = Role.objects.get(ledger=ledger, code="sales")
        assert (role.denied, role.sensitive_level, role.rights) == ([], 2, ["view", "add", "edit"])
        assert role.scopes.get().kind == "own"

    def test_what_is_downloaded_comes_back_unchanged(self, ledger, actor, tmp_path, departments):
        role = ledger.roles.get(code="supervisor")
        RowScope.objects.create(role=role, kind="departments", values=[departments["D12"].pk], is_denied=True)
        FieldRule.objects.create(role=role, field="contacts.mobile", level=1)
        Role.objects.filter(ledger=ledger, code="sales").update(parent=role)
        path = tmp_path / "现有.xlsx"
        path.write_bytes(template.workbook(ledger, is_filled=True))
        plan = applying.preview(read(path), ledger, by=actor("manager"))
        assert plan.faults == []
        assert (plan.count("added"), plan.count("changed")) == (0, 0)
        assert plan.count("unchanged") == len(plan.lines) > 20

    def test_the_empty_template_offers_choices_and_holds_nothing(self, ledger, tmp_path):
        path = tmp_path / "模板.xlsx"
        path.write_bytes(template.workbook(ledger))
        book = openpyxl.load_workbook(path)
        assert book["options"].sheet_state == "hidden"
        rules = [each for sheet in (ROLE, FIELD, MEMBER) for each in book[sheet].data_validations.dataValidation]
        assert len(rules) == 6
        with pytest.raises(BusinessError, match="没有数据"):
            read(path)

    def test_a_field_right_is_taken_out_by_无(self, run, ledger):
        run(字段权限=[FIELDS, ["销售", "信用额度", "隐藏"]])
        run(字段权限=[FIELDS, ["销售", "credit_limit", "无"]])
        assert not FieldRule.objects.filter(role__ledger=ledger, role__code="sales", field="credit_limit").exists()

    def test_days_of_a_membership_change(self, run, users, ledger):
        day = timezone.localdate() + timedelta(days=30)
        run(成员=[MEMBERS, ["sales2", "销售", None, day.isoformat()]])
        assert Membership.objects.get(user=users["sales2"], ledger=ledger).ends_on == day
        run(成员=[MEMBERS, ["小林", "sales", None, "无"]])
        assert Membership.objects.get(user=users["sales2"], ledger=ledger).ends_on is None

    def test_a_preview_leaves_nothing(self, file_of, ledger, actor):
        before = Role.objects.count(), RightChange.objects.count()
        table = read(file_of(角色=[ROLES, ["新角色", "fresh", None, "查看", None, "全部客户", None, None]]))
        plan = applying.preview(table, ledger, by=actor("manager"))
        assert (plan.count("added"), plan.faults) == (1, [])
        assert (Role.objects.count(), RightChange.objects.count()) == before


class TestBadFiles:
    def test_a_circle_is_named_with_its_rows(self, run, ledger):
        rows = [["甲", "aa", "丙"], ["乙", "bb", "甲"], ["丙", "cc", "乙"]]
        plan = run(角色=[ROLES[:3], *rows])
        assert told(plan) == [(ROLE, 2, "上级角色"), (ROLE, 3, "上级角色"), (ROLE, 4, "上级角色")]
        assert "甲（第 2 行） → 丙（第 4 行） → 乙（第 3 行） → 甲（第 2 行）" in plan.faults[0].message
        assert not ledger.roles.filter(code="aa").exists()

    @pytest.mark.parametrize(
        ("row", "column", "word"),
        [
            (["新角色", None, None, "查看、飞行"], "功能权限", "没有功能权限「飞行」"),
            (["新角色", None, "没有的"], "上级角色", "没有角色「没有的」"),
            (["新角色", None, None, None, None, "半个部门"], "数据范围", "没有数据范围「半个部门」"),
            (["新角色", None, None, None, None, "指定部门：火星部"], "数据范围", "没有「火星部」"),
            (["新角色", None, None, None, None, "指定部门"], "数据范围", "写明是哪些"),
            (["新角色", None, None, None, None, None, None, "随便"], "敏感字段", "没有级别「随便」"),
            (["新角色", None, None, "查看", "查看"], "明确禁止", "不能同时允许又禁止"),
            (["新角色", "编 码"], "角色编码", "角色编码由"),
        ],
    )
    def test_a_bad_cell_is_told_with_row_and_column(self, row, column, word, run, ledger):
        plan = run(角色=[ROLES, row])
        assert told(plan) == [(ROLE, 2, column)]
        assert word in plan.faults[0].message
        assert not ledger.roles.filter(name="新角色").exists()

    @pytest.mark.parametrize(
        ("sheet", "rows", "column"),
        [
            (FIELD, [FIELDS, ["没有的", "信用额度", "隐藏"]], "角色"),
            (FIELD, [FIELDS, ["销售", "没有的", "隐藏"]], "字段"),
            (FIELD, [FIELDS, ["销售", "信用额度", "有时"]], "级别"),
            (FIELD, [FIELDS, ["销售", "信用额度", None]], "级别"),
            (MEMBER, [MEMBERS, ["nobody", "销售", None, None]], "用户名"),
            (MEMBER, [MEMBERS, ["sales1", "没有的", None, None]], "角色"),
            (MEMBER, [MEMBERS, ["sales1", "财务", "2026-13-45", None]], "生效日期"),
            (MEMBER, [MEMBERS, ["sales1", "财务", "2099-12-31", "2099-01-01"]], "失效日期"),
            (MEMBER, [MEMBERS, ["sales1", "财务", None, "2001-01-01"]], "失效日期"),
        ],
    )
    def test_unknown_names_and_bad_days(self, sheet, rows, column, run):
        assert told(run(**{sheet: rows})) == [(sheet, 2, column)]

    def test_the_last_manager_stays(self, run, ledger, users):
        day = (timezone.localdate() + timedelta(days=3)).isoformat()
        plan = run(成员=[MEMBERS, ["manager", "账套主管", None, day]])
        assert told(plan) == [(MEMBER, 2, "失效日期")]
        assert "最后一名账套主管" in plan.faults[0].message
        plan = run(None, 成员=[MEMBERS, ["manager", "账套主管", None, day], ["finance", "账套主管", None, None]])
        assert told(plan) == []  # somebody else takes the place in the same file
        assert Membership.objects.get(user=users["manager"], role__code="manager").ends_on is not None

    def test_nobody_raises_himself(self, run, ledger, users):
        Role.objects.filter(ledger=ledger, code="finance").update(rights=["view", "members"])
        plan = run("finance", 成员=[MEMBERS, ["finance", "账套主管", None, None]])
        assert told(plan) == [(MEMBER, 2, "角色")]
        assert "不能给自己增加权限" in plan.faults[0].message
        plan = run("finance", 角色=[ROLES, ["财务", "finance", None, "全部", None, None, None, None]])
        assert told(plan) == [(ROLE, 2, "角色名称")]
        assert ledger.roles.get(code="finance").rights == ["view", "members"]

    def test_one_bad_row_and_nothing_is_written(self, run, ledger):
        run(角色=[ROLES, ["新角色", "fresh", None, "查看"]], 成员=[MEMBERS, ["nobody", "新角色", None, None]])
        assert not ledger.roles.filter(code="fresh").exists()

    def test_whoever_may_not_give_rights_may_not_import_them(self, file_of, ledger, actor):
        table = read(file_of(成员=[MEMBERS, ["sales1", "财务", None, None]]))
        for act in (applying.preview, lambda *a, **k: applying.apply(*a, file_name="x", **k)):
            with pytest.raises(NotAllowed):
                act(table, ledger, by=actor("sales1"))


class TestCommand:
    def call(self, *args):
        out = StringIO()
        call_command("import_roles", *map(str, args), "--ledger", "HZ01", stdout=out, stderr=StringIO())
        return out.getvalue()

    def test_dry_run_then_for_good(self, file_of, ledger):
        path = file_of(角色=[ROLES, ["新角色", "fresh", None, "查看", None, "全部客户", None, None]])
        report = json.loads(self.call(path, "--dry-run", "--json"))
        assert (report["added"], report["written"]) == (1, False)
        assert not ledger.roles.filter(code="fresh").exists()
        assert "角色：新增 1" in self.call(path, "--as", "manager")
        assert json.loads(self.call(path, "--json"))["unchanged"] == 1

    def test_as_somebody_without_the_right_is_refused(self, file_of, ledger):
        path = file_of(成员=[MEMBERS, ["sales1", "财务", None, None]])
        with pytest.raises(CommandError) as refusal:
            self.call(path, "--as", "sales1")
        assert refusal.value.returncode == 2

    def test_faults_are_exit_code_1(self, file_of, ledger):
        with pytest.raises(CommandError) as refusal:
            self.call(file_of(成员=[MEMBERS, ["nobody", "财务", None, None]]))
        assert refusal.value.returncode == 1


class TestPages:
    def upload(self, browser, path):
        with path.open("rb") as file:
            return browser.post(reverse("roles_import", args=["HZ01"]), {"file": file})

    def test_upload_check_apply(self, client_of, ledger, file_of):
        browser = client_of("manager")
        path = file_of(角色=[ROLES, ["新角色", "fresh", None, "查看", None, "全部客户", None, None]])
        answer = self.upload(browser, path)
        html = browser.get(answer.url).content.decode()
        assert "确认导入 1 行" in html
        assert not ledger.roles.filter(code="fresh").exists()
        assert browser.post(reverse("roles_import_apply", args=["HZ01"])).url == reverse("rights_matrix", args=["HZ01"])
        assert ledger.roles.filter(code="fresh").exists()
        assert browser.get(answer.url).url == reverse("roles_import", args=["HZ01"])

    def test_faults_are_shown_and_cannot_be_confirmed(self, client_of, ledger, file_of):
        browser = client_of("manager")
        answer = self.upload(browser, file_of(成员=[MEMBERS, ["nobody", "财务", None, None]]))
        html = browser.get(answer.url).content.decode()
        assert "没有在职的用户「nobody」" in html
        assert "确认导入" not in html
        assert browser.post(reverse("roles_import_apply", args=["HZ01"])).status_code == 422

    def test_a_file_uploaded_for_one_set_is_not_applied_to_another(
        self, client_of, ledger, other_ledger, users, file_of
    ):
        Membership.objects.create(
            user=users["manager"], ledger=other_ledger, role=other_ledger.roles.get(code="manager")
        )
        browser = client_of("manager")
        self.upload(browser, file_of(成员=[MEMBERS, ["sales1", "财务", None, None]]))
        assert browser.get(reverse("roles_import_check", args=["SH02"])).status_code == 302

    def test_the_template_is_offered(self, client_of, ledger):
        for query in ("", "?filled=1"):
            answer = client_of("manager").get(reverse("roles_template", args=["HZ01"]) + query)
            assert answer.content[:2] == b"PK"
