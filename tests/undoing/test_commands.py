"""``undo`` and ``import_customers --undo``: exit codes, dry run, and a database that is as it was."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from customers.models import ChangeBatch, Customer
from erp_site.shared.commands import FoundFaults

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "客户.csv"
    lines = ["客户名称,手机,联系人"] + [
        f"绍兴第{index}轻纺有限公司,1390000{index:04},王{index}" for index in range(1, 41)
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def imported(file, ledger, settings, tmp_path):
    from imports.models import ImportBatch

    settings.FILES_DIR = tmp_path / "files"
    call_command("import_customers", str(file), "--ledger", "HZ01", stdout=StringIO(), stderr=StringIO())
    return ImportBatch.objects.get()


def run(*args):
    out = StringIO()
    call_command(*args, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_an_import_is_undone_and_the_database_is_as_before(add_customer, whole, file, ledger, settings, tmp_path):
    from imports.models import ImportBatch

    settings.FILES_DIR = tmp_path / "files"
    add_customer(name="早就在的客户")
    before = whole()
    run("import_customers", str(file), "--ledger", "HZ01")
    assert Customer.objects.count() == 41
    text = run("import_customers", "--ledger", "HZ01", "--undo", str(ImportBatch.objects.get().pk))
    assert "移入回收站 40 个" in text
    assert whole() == before


def test_who_was_changed_since_stays_and_the_exit_code_says_so(imported, change):
    kept = Customer.objects.order_by("pk").first()
    change(kept, remark="后来谈成了")
    with pytest.raises(FoundFaults, match="1 处保留现状"):
        run("undo", str(imported.change_batch_id))
    assert list(Customer.objects.all()) == [kept]


def test_a_dry_run_only_tells(imported):
    result = json.loads(run("undo", str(imported.change_batch_id), "--dry-run", "--json"))
    assert (result["removed"], result["batch"]) == (40, None)
    assert Customer.objects.count() == 40
    assert ChangeBatch.objects.get(pk=imported.change_batch_id).undone_by is None


def test_a_batch_that_does_not_exist_is_said(ledger):
    with pytest.raises((CommandError, Exception), match="没有批次 999"):
        run("undo", "999")


def test_with_somebody_s_rights(imported, ledger):
    with pytest.raises(Exception, match="不能撤销"):
        run("undo", str(imported.change_batch_id), "--as", "sales1")
    assert Customer.objects.count() == 40
