"""An exported file imports again: nothing changes, and what was edited changes and nothing else."""

import contextlib
import json
from io import BytesIO, StringIO
from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command

from customers.models import Customer
from erp_site.shared.commands import FoundFaults

pytestmark = pytest.mark.django_db(transaction=True)


def again(path: Path, *, by: str) -> dict:
    """Import the file as updates; the report."""
    report = path.with_suffix(".json")
    about = {"ledger": "HZ01", "mode": "update", "username": by, "report": str(report)}
    with contextlib.suppress(FoundFaults):  # they stand in the report
        call_command("import_customers", str(path), **about, stdout=StringIO(), stderr=StringIO())
    return json.loads(report.read_text())


@pytest.mark.parametrize("format", ["xlsx", "csv"])
def test_everything_comes_back_unchanged(format, awkward, canary, ledger, export, content, tmp_path):
    path = tmp_path / f"all.{format}"
    done = export("steward", format=format)
    path.write_bytes(content(done, "steward"))
    versions = dict(Customer.objects.values_list("pk", "version"))
    report = again(path, by="steward")
    assert report["errors"] == []
    assert (report["rows"], report["unchanged"]) == (len(awkward) + 1, len(awkward) + 1)
    assert dict(Customer.objects.values_list("pk", "version")) == versions


@pytest.mark.parametrize("format", ["xlsx", "csv"])
def test_a_file_with_masked_values_changes_nothing(format, canary, ledger, users, export, content, tmp_path):
    role = ledger.roles.get(code="finance")
    role.sensitive_level = 1
    role.rights = [*role.rights, "import"]
    role.save()
    path = tmp_path / f"masked.{format}"
    path.write_bytes(content(export("finance", format=format), "finance"))
    report = again(path, by="finance")
    assert report["errors"] == []
    assert report["unchanged"] == 1
    canary.refresh_from_db()
    assert canary.version == 1


def test_what_was_edited_changes_and_nothing_else(awkward, ledger, export, content, tmp_path):
    book = openpyxl.load_workbook(BytesIO(content(export("steward"), "steward")))
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    row = next(row for row in sheet.iter_rows(min_row=2) if row[headings.index("客户名称")].value == "数字公司")
    row[headings.index("手机")].value = "13800138999"
    path = tmp_path / "edited.xlsx"
    book.save(path)
    report = again(path, by="steward")
    assert (report["updated"], report["unchanged"], report["errors"]) == (1, len(awkward) - 1, [])
    customer = Customer.objects.get(name="数字公司")
    assert customer.contacts.get().mobile == "13800138999"
    assert customer.number == "000123"
