"""编码规则: the builder, its preview, a new rule in force."""

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import NumberingRule
from customers.services import numbering as drawing
from customers.settings import numbering

pytestmark = pytest.mark.django_db

RULE = {"rule-name": "新规则", "rule-reset": "never"}


@pytest.fixture
def page(ledger):
    return reverse("numbering_rule", args=[ledger.code])


@pytest.fixture
def preview(client_of, ledger):
    """preview(parts, reset=…): the answer of the live preview."""
    browser, address = client_of("manager"), reverse("numbering_preview", args=[ledger.code])
    return lambda parts, reset="never": browser.post(address, {**RULE, "rule-reset": reset, **parts}).text


def test_the_preview_shows_three_numbers(preview, part_rows):
    text = preview(part_rows({"type": "literal", "text": "HD-"}, {"type": "serial", "width": "4", "start": "17"}))
    assert all(number in text for number in ("HD-0017", "HD-0018", "HD-0019"))
    assert "HD-0020" not in text


def test_the_preview_obeys_order_and_date(preview, part_rows):
    today = timezone.localdate()
    parts = part_rows({"type": "serial", "width": "3", "ORDER": 1}, {"type": "date", "format": "YYMM", "ORDER": 0})
    assert f"{today:%y%m}001" in preview(parts, "month")


def test_a_removed_row_does_not_count(preview, part_rows):
    parts = part_rows({"type": "literal", "text": "AB"}, {"type": "serial", "width": "3"})
    assert "AB001" in preview(parts)
    gone = preview({**parts, "parts-0-DELETE": "on"})
    assert "AB" not in gone
    assert "001" in gone


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
        ([{"type": "check"}, {"type": "serial"}], "never", "最后"),
        ([{"type": "serial"}], "year", "日期"),
        ([{"type": "date", "format": "YYYY"}, {"type": "serial"}], "month", "MM"),
        ([{"type": "nonsense"}, {"type": "serial"}], "never", "第 1 段"),
        ([{"type": "serial"}], "weekly", "weekly"),
        ([], "never", "流水号"),
    ],
)
def test_faults_are_told_by_preview_and_page_alike(client_of, ledger, page, preview, part_rows, parts, reset, words):
    data = part_rows(*parts)
    text = preview(data, reset)
    assert words in text
    assert "sample" not in text
    before = list(NumberingRule.objects.values_list("pk", flat=True))
    answer = client_of("manager").post(page, {**RULE, "rule-reset": reset, **data})
    assert answer.status_code == 200
    assert any(words in fault for fault in answer.context["rule"].faults())
    assert list(NumberingRule.objects.values_list("pk", flat=True)) == before


def test_saved_it_is_in_force_and_old_numbers_stay(client_of, ledger, page, part_rows, add_customer):
    old = add_customer()
    former = drawing.rule_in_force(ledger)
    parts = part_rows({"type": "literal", "text": "HZ"}, {"type": "serial", "width": "5"})
    assert client_of("manager").post(page, {**RULE, **parts}).status_code == 302
    rule = drawing.rule_in_force(ledger)
    assert (rule.name, rule.is_active) == ("新规则", True)
    assert not NumberingRule.objects.get(pk=former.pk).is_active
    assert add_customer().number == "HZ00001"
    old.refresh_from_db()
    assert old.number == "KH000001"
    assert numbering.describe(former.parts) in client_of("manager").get(page).text


def test_the_page_shows_what_comes_next(client_of, ledger, page, add_customer):
    add_customer()
    answer = client_of("manager").get(page)
    assert answer.context["upcoming"] == ["KH000002", "KH000003", "KH000004"]


def test_presets_are_sound_and_fill_the_builder(client_of, ledger, page):
    for preset in numbering.PRESETS:
        assert numbering.errors(preset.parts, preset.reset) == []
        assert len(numbering.samples(ledger, preset.parts)) == 3
    form = client_of("manager").get(page, {"preset": "digits"}).context["rule"]
    assert [row["width"].value() for row in form.rows] == [8]


def test_a_short_serial_shows_what_is_left(ledger):
    parts = [{"type": "serial", "width": 1, "start": 8, "step": 1}]
    assert numbering.samples(ledger, parts) == ["8", "9"]


def test_what_the_rule_needs_and_the_set_does_not_require_is_said(preview, part_rows):
    assert "客户分类" in preview(part_rows({"type": "category"}, {"type": "serial"}))


def test_a_builder_that_was_tampered_with(client_of, ledger, page, part_rows):
    browser = client_of("manager")
    broken = part_rows({"type": "serial"}) | {"parts-TOTAL_FORMS": "9999"}
    assert browser.post(page, {**RULE, **broken}).status_code == 200
    nothing = browser.post(reverse("numbering_preview", args=[ledger.code]), {})
    assert nothing.status_code == 200


def test_a_broken_rule_does_not_break_the_page(client_of, ledger, page):
    NumberingRule.objects.filter(ledger=ledger).update(parts=[{"type": "literal"}])
    answer = client_of("manager").get(page)
    assert answer.status_code == 200
    assert answer.context["current"] is None
