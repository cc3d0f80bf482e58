"""Another type for a field that has values: what the preview says, what is refused, what the work does, also when it is killed."""

from types import SimpleNamespace

import pytest

from customers.fields import Catalogue
from customers.models import ChangeBatch, ChoiceSet, Customer, CustomField
from customers.own import converting as own_converting
from customers.presenting import Presenter
from customers.services import pipeline, timeline, writing
from customers.services.edits import Edit
from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError, NotAllowed

from .conftest import LEVELS


@pytest.fixture
def levels(ledger):
    return ChoiceSet.objects.create(ledger=ledger, code="levels", name="级别", options=LEVELS)


def values_of(field):
    return [row.get(field.key) for row in Customer.objects.order_by("pk").values_list("custom_values", flat=True)]


CASES = [
    ("text", ["12", "1,200", "5万"], "integer", {}, [12, 1200, None]),
    ("text", ["12.5", "3"], "decimal", {"decimals": 1}, ["12.5", "3.0"]),
    ("text", ["5万", "￥12"], "money", {}, ["50000.00", "12.00"]),
    ("text", ["2024年1月5日", "2024/2/1"], "date", {}, ["2024-01-05", "2024-02-01"]),
    ("text", ["是", "否", "有"], "boolean", {}, [True, False, True]),
    ("text", ["甲级", "乙级"], "choice", {"choice_set": True}, ["a", "b"]),
    ("text", ["甲级、乙级"], "multi_choice", {"choice_set": True}, [["a", "b"]]),
    ("text", ["zhang@example.com"], "email", {}, ["zhang@example.com"]),
    ("text", ["13800138000"], "phone", {}, ["13800138000"]),
    ("text", ["小陈"], "user", {}, ["小陈"]),
    ("integer", [12], "text", {}, ["12"]),
    ("integer", [12], "decimal", {}, ["12.00"]),
    ("decimal", ["12.00"], "integer", {}, [12]),
    ("money", ["12.50"], "text", {}, ["12.50"]),
    ("date", ["2024-01-05"], "text", {}, ["2024-01-05"]),
    ("boolean", [True], "text", {}, ["是"]),
    ("choice", ["a", "old"], "text", {}, ["甲级", "旧级"]),
    ("choice", ["a"], "multi_choice", {"choice_set": True}, [["a"]]),
    ("multi_choice", [["a", "b"]], "text", {}, ["甲级、乙级"]),
    ("multi_choice", [["b"]], "choice", {"choice_set": True}, ["b"]),
]


@pytest.mark.parametrize(("old", "before", "new", "given", "after"), CASES)
def test_values_become_what_the_preview_said(
    own, add_customer, boss, levels, run_jobs, sound, users, old, before, new, given, after
):
    field = own("x_one", old, label="旧名")
    texts = {"choice": {"old": "甲级"}}.get(old, {})
    for value in before:
        add_customer(x_one=texts.get(value, value) if not isinstance(value, list) else value)
    if old == "choice" and "old" in before:  # chosen before it was retired
        last = Customer.objects.order_by("pk").last()
        Customer.objects.filter(pk=last.pk).update(custom_values={"x_one": "old"})
        Customer.history.filter(id=last.pk).update(custom_values={"x_one": "old"})
    given = {name: levels if value is True else value for name, value in given.items()}
    lost = sum(value is None for value in after)
    after = [users["sales1"].pk if value == "小陈" else value for value in after]
    found = own_converting.preview(field, new, given, by=boss)
    assert (found.convertible, found.lost.count, found.blank) == (len(before) - lost, lost, 0)
    assert len(found.examples) == len(before) - lost
    own_converting.convert(field, new, given, by=boss, clear_lost=bool(lost))
    run_jobs()
    field.refresh_from_db()
    assert (field.type, field.state, field.is_indexed) == (new, CustomField.State.ACTIVE, True)
    assert values_of(field) == after
    sound()


def test_a_loss_is_refused_unless_it_was_chosen(own, add_customer, boss, run_jobs, actor, ledger, sound):
    field = own("x_one", "text", label="面积")
    _good, bad, blank = add_customer(x_one="12.5"), add_customer(x_one="很大"), add_customer()
    found = own_converting.preview(field, "decimal", {}, by=boss)
    assert (found.total, found.blank, found.convertible, found.lost.count) == (3, 1, 1, 1)
    assert (found.lost.samples[0].number, found.lost.samples[0].value) == (bad.number, "很大")
    assert (found.examples[0].value, found.examples[0].why) == ("12.5", "12.50")
    with pytest.raises(BusinessError) as refused:
        own_converting.convert(field, "decimal", {}, by=boss)
    assert (refused.value.code, refused.value.found.lost.count) == ("field.loss", 1)
    field.refresh_from_db()
    assert (field.state, field.type) == ("active", "text")
    own_converting.convert(field, "decimal", {}, by=boss, reason="统一为数字", clear_lost=True)
    assert Catalogue.of(ledger).get("x_one") is None, "out of every page while it runs"
    run_jobs()
    assert values_of(field) == ["12.50", None, None]
    batch = ChangeBatch.objects.get(kind=ChangeBatch.Kind.SETTINGS)
    assert (batch.reason, batch.by, batch.customers_changed) == ("统一为数字", boss.user, 2)
    entry = timeline.page(bad, Presenter(Catalogue.of(ledger), actor("manager"))).entries[0]
    assert [(each.label, each.old, each.new) for each in entry.changes] == [("面积", "很大", "")]
    assert not blank.custom_values
    sound()


def test_values_that_would_be_equal_refuse_a_field_that_may_not_repeat(own, add_customer, boss):
    field = own("x_one", "text", is_unique=True)
    add_customer(x_one="12")
    add_customer(x_one="12.0")
    assert own_converting.preview(field, "integer", {}, by=boss).repeated == 1
    with pytest.raises(BusinessError) as refused:
        own_converting.convert(field, "integer", {}, by=boss)
    assert refused.value.code == "field.duplicates"


def test_it_goes_on_where_it_was_killed(own, add_customer, boss, monkeypatch, sound, levels):
    monkeypatch.setattr(own_converting, "STEP", 2)
    # The label of one option is the value of another: done twice it would come out wrong.
    levels.options = [{"value": "a", "label": "b", "is_active": True}, {"value": "b", "label": "c", "is_active": True}]
    levels.save()
    field = own("x_one", "choice", choice_set=levels)
    for _n in range(5):
        add_customer(x_one="b")
    job = own_converting.convert(field, "text", {}, by=boss)
    seen = []

    def report(done, total=None, message=None):
        seen.append(done)
        if len(seen) == 1:
            raise KeyboardInterrupt

    running = SimpleNamespace(job=job, params=job.params, check=lambda: None, report=report, log=print)
    with pytest.raises(KeyboardInterrupt):
        own_converting.run(running)
    with pytest.raises(BusinessError) as refused:
        own_converting.convert(field, "integer", {}, by=boss)
    assert refused.value.code == "field.converting"
    own_converting.run(running)
    assert values_of(field) == ["b"] * 5
    assert ChangeBatch.objects.filter(kind=ChangeBatch.Kind.SETTINGS).count() == 1
    Job.objects.all().delete()
    sound()


def test_what_was_broken_off_goes_on_from_the_page(client_of, own, add_customer, boss, ledger, run_jobs):
    field = own("x_one", "text", label="套数")
    add_customer(x_one="12")
    job = own_converting.convert(field, "integer", {}, by=boss)
    browser, address = client_of("manager"), f"/l/{ledger.code}/settings/fields/"
    assert "已中断" not in browser.get(f"{address}bin/").text
    Job.objects.filter(pk=job.pk).update(status=Job.Status.FAILED, error="磁盘已满")
    assert "已中断：磁盘已满" in browser.get(f"{address}bin/").text
    assert client_of("viewer").post(f"{address}{field.pk}/state/", {"act": "resume"}).status_code == 403
    assert "正在继续转换" in browser.post(f"{address}{field.pk}/state/", {"act": "resume"}, follow=True).text
    run_jobs()
    field.refresh_from_db()
    assert (field.state, values_of(field)) == (CustomField.State.ACTIVE, [12])
    with pytest.raises(BusinessError, match="没有在转换"):
        own_converting.resume(field, by=boss)


def test_a_conversion_that_never_began_is_taken_back(own, boss):
    field = own("x_one", "text")
    CustomField.objects.filter(pk=field.pk).update(state=CustomField.State.CONVERTING)
    assert own_converting.fault(field) == "转换没有开始。"
    own_converting.resume(field, by=boss)
    field.refresh_from_db()
    assert (field.state, field.type) == (CustomField.State.ACTIVE, "text")


def test_nobody_writes_it_while_it_is_converted(own, add_customer, boss, ledger, system, run_jobs, stored):
    field = own("x_one", "text")
    customer = add_customer(x_one="12")
    pipeline_of_before = pipeline.Pipeline(ledger, system)
    edit = Edit(values={"x_one": "字"}, customer_id=customer.pk)
    pipeline_of_before.prepare([edit])
    own_converting.convert(field, "integer", {}, by=boss)
    with pytest.raises(BusinessError) as refused:
        writing.write([edit], ledger=ledger, by=system, kind="edit")
    assert refused.value.code == "field.converting"
    run_jobs()
    assert stored(customer) == {"x_one": 12}


def test_an_unfinished_import_is_waited_for(own, boss, ledger, system):
    field = own("x_one", "text")
    writing.open_batch(ledger=ledger, by=system, kind="import", state="open")
    with pytest.raises(BusinessError) as refused:
        own_converting.convert(field, "integer", {}, by=boss)
    assert refused.value.code == "field.import_running"
    field.refresh_from_db()
    assert field.state == "active"


def test_sensitive_values_are_converted_and_stay_sealed(own, add_customer, boss, run_jobs, sound, shown):
    field = own("x_one", "text", is_sensitive=True)
    customer = add_customer(x_one="98765")
    own_converting.convert(field, "integer", {}, by=boss)
    run_jobs()
    assert values_of(field)[0].startswith("v1.")
    assert shown(customer, "x_one") == "98765"
    assert own_converting.targets(field) == [
        "long_text", "integer", "decimal", "money", "date", "email", "phone", "url"]  # fmt: skip
    sound()


def test_what_cannot_be(own, boss, actor):
    text, file, formula = own("x_t", "text"), own("x_f", "file"), own("x_g", "formula")
    for field, type in (
        (text, "text"),
        (text, "file"),
        (text, "formula"),
        (file, "text"),
        (formula, "integer"),
        (text, "x"),
    ):
        with pytest.raises(BusinessError):
            own_converting.preview(field, type, {}, by=boss)
    with pytest.raises(BusinessError):
        own_converting.preview(text, "choice", {}, by=boss)
    with pytest.raises(NotAllowed):
        own_converting.preview(text, "integer", {}, by=actor("sales1"))
