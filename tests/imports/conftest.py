"""Files in memory, and imports run in this thread."""

import pytest

from erp_site.shared import failpoints
from imports.importing import checking, inspecting, options, uploads, writing
from imports.importing.runs import Run
from imports.models import ImportBatch
from permissions.actor import Actor
from tests.imports.files import Quiet, content, report

State = ImportBatch.State


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    settings.FILES_DIR = tmp_path / "data" / "files"


@pytest.fixture(autouse=True)
def _no_failpoints():
    yield
    failpoints.configure("")


@pytest.fixture
def upload(ledger, system):
    """upload(rows or bytes, name="x.csv", by=actor) → a batch that has been looked into."""

    def make(rows, name="客户.csv", by: Actor = system, layout=None) -> ImportBatch:
        data = content(rows, name)
        batch = uploads.receive(ledger, by=by, name=name, blocks=[data])
        inspecting.inspect(batch, layout)
        return batch

    return make


@pytest.fixture
def prepare(upload):
    """prepare(rows, mapping={heading: key}, mode=…) → an uploaded batch with its decisions taken."""

    def make(rows, mapping=None, name="客户.csv", by=None, **decisions) -> ImportBatch:
        batch = upload(rows, name, **({"by": by} if by else {}))
        fields = options.mapping_from(batch, mapping) if mapping else None
        options.apply(batch, options.Options(**decisions), fields)
        return batch

    return make


@pytest.fixture
def check(system):
    def run(batch, by=None) -> ImportBatch:
        checking.check(Run(batch, by=by or system, state=State.CHECKING, tell=Quiet()))
        return batch

    return run


@pytest.fixture
def write(system):
    def run(batch, by=None) -> ImportBatch:
        writing.write(Run(batch, by=by or system, state=State.WRITING, tell=Quiet()))
        return batch

    return run


@pytest.fixture
def bring_in(prepare, check, write):
    """bring_in(rows, …) → the report after checking and writing; ``checked=False`` writes in one pass, as the command does."""

    def run(rows, checked=True, by=None, **more) -> dict:
        batch = prepare(rows, by=by, **more)
        if checked:
            check(batch, by)
        return report(write(batch, by))

    return run


@pytest.fixture
def look(prepare, check):
    """look(rows, …) → the report of a check alone."""

    def run(rows, by=None, **more) -> dict:
        return report(check(prepare(rows, by=by, **more), by), dry_run=True)

    return run
