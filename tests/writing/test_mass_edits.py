"""One edit for many customers in the background: one batch, resumable, with the asker's rights."""

import pytest

from customers.models import ChangeBatch, Customer
from customers.services import mass_edits
from customers.services.edits import Edit
from erp_site.jobs import runner
from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError

pytestmark = pytest.mark.django_db


@pytest.fixture
def to_grade(monkeypatch):
    """A kind of mass edit that gives a grade to everybody who has another one."""
    monkeypatch.setattr(mass_edits, "_kinds", dict(mass_edits._kinds))
    monkeypatch.setattr(mass_edits, "CHUNK", 2)
    mass_edits.register(
        "test.grade",
        select=lambda ledger, params: Customer.objects.of(ledger.pk),
        make=lambda ledger, params: lambda pks: [Edit({"grade": params["grade"]}, customer_id=pk) for pk in pks],
    )


@pytest.fixture
def five(add_customer):
    return [add_customer(name=f"杭州第{index}批发有限公司", grade="C") for index in range(5)]


def test_all_change_in_one_batch_with_history(ledger, actor, five, to_grade):
    job = mass_edits.ask("test.grade", ledger, {"grade": "A"}, by=actor("manager"), reason="年度评级")
    runner.run_pending()
    job.refresh_from_db()
    assert job.result["changed"] == 5, job.error
    assert set(Customer.objects.values_list("grade", flat=True)) == {"A"}
    batch = ChangeBatch.objects.get(pk=job.result["batch"])
    assert (batch.customers_changed, batch.reason, batch.by.username) == (5, "年度评级", "manager")
    assert Customer.history.filter(batch=batch).count() == 5


def test_a_run_that_was_cut_off_goes_on_in_the_same_batch(ledger, actor, five, to_grade, monkeypatch):
    mass_edits.ask("test.grade", ledger, {"grade": "A"}, by=actor("manager"), reason="年度评级")
    write, calls = mass_edits.writing.write, []

    def dies_at_the_second_chunk(*args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("killed")
        return write(*args, **kwargs)

    monkeypatch.setattr(mass_edits.writing, "write", dies_at_the_second_chunk)
    runner.run_pending()
    assert Customer.objects.filter(grade="A").count() == 2
    Job.objects.update(run_after=None)
    runner.run_pending()
    job = Job.objects.get()
    assert job.result["changed"] == 5, job.error
    assert ChangeBatch.objects.filter(kind=ChangeBatch.Kind.SETTINGS).count() == 1
    assert ChangeBatch.objects.get(kind=ChangeBatch.Kind.SETTINGS).customers_changed == 5


def test_what_the_asker_may_not_change_is_refused_and_named_if_he_sees_it(ledger, actor, five, to_grade):
    for username, number in (("sales1", ""), ("viewer", five[0].number)):
        job = mass_edits.ask("test.grade", ledger, {"grade": "A"}, by=actor(username), reason="试试")
        runner.run_pending()
        job.refresh_from_db()
        assert (job.result["changed"], job.result["refused"]) == (0, 5)
        assert job.result["samples"][0]["customer"] == number


def test_the_same_wish_is_asked_once_and_an_archived_set_takes_none(ledger, actor, five, to_grade):
    first = mass_edits.ask("test.grade", ledger, {"grade": "A"}, by=actor("manager"), reason="")
    assert mass_edits.ask("test.grade", ledger, {"grade": "A"}, by=actor("manager"), reason="").pk == first.pk
    ledger.state = ledger.State.ARCHIVED
    with pytest.raises(BusinessError, match="归档"):
        mass_edits.ask("test.grade", ledger, {"grade": "B"}, by=actor("manager"), reason="")
