"""A tree of three levels with codes 01, 0101, 0102, 02, and running the background work at once."""

import pytest

from customers.models import Category
from customers.settings import categories
from erp_site.jobs import runner
from erp_site.jobs.models import Job


@pytest.fixture
def tree(ledger) -> dict[str, Category]:
    """01 国内 → 0101 华东分公司 → 010101 杭州, 0102 华北分公司; 02 海外. Codes are free until a test says otherwise."""
    Category.objects.filter(ledger=ledger).delete()
    made: dict[str, Category] = {}
    for code, name, above in (
        ("01", "国内", None),
        ("0101", "华东分公司", "01"),
        ("010101", "杭州", "0101"),
        ("0102", "华北分公司", "01"),
        ("02", "海外", None),
    ):
        made[code] = categories.save(ledger, code=code, name=name, parent=made.get(above), by=None)
    return made


@pytest.fixture
def levels(ledger):
    """levels("2-2-2"): the set's code levels."""

    def set_levels(text: str) -> None:
        ledger.parameters = {**ledger.parameters, "category_levels": text}
        ledger.save(update_fields=["parameters"])

    return set_levels


@pytest.fixture
def work():
    """Run everything that waits; returns the newest job."""

    def run() -> Job:
        runner.run_pending()
        job = Job.objects.order_by("-pk").first()
        assert job.status == Job.Status.SUCCEEDED, job.error
        return job

    return run


@pytest.fixture
def fresh():
    """fresh(category): as the database has it now."""
    return lambda row: type(row).objects.get(pk=row.pk)
