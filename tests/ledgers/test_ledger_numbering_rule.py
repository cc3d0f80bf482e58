"""编码规则: the builder and its preview, drafts, coming into force, versions, what is refused."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Category, NumberCounter, NumberingRule
from customers.numbers import judging, trying, versions, wording
from customers.services import numbering as drawing

pytestmark = pytest.mark.django_db

RULE = {"rule-name": "新规则", "rule-reset": "never"}
OPTIONS = {"options-is_gapless": "on"}


@pytest.fixture
def page(ledger):
    return reverse("numbering_rule", args=[ledger.code])


@pytest.fixture
def preview(client_of, ledger):
    """preview(parts, reset=…): the answer of the live preview."""
    browser, address = client_of("manager"), reverse("numbering_preview", args=[ledger.code])

    def ask(parts, reset="never", **more):
        return browser.post(address, {**RULE, **OPTIONS, "rule-reset": reset, **parts, **more}).text

    return ask


@pytest.fixture
def build(client_of, ledger):
    """build(parts, "activate"): the builder's form, sent."""
    browser, address = client_of("manager"), reverse("numbering_new", args=[ledger.code])

    def send(parts, *buttons, reset="never", **more):
        data = {**RULE, **OPTIONS, "rule-reset": reset, **parts, **dict.fromkeys(buttons, "1"), **more}
        return browser.post(address, data)

    return send


@pytest.fixture
def draft(ledger):
    """draft(parts, reset=…, **columns): a rule that is not in force yet."""

    def make(parts, reset="never", replaces=None, **values):
        columns = {
            "name": "草稿", "parts": parts, "reset": reset, "mode": "", "is_gapless": True, "allow_reuse": False,
            "conditions": {}, "priority": 0, "range_from": None, "range_to": None, **values,
        }  # fmt: skip
        return versions.save_draft(ledger, columns, by=None, replaces=replaces)

    return make


def text(value):
    return {"type": "literal", "text": value}


def serial(width, **more):
    return {"type": "serial", "width": width, **more}


# --- the preview --------------------------------------------------------------------------------------------------------


def test_the_preview_shows_three_numbers(preview, part_rows):
    answer = preview(part_rows({"type": "literal", "text": "HD-"}, {"type": "serial", "width": "4", "start": "17"}))
    assert all(number in answer for number in ("HD-0017", "HD-0018", "HD-0019"))
    assert "HD-0020" not in answer


def test_the_preview_obeys_order_and_date(preview, part_rows):
    today = timezone.localdate()
    parts = part_rows({"type": "serial", "width": "3", "ORDER": 1}, {"type": "date", "format": "YYMM", "ORDER": 0})
    assert f"{today:%y%m}001" in preview(parts, "month")


def test_a_removed_row_does_not_count(preview, part_rows):
    parts = part_rows({"type": "literal", "text": "AB"}, {"type": "serial", "width": "5"})
    assert "AB00001" in preview(parts)
    gone = preview({**parts, "parts-0-DELETE": "on"})
    assert "AB" not in gone
    assert "00001" in gone


def test_the_preview_is_for_the_chosen_customer(preview, part_rows, ledger):
    vip = Category.objects.create(ledger=ledger, code="VIP", name="贵宾")
    parts = part_rows({"type": "category"}, {"type": "literal", "text": "-"}, {"type": "serial", "width": "5"})
    assert "VIP-00001" in preview(parts, "prefix", **{"example-category_id": vip.pk})
    by_grade = part_rows({"type": "field", "key": "grade", "map": "VIP=V\nA 级=A", "default": "P"}, {"type": "serial"})
    assert "V000001" in preview(by_grade)


def test_every_part_is_explained(preview, part_rows):
    answer = preview(part_rows({"type": "kind"}, {"type": "serial"}, {"type": "check", "algorithm": "mod37_36"}))
    assert "企业 QY" in answer
    assert "抄错一位就能发现" in answer


@pytest.mark.parametrize(
    ("parts", "reset", "words"),
    [
        ([{"type": "literal", "text": "KH"}], "never", "流水号"),
        ([{"type": "serial"}, {"type": "serial"}], "never", "恰好有一段流水号"),
        ([{"type": "literal", "text": "K H"}, {"type": "serial"}], "never", "第 1 段"),
        ([{"type": "literal", "text": "A/B"}, {"type": "serial"}], "never", "第 1 段"),
        ([{"type": "literal", "text": ""}, {"type": "serial"}], "never", "第 1 段"),
        ([{"type": "serial", "width": "0"}], "never", "第 1 段"),
        ([{"type": "serial", "width": "99"}], "never", "第 1 段"),
        ([{"type": "serial", "width": "2", "start": "100"}], "never", "第 1 段"),
        ([{"type": "serial", "width": "很宽"}], "never", "第 1 段"),
        ([{"type": "serial", "start": "14", "skip": "4"}], "never", "第 1 段"),
        ([{"type": "field", "key": "grade", "map": "VIP=V P"}, {"type": "serial"}], "never", "第 1 段"),
        ([{"type": "check"}, {"type": "serial"}], "never", "最后"),
        ([{"type": "serial"}], "year", "日期"),
        ([{"type": "date", "format": "YYYY"}, {"type": "serial"}], "month", "MM"),
        ([{"type": "category"}, {"type": "serial"}], "parts", "单独计数"),
        ([{"type": "nonsense"}, {"type": "serial"}], "never", "第 1 段"),
        ([{"type": "serial"}], "weekly", "weekly"),
        ([], "never", "流水号"),
    ],
)
def test_faults_are_told_by_preview_and_page_alike(build, ledger, preview, part_rows, parts, reset, words):
    data = part_rows(*parts)
    answer = preview(data, reset)
    assert words in answer
    assert "sample" not in answer
    before = list(NumberingRule.objects.values_list("pk", flat=True))
    page = build(data, reset=reset)
    assert page.status_code == 422
    assert any(words in fault for fault in page.context["rule"].faults())
    assert list(NumberingRule.objects.values_list("pk", flat=True)) == before


# --- drafts and versions ------------------------------------------------------------------------------------------------


def test_saved_and_activated_it_is_in_force_and_old_numbers_stay(
    client_of, ledger, page, build, part_rows, add_customer
):
    old = add_customer()
    former = drawing.rule_in_force(ledger)
    parts = part_rows({"type": "literal", "text": "HZ"}, {"type": "serial", "width": "5"})
    answer = build(parts, "activate", of=former.pk)
    assert answer.url == page
    rule = drawing.rule_in_force(ledger)
    assert (rule.name, rule.state, rule.version) == ("新规则", "active", 2)
    assert NumberingRule.objects.get(pk=former.pk).state == "retired"
    assert add_customer().number == "HZ00001"
    old.refresh_from_db()
    assert old.number == "KH000001"
    assert wording.describe(former.parts) in client_of("manager").get(page).text


def test_a_draft_changes_nothing_until_it_is_activated(client_of, ledger, build, part_rows, add_customer):
    before = drawing.rule_in_force(ledger)
    parts = part_rows({"type": "literal", "text": "HZ"}, {"type": "serial", "width": "5"})
    answer = build(parts)
    draft = NumberingRule.objects.get(state="draft")
    assert answer.url == reverse("numbering_detail", args=[ledger.code, draft.pk])
    assert drawing.rule_in_force(ledger) == before
    assert add_customer().number == "KH000001"
    browser = client_of("manager")
    again = part_rows({"type": "literal", "text": "NB"}, {"type": "serial", "width": "5"})
    browser.post(reverse("numbering_edit", args=[ledger.code, draft.pk]), {**RULE, **OPTIONS, **again})
    draft.refresh_from_db()
    assert draft.parts[0]["text"] == "NB"
    browser.post(reverse("numbering_discard", args=[ledger.code, draft.pk]))
    assert not NumberingRule.objects.filter(pk=draft.pk).exists()


def test_a_version_begins_on_its_day(ledger, draft, add_customer):
    former = drawing.rule_in_force(ledger)
    tomorrow = timezone.localdate() + datetime.timedelta(1)
    rule = versions.activate(draft([text("HZ"), serial(5)], replaces=former), by=None, starts_on=tomorrow)
    assert add_customer().number == "KH000001"
    assert drawing.RuleSet(ledger, on=tomorrow).choose({}).rule == rule
    assert versions.begin_due(ledger, on=tomorrow) == 1
    former.refresh_from_db()
    assert former.state == "retired"


def test_a_version_with_the_same_parts_goes_on_counting(ledger, draft, add_customer):
    add_customer()
    former = drawing.rule_in_force(ledger)
    rule = draft(former.parts, replaces=former, mode="auto")
    assert judging.problems(rule) == []
    versions.activate(rule, by=None)
    assert add_customer().number == "KH000002"
    assert NumberCounter.objects.get().rule == rule


def test_a_category_keeps_its_rule_through_versions(ledger, draft, add_customer):
    vip = Category.objects.create(ledger=ledger, code="VIP", name="贵宾")
    below = Category.objects.create(ledger=ledger, code="VIP1", name="贵宾一", parent=vip)
    rule = versions.activate(draft([text("V"), serial(5)], conditions={"kinds": ["person"]}), by=None)
    vip.numbering_rule = rule
    vip.save()
    assert add_customer(category="VIP1").number == "V00001"
    newer = versions.activate(draft([text("W"), serial(5)], replaces=rule, conditions={"kinds": ["person"]}), by=None)
    vip.refresh_from_db()
    assert vip.numbering_rule == newer
    assert add_customer(category=below.name).number == "W00001"
    assert add_customer().number == "KH000001"


def test_what_changed_between_versions_is_told(client_of, ledger, draft):
    former = drawing.rule_in_force(ledger)
    rule = versions.activate(draft([text("HZ"), serial(5)], replaces=former, priority=5), by=None)
    told = {label: (before, now) for label, before, now in versions.differences(former, rule)}
    assert told["组成"] == ("固定文字 KH + 流水号 6 位", "固定文字 HZ + 流水号 5 位")
    assert told["优先级"] == ("0", "5")
    assert "适用范围" not in told
    answer = client_of("manager").get(reverse("numbering_detail", args=[ledger.code, rule.pk]))
    assert "固定文字 KH + 流水号 6 位" in answer.text


def test_the_last_rule_cannot_be_retired(client_of, ledger, page):
    rule = drawing.rule_in_force(ledger)
    answer = client_of("manager").post(reverse("numbering_retire", args=[ledger.code, rule.pk]), follow=True)
    assert "最后一条" in answer.text
    assert drawing.rule_in_force(ledger) == rule


# --- what is refused ----------------------------------------------------------------------------------------------------


def codes(rule):
    return [problem.code for problem in judging.problems(rule)]


def test_a_rule_that_meets_another_is_refused_with_the_number(client_of, ledger, draft):
    rule = draft([text("KH"), serial(6)], conditions={"kinds": ["person"]})
    found = next(problem for problem in judging.problems(rule) if problem.code == "numbering.overlap")
    assert "KH000001" in found.message
    answer = client_of("manager").post(reverse("numbering_activate", args=[ledger.code, rule.pk]), follow=True)
    assert "KH000001" in answer.text
    rule.refresh_from_db()
    assert rule.state == "draft"


def test_ranges_keep_two_rules_of_one_form_apart(ledger, draft, add_customer, departments):
    former = drawing.rule_in_force(ledger)
    NumberingRule.objects.filter(pk=former.pk).update(range_to=499_999)
    rule = draft([text("KH"), serial(6)], conditions={"departments": [departments["D1"].pk]}, range_from=500_000)
    versions.activate(rule, by=None)
    assert add_customer(owner="sales1").number == "KH500000"  # 销售一部 stands below 销售部
    assert add_customer(owner="finance").number == "KH000001"


def test_a_rule_that_would_be_too_long_or_too_short_is_refused(ledger, draft):
    Category.objects.create(ledger=ledger, code="ABCDEFGHIJ0123456789", name="很长")
    long = draft([{"type": "category"}, serial(5)])
    problem = judging.problems(long)[0]
    assert (problem.code, "ABCDEFGHIJ0123456789" in problem.message) == ("numbering.too_long", True)
    assert codes(draft([serial(3)]))[:1] == ["numbering.too_short"]


def test_a_rule_whose_first_number_is_taken_says_where_to_begin(ledger, draft, add_customer):
    for number in ("HZ0001", "HZ0002", "HZ0003"):
        add_customer(number=number)
    problem = judging.problems(draft([text("HZ"), serial(4)]))[0]
    assert (problem.code, "0004" in problem.message) == ("numbering.taken", True)
    assert "numbering.taken" not in codes(draft([text("HZ"), serial(4, start=4)]))


def test_a_shorter_width_with_everything_used_is_refused(ledger, draft, add_customer):
    for number in range(1, 10):
        add_customer(number=f"HZHZ{number}")
    assert codes(draft([text("HZHZ"), serial(1)]))[0] == "numbering.taken"


def test_systems_further_down_are_warned_of(ledger, draft):
    rule = draft([text("KEHU-"), serial(8)])
    told = [problem.message for problem in judging.problems(rule) if problem.code == "numbering.downstream"]
    assert len(told) == 1
    assert "SAP" in told[0]


def test_the_forecast_tells_when_the_rule_will_be_used_up(ledger, draft, add_customer):
    rule = versions.activate(draft([text("Q"), serial(4)], replaces=drawing.rule_in_force(ledger)), by=None)
    for _ in range(4):
        add_customer()
    forecast = judging.forecast_of(rule)
    assert (forecast.capacity, forecast.left) == (9999, 9995)
    assert "9 995" in forecast.text
    assert "后用尽" in forecast.text
    NumberCounter.objects.filter(rule=rule).update(next_serial=9_500)
    assert judging.forecast_of(rule).is_short


# --- trial --------------------------------------------------------------------------------------------------------------


def test_a_trial_numbers_everybody_on_paper(client_of, ledger, draft, add_customer):
    first = add_customer(category="ZD")
    second = add_customer(category="PT")
    third = add_customer()
    rule = draft([{"type": "category"}, text("-"), serial(5)], "prefix", replaces=drawing.rule_in_force(ledger))
    result = trying.run(rule)
    assert (result["customers"], result["matched"], result["fitting"], result["clashes"]) == (3, 3, 0, 0)
    assert result["missing"] == {"客户分类（或上级分类）": 1}
    assert result["examples"] == [(first.name, "KH000001", "ZD-00001"), (second.name, "KH000002", "PT-00001")]
    assert result["missing_examples"][0][:2] == (third.name, "KH000003")
    answer = client_of("manager").get(reverse("numbering_trial", args=[ledger.code, rule.pk]))
    assert "ZD-00001" in answer.text
    assert "没有填写客户分类" in answer.text


def test_a_trial_finds_numbers_that_others_have(ledger, draft, add_customer):
    add_customer(kind="person", number="HZ00001")
    add_customer(kind="company")
    rule = draft([text("HZ"), serial(5)], conditions={"kinds": ["company"]})
    result = trying.run(rule)
    assert (result["matched"], result["clashes"]) == (1, 1)
    assert result["clash_examples"][0][1] == "HZ00001"


# --- the pages ----------------------------------------------------------------------------------------------------------


def test_the_page_shows_what_comes_next(client_of, ledger, page, add_customer):
    add_customer()
    answer = client_of("manager").get(page)
    assert answer.context["current"][0]["upcoming"] == ["KH000002", "KH000003", "KH000004"]


def test_presets_are_sound_and_fill_the_builder(client_of, ledger):
    for preset in wording.PRESETS:
        assert wording.errors(preset.parts, preset.reset) == []
        assert len(wording.samples(ledger, preset.parts, reset=preset.reset)) == 3
    address = reverse("numbering_new", args=[ledger.code])
    form = client_of("manager").get(address, {"preset": "digits"}).context["rule"]
    assert [row["width"].value() for row in form.rows] == [8]


def test_the_four_examples_of_the_trade_are_presets(ledger):
    today = timezone.localdate()
    given = {preset.key: wording.samples(ledger, preset.parts, count=1)[0] for preset in wording.PRESETS}
    assert given["digits"] == "00000001"
    assert given["yearly"] == f"KH{today:%Y}01"
    assert given["monthly"] == f"KH{today:%Y%m}0001"
    assert given["region"] == "HD-ZD-00001"


def test_a_short_serial_shows_what_is_left(ledger):
    parts = [{"type": "serial", "width": 1, "start": 8, "step": 1}]
    assert wording.samples(ledger, parts) == ["8", "9"]


def test_what_the_rule_needs_and_the_set_does_not_require_is_said(preview, part_rows):
    assert "客户分类" in preview(part_rows({"type": "category"}, {"type": "serial"}))


def test_a_builder_that_was_tampered_with(client_of, ledger, build, part_rows):
    broken = part_rows({"type": "serial"}) | {"parts-TOTAL_FORMS": "9999"}
    assert build(broken).status_code == 422
    nothing = client_of("manager").post(reverse("numbering_preview", args=[ledger.code]), {})
    assert nothing.status_code == 200


def test_a_range_that_no_serial_can_be_is_refused(build, part_rows):
    parts = part_rows({"type": "literal", "text": "HZ"}, {"type": "serial", "width": "4"})
    answer = build(parts, **{"options-range_from": "20000"})
    assert "位数太多" in answer.text
    answer = build(parts, **{"options-range_from": "500", "options-range_to": "100"})
    assert "止号小于起号" in answer.text


def test_parameters_about_numbers_are_saved_and_logged(client_of, ledger, page):
    data = {"numbers-number_mode": "auto_editable", "numbers-number_min_length": "3",
            "numbers-number_max_length": "12", "numbers-number_pattern_policy": "error"}  # fmt: skip
    browser = client_of("manager")
    assert browser.post(page, data).status_code == 302
    ledger.refresh_from_db()
    assert (ledger.parameter("number_min_length"), ledger.parameter("number_max_length")) == (3, 12)
    assert ledger.events.filter(kind="settings").exists()
    assert "最长不能小于最短" in browser.post(page, {**data, "numbers-number_max_length": "2"}).text


def test_a_broken_rule_does_not_break_the_page(client_of, ledger, page):
    NumberingRule.objects.filter(ledger=ledger).update(parts=[{"type": "literal"}])
    answer = client_of("manager").get(page)
    assert answer.status_code == 200
    assert answer.context["current"][0]["faults"]


def test_an_archived_set_shows_its_rules_and_changes_nothing(client_of, ledger, page, build, part_rows):
    ledger.state = ledger.State.ARCHIVED
    ledger.save()
    browser = client_of("manager")
    assert "只能查看" in browser.get(page).text
    before = NumberingRule.objects.count()
    build(part_rows({"type": "literal", "text": "HZ"}, {"type": "serial", "width": "5"}), "activate")
    assert NumberingRule.objects.count() == before
