"""新建账套 through the pages: the whole way, leaving and resuming, and everything that may be wrong on it."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.urls import reverse

from customers.models import Category, FieldSetting, NumberingRule
from ledgers.models import Ledger
from ledgers.services import creating
from permissions.models import Company, Membership

pytestmark = pytest.mark.django_db


def url(step: int, code: str = "NB01") -> str:
    return reverse("ledger_wizard", args=[code, step])


@pytest.fixture
def browser(creator, client_of):
    return client_of("manager")


@pytest.fixture
def draft(browser, steps) -> Ledger:
    """NB01 after its first step."""
    assert browser.post(reverse("ledger_new"), steps[1]).status_code == 302
    return Ledger.objects.get(code="NB01")


def go_through(browser, steps, upto: int = 4) -> None:
    for step in range(2, upto + 1):
        answer = browser.post(url(step), steps[step])
        assert answer.status_code == 302, answer.context["form"].errors
        assert answer.url == url(step + 1)


def test_from_the_first_step_to_an_active_set(browser, steps, users, draft):
    go_through(browser, steps)
    review = browser.get(url(5))
    assert "宁波客户账套" in review.text
    assert "KH" in review.text
    answer = browser.post(url(5))
    assert answer.url == "/l/NB01/"

    ledger = Ledger.objects.get(code="NB01")
    assert ledger.state == Ledger.State.ACTIVE
    assert ledger.company == "宁波港机械有限公司"
    assert ledger.periods.count() == 12
    assert list(ledger.currencies.values_list("code", flat=True)) == ["USD"]  # the base currency is not a further one
    assert ledger.parameter("required_fields") == ["name", "category", "contact"]
    assert ledger.parameter("default_credit_days") == 45
    assert creating.WIZARD not in ledger.parameters
    assert [c.code for c in Category.objects.filter(ledger=ledger)] == ["ZD", "PT"]
    rule = NumberingRule.objects.get(ledger=ledger)
    assert (rule.reset, [part["type"] for part in rule.parts]) == ("month", ["literal", "date", "serial"])
    members = Membership.objects.filter(ledger=ledger).values_list("user__username", "role__code")
    assert set(members) == {("manager", "manager"), ("sales1", "sales")}


def test_left_and_resumed_with_everything_kept(browser, steps, draft):
    answer = browser.post(url(2), {**steps[2], "fiscal_year": "2027", "leave": "1"})
    assert answer.url == reverse("ledger_list")
    page = browser.get(reverse("ledger_list"))
    assert "继续建账" in page.text
    assert url(3) in page.text
    assert browser.get(url(2)).context["form"]["fiscal_year"].value() == 2027

    browser.post(url(3), {**steps[3], "scheme": "digits", "leave": "1"})
    form = browser.get(url(3)).context["form"]
    assert form.scheme["scheme"].value() == "digits"
    assert [row["code"].value() for row in form.categories] == ["ZD", "PT"]


def test_a_draft_is_usable_by_nobody(browser, steps, draft):
    go_through(browser, steps)
    assert browser.get("/l/NB01/customers/").status_code == 404
    assert not Membership.objects.filter(ledger=draft).exists()


def test_a_later_step_is_not_reached_by_its_address(browser, draft):
    assert browser.get(url(4)).url == url(2)
    assert browser.post(url(5)).url == url(2)
    assert Ledger.objects.get(code="NB01").state == Ledger.State.DRAFT


def test_the_first_form_sent_twice_makes_one_draft(browser, steps, draft):
    assert browser.post(reverse("ledger_new"), steps[1]).url == url(2)
    assert Ledger.objects.filter(code="NB01").count() == 1


def test_activated_twice_is_activated_once(browser, steps, draft):
    go_through(browser, steps)
    first, second = browser.post(url(5)), browser.post(url(5))
    assert first.url == second.url == "/l/NB01/"
    ledger = Ledger.objects.get(code="NB01")
    assert ledger.periods.count() == 12
    assert ledger.roles.filter(code="sales").count() == 1
    assert NumberingRule.objects.filter(ledger=ledger).count() == 1
    assert ledger.events.filter(kind="activated").count() == 1
    assert browser.get(url(2)).url == "/l/NB01/"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "账套名称必须填写"),
        ("name", "杭州客户账套", "已被使用"),
        ("code", "", "账套编码必须填写"),
        ("code", "hz01", "已被使用"),  # HZ01 exists: case does not count
        ("code", "1HZ", "以字母开头"),
        ("code", "HZ 01", "以字母开头"),
        ("code", "账套", "以字母开头"),
        ("code", "X" * 21, "20"),
        ("manager", "", "请指定账套主管"),
    ],
)
def test_what_is_wrong_stands_on_its_field(browser, ledger, steps, field, value, words):
    answer = browser.post(reverse("ledger_new"), {**steps[1], field: value})
    assert answer.status_code == 200
    assert words in str(answer.context["form"].errors[field])
    assert not Ledger.objects.filter(name=steps[1]["name"]).exclude(pk=ledger.pk).exists()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("fiscal_year", "", "请填写启用会计年度"), ("fiscal_year", "1800", "1990"), ("base_currency", "XXX", "XXX")],
)
def test_wrong_periods_stand_on_their_field(browser, steps, draft, field, value, words):
    answer = browser.post(url(2), {**steps[2], field: value})
    assert words in str(answer.context["form"].errors[field])
    assert Ledger.objects.get(code="NB01").wizard_step == 2


def test_the_code_of_a_draft_may_change(browser, steps, draft):
    assert browser.post(url(1), {**steps[1], "code": "NB02"}).url == url(2, "NB02")
    refused = browser.post(url(1, "NB02"), {**steps[1], "code": "not a code"})
    assert refused.status_code == 200
    assert url(2, "NB02") in refused.text  # the page still leads to the draft as it is stored


def test_categories_twice_and_bad_codes_are_marked(browser, steps, rows_of, draft):
    browser.post(url(2), steps[2])
    rows = [{"code": "A", "name": "甲"}, {"code": "a", "name": "乙"}, {"code": "B/1", "name": "甲"}]
    answer = browser.post(url(3), {**steps[3], **rows_of("categories", rows)})
    errors = answer.context["form"].categories.errors
    assert errors[0] == {}
    assert "编码重复" in str(errors[1]["code"])
    assert "字母、数字" in str(errors[2]["code"])


def test_an_own_rule_in_the_wizard_and_its_faults(browser, steps, part_rows, draft):
    browser.post(url(2), steps[2])
    no_serial = part_rows({"type": "literal", "text": "KH"})
    refused = browser.post(url(3), {**steps[3], **no_serial, "scheme": "custom"})
    assert "流水号" in str(refused.context["form"].rule.rows.non_form_errors())
    own = part_rows({"type": "literal", "text": "NB-"}, {"type": "serial", "width": "4"})
    assert browser.post(url(3), {**steps[3], **own, "scheme": "custom"}).status_code == 302
    browser.post(url(4), steps[4])
    browser.post(url(5))
    assert NumberingRule.objects.get(ledger__code="NB01").parts[0] == {"type": "literal", "text": "NB-"}


def test_the_same_member_twice_is_marked(browser, steps, users, rows_of, draft):
    go_through(browser, steps, upto=3)
    row = {"user": users["sales1"].pk, "role": "sales"}
    answer = browser.post(url(4), rows_of("members", [row, row]))
    assert "同一角色" in str(answer.context["form"].errors[1]["user"])


def test_a_template_fills_the_third_step(browser, steps):
    browser.post(reverse("ledger_new"), {**steps[1], "template": "manufacturing"})
    browser.post(url(2), steps[2])
    form = browser.get(url(3)).context["form"]
    assert "整机厂" in [row["name"].value() for row in form.categories]
    assert form.scheme["scheme"].value() == "custom"
    assert "uscc" in form.parameters["required_fields"].value()


def test_the_live_checks(browser, ledger, draft):
    taken = browser.get(reverse("ledger_name_check", args=["code"]), {"code": "hz01"})
    assert "已被使用" in taken.text
    free = browser.get(reverse("ledger_name_check", args=["code"]), {"code": "QQ01"})
    assert "可以使用" in free.text
    own = browser.get(reverse("ledger_name_check", args=["name"]), {"name": draft.name, "besides": "NB01"})
    assert "可以使用" in own.text
    assert browser.get("/ledgers/check/other/").status_code == 404


def test_the_preview_of_periods(browser):
    answer = browser.get(
        reverse("ledger_period_preview"), {"calendar": "quarterly", "fiscal_year": "2026", "start_month": "4"}
    )
    assert "2026-04-01 – 2026-06-30" in answer.text
    nonsense = {"calendar": "x", "fiscal_year": "二〇二六", "start_month": "13"}
    assert browser.get(reverse("ledger_period_preview"), nonsense).status_code == 200


def test_whoever_may_not_create_is_refused_everywhere(client_of, users, steps):
    browser = client_of("sales1")
    assert "新建账套" not in browser.get(reverse("ledger_list")).text
    assert browser.get(reverse("ledger_new")).status_code == 403
    assert browser.post(reverse("ledger_new"), steps[1]).status_code == 403
    assert not Ledger.objects.filter(code="NB01").exists()
    assert browser.get(reverse("ledger_name_check", args=["code"]), {"code": "x"}).status_code == 403
    assert browser.get(reverse("ledger_period_preview")).status_code == 403


def test_another_creator_does_not_see_the_draft(browser, client_of, users, draft):
    from django.contrib.auth.models import Permission

    users["finance"].user_permissions.add(Permission.objects.get(codename="add_ledger"))
    other = client_of("finance")
    assert other.get(url(1)).status_code == 404
    assert other.post(reverse("ledger_draft_delete", args=["NB01"])).status_code == 404
    assert "NB01" not in other.get(reverse("ledger_list")).text
    assert Ledger.objects.filter(code="NB01").exists()


def test_a_draft_can_be_thrown_away(browser, draft):
    browser.post(reverse("ledger_draft_delete", args=["NB01"]))
    assert not Ledger.objects.filter(code="NB01").exists()


def test_a_manager_who_left_keeps_the_set_from_starting(browser, steps, users, draft):
    Ledger.objects.filter(pk=draft.pk).update(manager=users["finance"])
    go_through(browser, steps)
    users["finance"].is_active = False
    users["finance"].save()
    answer = browser.post(url(5))
    assert answer.status_code == 200
    assert "已停用" in answer.text
    assert Ledger.objects.get(code="NB01").state == Ledger.State.DRAFT


def test_who_made_it_for_somebody_else_does_not_become_a_member(browser, steps, users, draft):
    browser.post(url(1), {**steps[1], "manager": users["finance"].pk})
    go_through(browser, steps)
    assert browser.post(url(5)).url == reverse("ledger_list")
    members = Membership.objects.filter(ledger__code="NB01").values_list("user__username", flat=True)
    assert set(members) == {"finance", "sales1"}


def test_a_draft_that_a_command_began_is_finished_in_the_wizard(browser, steps, ledger, rows_of):
    parent = Category.objects.get(ledger=ledger, code="ZD")
    Category.objects.create(ledger=ledger, code="ZD1", name="战略客户", parent=parent)
    call_command("create_ledger", "NB01", name="宁波客户账套", copy_from="HZ01", manager="manager", stdout=StringIO())
    assert url(1) in browser.get(reverse("ledger_list")).text
    browser.post(url(1), steps[1])
    browser.post(url(2), steps[2])
    form = browser.get(url(3)).context["form"]
    assert [row["code"].value() for row in form.categories] == ["ZD", "PT", "QD"]
    rows = [{"code": "ZD", "name": "大客户", "ORDER": 0}, {"code": "XX", "name": "其他", "ORDER": 1}]
    browser.post(url(3), {**steps[3], **rows_of("categories", rows, initial=2)})
    browser.post(url(4), steps[4])
    browser.post(url(5))
    made = {c.code: c for c in Category.objects.filter(ledger__code="NB01")}
    assert set(made) == {"ZD", "ZD1", "XX"}
    assert made["ZD1"].parent == made["ZD"]


def test_a_broken_template_is_refused_on_its_field(browser, steps, settings, tmp_path):
    (tmp_path / "farm.json").write_text('{"format": 1,\n "sections": {"categories": {"A": {}}}}', encoding="utf-8")
    settings.LEDGER_TEMPLATES = str(tmp_path)
    answer = browser.post(reverse("ledger_new"), {**steps[1], "template": "farm"})
    error = str(answer.context["form"].errors["template"])
    assert "farm.json" in error
    assert "客户分类 categories → A" in error
    assert not Ledger.objects.filter(code="NB01").exists()  # nothing half-made is left


def test_a_set_begins_as_a_copy_of_another(browser, steps, ledger, other_ledger):
    form = browser.get(reverse("ledger_new")).context["form"]
    offered = str(form.fields["template"].choices)
    assert "set:HZ01" in offered
    assert "SH02" not in offered  # he has no say there
    browser.post(reverse("ledger_new"), {**steps[1], "template": "set:HZ01"})
    go_through(browser, steps)
    assert "HZ01" in browser.get(url(5)).text
    refused = browser.post(reverse("ledger_new"), {**steps[1], "code": "NB09", "name": "偷看", "template": "set:SH02"})
    assert "template" in refused.context["form"].errors


def test_free_periods_in_the_wizard(browser, steps, draft):
    bad = {**steps[2], "calendar": "free", "ranges": "2026-01-01 至 2026-06-30\n2026-08-01 至 2026-12-31"}
    assert "第 2 行" in str(browser.post(url(2), bad).context["form"].errors["ranges"])
    good = {**bad, "ranges": "2026-01-01 至 2026-06-30 上半年\n2026-07-01 至 2026-12-31 下半年"}
    assert browser.post(url(2), good).url == url(3)
    assert "上半年" in browser.get(url(2)).context["form"]["ranges"].value()
    browser.post(url(3), steps[3])
    browser.post(url(4), steps[4])
    browser.post(url(5))
    names = Ledger.objects.get(code="NB01").periods.values_list("name", flat=True)
    assert list(names) == ["上半年", "下半年"]


def test_the_company_comes_from_the_organisation(browser, steps):
    Company.objects.create(code="C1", name="宁波港机械有限公司")
    Company.objects.create(code="C2", name="已注销公司", is_active=False)
    for company in ("不在册公司", "已注销公司"):
        answer = browser.post(reverse("ledger_new"), {**steps[1], "company": company})
        assert "company" in answer.context["form"].errors
    assert browser.post(reverse("ledger_new"), steps[1]).url == url(2)


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("attempt to write a readonly database", "只能读取"),
        ("connection refused", "连接不上数据库服务器"),
        ("permission denied for table ledgers_ledger", "没有写入权限"),
        ("database or disk is full", "磁盘已满"),
        ("something unheard of", "数据库出错"),
    ],
)
def test_a_database_that_does_not_take_it_says_why(browser, steps, monkeypatch, failure, words):
    def fails(*args, **kwargs):
        raise OperationalError(failure)

    monkeypatch.setattr("ledgers.services.creating.create_draft", fails)
    answer = browser.post(reverse("ledger_new"), steps[1])
    assert answer.status_code == 409
    assert words in answer.text
    assert "继续建账" in answer.text


def test_interrupted_at_activation_it_can_be_done_again(browser, steps, draft, monkeypatch):
    go_through(browser, steps)

    def fails(ledger):
        raise OperationalError("server closed the connection")

    with monkeypatch.context() as broken:
        broken.setattr(creating, "on_activation", [*creating.on_activation, fails])
        assert browser.post(url(5)).status_code == 409
    ledger = Ledger.objects.get(code="NB01")
    assert ledger.state == Ledger.State.DRAFT
    assert not ledger.periods.exists()
    assert not Category.objects.filter(ledger=ledger).exists()
    assert browser.post(url(5)).url == "/l/NB01/"


def test_why_no_set_can_be_made(client_of, browser, settings, departments):
    verdicts = {each.check: each for each in client_of("sales1").get(reverse("ledger_preflight")).context["findings"]}
    assert verdicts["permission"].verdict == "failed"
    assert "系统管理员" in verdicts["permission"].remedy
    settings.LEDGER_CODE_PATTERN = "CUST_2024"
    Ledger.objects.create(code="CUST_2024", name="占用")
    page = browser.get(reverse("ledger_preflight"))
    verdicts = {each.check: each.verdict for each in page.context["findings"]}
    assert (verdicts["permission"], verdicts["database"], verdicts["code_rule"]) == ("ok", "ok", "failed")
    assert "有 1 个原因" in page.text


def test_a_template_survives_changed_categories(browser, steps, rows_of):
    """A renamed first level takes what stands below it along, one that is taken out takes its settings away."""
    browser.post(reverse("ledger_new"), {**steps[1], "template": "manufacturing"})
    browser.post(url(2), steps[2])
    categories = [
        {"code": "ZZ", "was": "ZJ", "name": "整机厂", "ORDER": 0},
        {"code": "PT", "was": "PT", "name": "配套厂", "ORDER": 1},
        {"code": "GC", "was": "GC", "name": "工程", "ORDER": 2, "DELETE": "on"},
    ]
    answer = browser.post(url(3), {**steps[3], **rows_of("categories", categories, initial=3)})
    assert answer.status_code == 302
    browser.post(url(4), steps[4])
    assert browser.post(url(5)).url == "/l/NB01/"
    tree = dict(Category.objects.filter(ledger__code="NB01").values_list("code", "parent__code"))
    assert (tree["ZZ"], tree["ZJ01"], tree["ZJ0101"]) == (None, "ZZ", "ZJ01")
    assert not {"ZJ", "GC", "GC01", "JX"} & tree.keys()
    settings = FieldSetting.objects.filter(ledger__code="NB01").values_list("field", "category__code")
    assert set(settings) == {("x_drawing_code", "ZZ")}


def test_a_template_that_cannot_come_true_is_refused_at_once(browser, steps, settings, tmp_path):
    settings.LEDGER_TEMPLATES = str(tmp_path)
    layout = {"name": "零售", "sections": [{"label": "基本", "fields": ["name", "x_none"]}]}
    document = {"format": 1, "name": "零售", "sections": {"entry_templates": {"retail": layout}}}
    (tmp_path / "retail.json").write_text(json.dumps(document), encoding="utf-8")
    page = browser.post(reverse("ledger_new"), {**steps[1], "template": "retail"})
    assert "retail.json" in page.text and "录入模板「零售" in page.text and "x_none" in page.text
    assert not Ledger.objects.filter(code="NB01").exists()
