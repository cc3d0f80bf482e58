"""``export_customers``: what it writes, what it says, its exit codes."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from customers.models import Customer
from imports.models import ExportJob

from .conftest import csv_rows, xlsx_rows

pytestmark = pytest.mark.django_db


def run(out, **options) -> str:
    said = StringIO()
    call_command("export_customers", str(out), stdout=said, stderr=StringIO(), **({"ledger": "HZ01"} | options))
    return said.getvalue()


def refused(out, **options) -> CommandError:
    with pytest.raises(CommandError) as caught:
        run(out, **options)
    assert caught.value.returncode == 2
    assert not ExportJob.objects.exists()
    return caught.value


def test_it_writes_what_it_is_asked_for(awkward, tmp_path):
    out = tmp_path / "a.csv"
    said = run(out, fields="name,number", query="f-kind=sole_trader", ledger="hz01")
    assert "1 位客户" in said
    assert csv_rows(out.read_bytes()) == [
        ["客户名称", "客户编号"],
        ["日期公司", Customer.objects.get(name="日期公司").number],
    ]
    assert [path.name for path in tmp_path.iterdir() if path.name != "files"] == ["a.csv"]


def test_the_suffix_tells_the_format_and_json_tells_the_rest(awkward, tmp_path):
    out = tmp_path / "a.xlsx"
    about = json.loads(run(out, as_json=True))
    assert (about["rows"], about["bytes"]) == (len(awkward), out.stat().st_size)
    assert len(xlsx_rows(out.read_bytes())) == len(awkward) + 1
    logged = ExportJob.objects.get()
    assert (logged.by, logged.rows, logged.sha256, logged.path) == (None, len(awkward), about["sha256"], "")


def test_as_somebody_it_obeys_his_rights(awkward, tmp_path):
    assert "导出" in str(refused(tmp_path / "a.csv", username="sales1"))
    assert "成员" in str(refused(tmp_path / "a.csv", username="outsider"))
    run(tmp_path / "a.csv", username="supervisor", fields="name")
    assert csv_rows((tmp_path / "a.csv").read_bytes())[1:] == [["分类甲公司"]]


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("a.csv", {"ledger": "NONE"}, "NONE"),
        ("a.pdf", {}, "格式"),
        ("nowhere/a.csv", {}, "目录"),
        ("a.csv", {"fields": "name,nonsense"}, "nonsense"),
        ("a.csv", {"query": "f-provinze=浙江省"}, "f-provinze"),
        ("a.csv", {"query": "provinze=浙江省"}, "provinze"),
        ("a.csv", {"query": "sort=nonsense"}, "sort=nonsense"),
        ("a.csv", {"query": "f-registered_on=gestern"}, ""),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(name, options, words, awkward, tmp_path):
    out = tmp_path / name
    assert words in str(refused(out, **options))
    assert not out.exists()


def test_a_file_that_is_there_is_replaced_whole_or_not_at_all(awkward, tmp_path, monkeypatch):
    from imports.exports import writers

    out = tmp_path / "a.csv"
    out.write_text("old")
    monkeypatch.setattr(writers.CsvWriter, "close", lambda self, about: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        run(out)
    assert out.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.name != "files"] == ["a.csv"]
