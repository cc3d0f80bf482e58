"""create_ledger and check_ledger: what they do, what they print, how they end; and what all commands share."""

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError

from customers.models import Category, ChoiceSet, Customer, CustomField, NumberingRule, Tag, ValidationRule
from customers.services import numbering
from erp_site.shared.commands import FoundFaults, ProductCommand
from erp_site.shared.errors import BusinessError
from ledgers.management.commands import check_ledger, create_ledger
from ledgers.models import Ledger, Period
from ledgers.services import rates, states, templates
from permissions.models import Membership, User


class Run:
    """A command as the shell runs it."""

    def __init__(self, command: ProductCommand, *argv: str):
        command.stdout._out, command.stderr._out = StringIO(), StringIO()
        self.code = 0
        try:
            command.run_from_argv(["manage.py", "command", *argv])
        except SystemExit as end:
            self.code = end.code
        self.out, self.err = command.stdout._out.getvalue(), command.stderr._out.getvalue()


@pytest.fixture
def create(db, monkeypatch):
    monkeypatch.setattr("django.core.management.base.connections.close_all", lambda: None)
    return lambda *argv: Run(create_ledger.Command(), *argv)


@pytest.fixture
def check(db, monkeypatch):
    monkeypatch.setattr("django.core.management.base.connections.close_all", lambda: None)
    return lambda *argv: Run(check_ledger.Command(), *argv)


def one_line(text: str) -> bool:
    return len(text.strip().splitlines()) == 1


def test_made_and_active_in_one_go(create, check, users):
    made = create("KHZ_001", "--name", "客户账套一", "--manager", "manager", "--activate")
    assert made.code == 0
    assert "KHZ_001" in made.out
    assert made.err == ""
    ledger = Ledger.objects.get(code="KHZ_001")
    assert ledger.state == "active"
    assert Membership.objects.get(ledger=ledger).user == users["manager"]
    checked = check("khz_001")
    assert checked.code == 0, checked.out + checked.err
    assert "[不通过]" not in checked.out


def test_the_options(create):
    run = create("KHZ_002", "--name", "二", "--currency", "usd", "--fiscal-year", "2024", "--start-month", "4",
                 "--calendar", "445", "--activate", "--json")  # fmt: skip
    told = json.loads(run.out)
    assert told["state"] == "active"
    assert told["periods"] == 12
    ledger = Ledger.objects.get(code="KHZ_002")
    assert (ledger.base_currency, ledger.calendar) == ("USD", "445")
    assert ledger.periods.first().starts_on.isoformat() == "2024-04-01"
    assert "--manager" in run.err  # nobody can open it yet, and that is said


@time_machine.travel("2026-02-10")
def test_without_a_year_it_is_the_one_of_today(create):
    create("KHZ_003", "--name", "三", "--start-month", "7", "--activate")
    assert Period.objects.filter(
        ledger__code="KHZ_003", starts_on__lte="2026-02-10", ends_on__gte="2026-02-10"
    ).exists()


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["HZ01", "--name", "新"], "已被使用"),
        (["KHZ_9", "--name", "杭州客户账套"], "已被使用"),
        (["9KHZ", "--name", "新"], "以字母开头"),
        (["KHZ_9", "--name", "  "], "必须填写"),
        (["KHZ_9", "--name", "新", "--currency", "XYZ"], "ISO 4217"),
        (["KHZ_9", "--name", "新", "--fiscal-year", "1800"], "1990"),
        (["KHZ_9", "--name", "新", "--manager", "nobody"], "没有用户"),
        (["KHZ_9", "--name", "新", "--copy-from", "NO"], "没有账套"),
        (["KHZ_9", "--name", "新", "--start-month", "13"], "--start-month"),
        (["KHZ_9", "--name", "新", "--calendar", "weekly"], "quarterly"),
        (["KHZ_9", "--name", "新", "--template", "farm"], "trade"),
        (["KHZ_9", "--name", "新", "--no-such-option"], "--no-such-option"),
        (["KHZ_9"], "--name"),
    ],
)
def test_called_wrongly_it_says_so_in_one_line(create, ledger, capsys, argv, words):
    run = create(*argv)
    said = run.err + capsys.readouterr().err  # argparse's complaints go to the process's own stderr
    assert run.code == 2
    assert one_line(said)
    assert words in said
    assert run.out == ""
    assert not Ledger.objects.filter(code__in=("KHZ_9", "9KHZ")).exists()


@pytest.mark.parametrize("name", ["trade", "manufacturing", "service", "export"])
def test_every_template_makes_a_sound_set(create, check, users, name):
    assert create(f"T_{name}", "--name", name, "--template", name, "--manager", "manager", "--activate").code == 0
    ledger, content = Ledger.objects.get(code=f"T_{name}"), templates.read(name)["sections"]
    assert ledger.parameter("grades") == content["parameters"]["grades"]
    assert set(Category.objects.filter(ledger=ledger).values_list("code", flat=True)) == content["categories"].keys()
    assert NumberingRule.objects.get(ledger=ledger).parts == content["numbering"]["客户编码规则"]["parts"]
    checked = check(f"T_{name}", "--json")
    wanting = [each for each in json.loads(checked.out)["checks"] if each["verdict"] != "ok"]
    assert {each["check"] for each in wanting} <= {"organisation", "rates", "sees_nothing", "separation"}, wanting


def test_a_copy_has_the_configuration_and_no_customers(create, ledger, add_customer):
    Tag.objects.create(ledger=ledger, name="展会")
    add_customer(tags="展会")
    parent = Category.objects.filter(ledger=ledger).first()
    Category.objects.create(ledger=ledger, code="SUB", name="下级", parent=parent)
    ledger.parameters = {"name_policy": "block"}
    ledger.save()
    role = ledger.roles.get(code="sales")
    role.name = "业务员"
    role.save()
    run = create("HZ02", "--name", "副本", "--copy-from", "HZ01", "--activate")
    assert run.code == 0
    copy = Ledger.objects.get(code="HZ02")
    assert copy.parameter("name_policy") == "block"
    assert copy.roles.get(code="sales").name == "业务员"
    assert copy.roles.get(code="sales").scopes.count() == 1
    assert Category.objects.get(ledger=copy, code="SUB").parent.code == parent.code
    assert Tag.objects.get(ledger=copy).name == "展会"
    assert NumberingRule.objects.get(ledger=copy).parts == NumberingRule.objects.get(ledger=ledger).parts
    assert not copy.memberships.exists()
    assert not Customer.objects.of(copy.pk).exists()


def test_a_failure_leaves_nothing_behind(create, ledger, monkeypatch):
    def fails(ledger):
        raise BusinessError("半途失败")

    monkeypatch.setattr("ledgers.services.creating.on_activation", [fails])
    run = create("KHZ_7", "--name", "七", "--activate")
    assert (run.code, run.err.strip()) == (2, "半途失败")
    assert not Ledger.objects.filter(code="KHZ_7").exists()


@pytest.mark.parametrize(
    ("argv", "failed"),
    [
        (["KHZ_9", "--name", "新"], set()),
        (["hz01", "--name", "新"], {"code"}),
        (["KHZ_9", "--name", "杭州客户账套"], {"name"}),
        (
            ["9", "--name", " ", "--currency", "XYZ", "--fiscal-year", "1800"],
            {"code", "name", "currency", "fiscal_year"},
        ),
    ],
)
def test_every_cause_at_once_without_making_a_set(create, ledger, argv, failed):
    run = create(*argv, "--check", "--json")
    checks = json.loads(run.out)["checks"]
    assert {each["check"] for each in checks if each["verdict"] == "failed"} == failed
    assert run.code == (1 if failed else 0)
    assert Ledger.objects.count() == 1


class TestCheck:
    def verdicts(self, run) -> dict:
        return {each["check"]: each["verdict"] for each in json.loads(run.out)["checks"]}

    def test_unknown(self, check, ledger):
        run = check("HZ0")
        assert run.code == 2
        assert one_line(run.err)
        assert "HZ01" in run.err

    def test_a_draft_fails(self, create, check):
        create("KHZ_1", "--name", "草稿")
        run = check("KHZ_1", "--json")
        assert run.code == 1
        assert one_line(run.err)
        assert self.verdicts(run)["state"] == "failed"
        assert json.loads(run.out)["verdict"] == "failed"

    def test_suspended_is_a_warning(self, check, ledger):
        states.change_state(ledger, "suspended", by=None)
        assert self.verdicts(check("HZ01", "--json"))["state"] == "warning"

    @time_machine.travel("2031-05-05")
    def test_a_year_that_was_forgotten(self, check, ledger):
        run = check("HZ01")
        assert run.code == 1
        assert "建立下一年度" in run.out

    def test_gap_and_overlap(self, check, ledger):
        third = ledger.periods.get(index=3)
        ledger.periods.filter(pk=third.pk).update(starts_on="2026-03-02")
        assert "空档" in check("HZ01").out
        ledger.periods.filter(pk=third.pk).update(starts_on="2026-02-27")
        assert "重叠" in check("HZ01").out

    def test_base_currency_roles_categories_and_rule(self, check, ledger):
        Ledger.objects.filter(pk=ledger.pk).update(
            base_currency="ZZZ", parameters={"required_fields": ["name", "category"]}
        )
        ledger.roles.get(code="sales").scopes.all().delete()
        Category.objects.filter(ledger=ledger).update(is_active=False)
        NumberingRule.objects.filter(ledger=ledger).update(parts=[{"type": "literal", "text": "KH"}])
        run = check("HZ01", "--json")
        found = self.verdicts(run)
        assert run.code == 1
        assert [found[key] for key in ("currency", "roles", "categories", "numbering")] == ["failed"] * 4

    def test_no_rule(self, check, ledger):
        NumberingRule.objects.filter(ledger=ledger).delete()
        assert self.verdicts(check("HZ01", "--json"))["numbering"] == "failed"
        Ledger.objects.filter(pk=ledger.pk).update(parameters={"number_mode": "manual"})
        assert self.verdicts(check("HZ01", "--json"))["numbering"] == "ok"

    def test_a_used_up_serial(self, check, ledger, add_customer):
        NumberingRule.objects.filter(ledger=ledger).update(
            parts=[{"type": "serial", "width": 1, "start": 9, "step": 1}]
        )
        assert self.verdicts(check("HZ01", "--json"))["next_number"] == "ok"
        add_customer()
        assert self.verdicts(check("HZ01", "--json"))["next_number"] == "failed"

    def test_a_taken_next_number(self, check, ledger, add_customer):
        add_customer()
        NumberingRule.objects.filter(ledger=ledger).update(state="retired")
        numbering.create_rule(ledger, name="同样", parts=numbering.DEFAULT_PARTS, reset="never")
        assert self.verdicts(check("HZ01", "--json"))["next_number"] == "warning"

    def test_what_keeps_members_from_seeing_customers(self, check, ledger, users):
        User.objects.filter(pk=users["supervisor"].pk).update(department=None)  # his role opens his department
        run = check("HZ01")
        assert "老李 看不到任何客户" in run.out

    def test_old_and_missing_rates(self, check, ledger):
        rates.add_currency(ledger, "USD", by=None)
        assert "USD 还没有汇率" in check("HZ01").out
        rates.add_rate(ledger, "USD", ledger.today() - timedelta(days=200), Decimal(7), by=None)
        assert "超过 92 天" in check("HZ01").out
        rates.add_rate(ledger, "USD", ledger.today(), Decimal(7), by=None)
        assert self.verdicts(check("HZ01", "--json"))["rates"] == "ok"

    def test_all_periods_closed(self, check, ledger):
        ledger.periods.update(state="closed")
        assert self.verdicts(check("HZ01", "--json"))["period_open"] == "failed"

    def test_broken_fields_and_rules(self, check, ledger):
        sets = ChoiceSet.objects.create(ledger=ledger, code="empty", name="空")
        CustomField.objects.create(ledger=ledger, key="x_a", label="甲", type="choice", choice_set=sets)
        ValidationRule.objects.create(ledger=ledger, name="坏", when="[x_gone] = 1", required=["x_gone"])
        run = check("HZ01")
        assert run.code == 1
        assert "「甲」没有可选的选项" in run.out
        assert "校验规则「坏」" in run.out
        assert "x_gone" in run.out

    def test_people_who_left(self, check, ledger):
        User.objects.filter(username="manager").update(is_active=False)
        found = self.verdicts(check("HZ01", "--json"))
        assert (found["manager"], found["members"]) == ("warning", "warning")

    def test_a_database_that_takes_nothing(self, check, ledger, monkeypatch):
        def read_only(*args, **kwargs):
            raise OperationalError("attempt to write a readonly database")

        monkeypatch.setattr("django.db.models.query.QuerySet.create", read_only)
        run = check("HZ01")
        assert run.code == 1
        assert "只能读取" in run.out

    def test_the_page_says_the_same(self, client_of, ledger, check):
        page = client_of("manager").get("/l/HZ01/settings/health/")
        assert [each.as_dict() for each in page.context["findings"]] == json.loads(check("HZ01", "--json").out)[
            "checks"
        ]


class TestSharedBehaviour:
    """ProductCommand, whatever the command."""

    @pytest.fixture(autouse=True)
    def _keep_connection(self, db, monkeypatch):
        monkeypatch.setattr("django.core.management.base.connections.close_all", lambda: None)

    def run(self, failure: BaseException, *argv):
        class Failing(ProductCommand):
            def handle(self, *args, **options):
                raise failure

        return Run(Failing(), *argv)

    @pytest.mark.parametrize(
        ("failure", "code", "words"),
        [
            (BusinessError("做不到。", remedy="请先准备。"), 2, "做不到。 请先准备。"),
            (CommandError("不行"), 2, "不行"),
            (FoundFaults("发现 3 个问题"), 1, "发现 3 个问题"),
            (OperationalError("no such table: x"), 2, "migrate"),
            (DatabaseError("value 13800000000 is bad"), 2, "DatabaseError"),
            (FileNotFoundError(2, "No such file", "客户.xlsx"), 2, "没有找到文件「客户.xlsx」"),
            (PermissionError(13, "denied", "/x"), 2, "没有权限"),
            (KeyboardInterrupt(), 130, "已中断"),
            (ValueError("a\nb"), 2, "ValueError：a b"),
        ],
    )
    def test_one_line_and_a_code(self, failure, code, words):
        run = self.run(failure)
        assert run.code == code
        assert one_line(run.err)
        assert words in run.err
        assert "13800000000" not in run.err

    def test_traceback_on_demand(self):
        with pytest.raises(ValueError, match="boom"):
            self.run(ValueError("boom"), "--traceback")

    def test_called_from_python(self, ledger):
        with pytest.raises(CommandError, match="没有账套") as refused:
            call_command("check_ledger", "NOPE", stdout=StringIO(), stderr=StringIO())
        assert refused.value.returncode == 2

    def test_help_has_an_example(self, capsys):
        with pytest.raises(SystemExit) as end:
            create_ledger.Command().create_parser("manage.py", "create_ledger").parse_args(["--help"])
        assert end.value.code == 0
        assert "manage.py create_ledger KHZ_001" in capsys.readouterr().out
