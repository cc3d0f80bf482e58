"""``import_customers``: options, exit codes, one clear line, report and error file."""

import json

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from customers.models import ChangeBatch, Customer
from erp_site.shared import failpoints
from erp_site.shared.failpoints import FailpointReached
from imports.importing import options
from imports.models import ImportBatch
from tests.imports.files import counts, csv_bytes, errors, numbered, xlsx_bytes

State = ImportBatch.State


@pytest.fixture
def run(ledger, tmp_path, capsys):
    """run(rows, "--mode", "update", …) → (exit code, the report's JSON, what stood on stdout)."""

    def call(rows=None, *args, name="客户.csv"):
        given = ["--ledger", "hz01", *args]
        if rows is not None:
            path = tmp_path / name
            path.write_bytes(
                rows if isinstance(rows, bytes) else xlsx_bytes(rows) if name.endswith(".xlsx") else csv_bytes(rows)
            )
            given.insert(0, str(path))
        target = tmp_path / "REPORT.json"
        target.unlink(missing_ok=True)
        code = 0
        try:
            call_command("import_customers", *given, "--report", str(target))
        except CommandError as stopped:
            code = stopped.returncode
            call.message = str(stopped)
        call.captured = capsys.readouterr()
        report = json.loads(target.read_text()) if target.exists() else None
        return code, report, call.captured.out

    return call


def test_a_good_file_goes_in(run):
    code, report, out = run(numbered(25), "--batch-size", "10")
    assert (code, counts(report)) == (0, {"rows": 25, "added": 25})
    assert "新增 25" in out
    assert report["checks"]["ok"]
    batch = ChangeBatch.objects.get(kind="import")
    assert (batch.by, batch.door, batch.state) == (None, "command", "done")


def test_refused_rows_are_exit_code_one(run, tmp_path):
    target = tmp_path / "ERRORS.xlsx"
    code, report, out = run([["客户名称", "手机"], ["甲公司", "坏"], ["乙公司", ""]], "--errors", str(target))
    assert (code, counts(report)) == (1, {"rows": 2, "added": 1, "rejected": 1})
    assert errors(report) == [(2, "手机", "phone.invalid")]
    assert openpyxl.load_workbook(target).active["A2"].value == "甲公司"
    assert "ERRORS.xlsx" in run.message


def test_a_dry_run_writes_nothing(run):
    code, report, out = run(numbered(5), "--dry-run")
    assert (code, counts(report), report["dry_run"]) == (0, {"rows": 5, "added": 5}, True)
    assert "未写入" in out
    assert Customer.objects.count() == 0


def test_json_for_machines(run):
    code, report, out = run(numbered(3), "--json")
    assert json.loads(out)["added"] == 3


def test_progress_stands_on_stderr(run):
    run(numbered(3))
    assert "账套 HZ01" in run.captured.err


def test_as_a_user(run, users):
    code, report, _out = run(numbered(2), "--as", "steward", "--reason", "期初")
    assert code == 0
    batch = ChangeBatch.objects.get(kind="import")
    assert (batch.by, batch.reason) == (users["steward"], "期初")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--as", "sales1"], "没有「导入」权限"),
        (["--as", "outsider"], "不是账套"),
        (["--as", "nobody"], "没有用户"),
        (["--mode", "update"], "没有一列对应"),
        (["--mapping", "没有的方案"], "没有名为「没有的方案」的映射方案"),
        (["--sheet", "nix"], "没有名为“nix”的工作表"),
        (["--match", "phone", "--mode", "update"], "匹配依据"),
        (["--resume", "999"], "没有编号为 999 的导入"),
    ],
)
def test_wrong_calls_are_exit_code_two_and_one_clear_line(run, args, words):
    if "--resume" in args:
        code, report, _out = run(None, *args)
    else:
        code, report, _out = run([["客户名称", "电话"], ["甲公司", ""]], *args, name="客户.xlsx")
    assert code == 2
    assert report is None
    assert words in run.message
    assert "\n" not in run.message
    assert not ImportBatch.objects.exists()
    assert Customer.objects.count() == 0


def test_files_that_cannot_be_read(run, tmp_path, settings):
    assert run(b"", name="空.csv")[0] == 2
    assert run(b"PK\x03\x04 broken", name="坏.xlsx")[0] == 2
    assert "不是有效的 Excel 文件" in run.message
    with pytest.raises(FileNotFoundError):
        call_command("import_customers", str(tmp_path / "nix.csv"), "--ledger", "HZ01")
    with pytest.raises(FileNotFoundError):
        call_command("import_customers", str(tmp_path / "空.csv"), "--ledger", "HZ01", "--mapping", "nix.json")
    assert list((settings.FILES_DIR / "imports").iterdir()) == []


def test_a_mapping_file(run, tmp_path):
    path = tmp_path / "m.json"
    path.write_text(json.dumps({"甲列": "name", "乙列": "foreign:SAP"}), encoding="utf-8")
    rows = [["第一行是说明", "", ""], ["甲列", "乙列", "丙列"], ["甲公司", "007", "x"]]
    code, report, _out = run(rows, "--mapping", str(path))
    assert (code, report["mapping"]) == (0, {"甲列": "name", "乙列": "foreign:SAP"})
    assert Customer.objects.get().foreign_numbers.get().number == "007"
    path.write_text('{"没有": "name"}', encoding="utf-8")
    assert run(rows, "--mapping", str(path))[0] == 2
    path.write_text("[1]", encoding="utf-8")
    assert run(rows, "--mapping", str(path))[0] == 2


def test_a_saved_mapping(run, prepare, system):
    batch = prepare([["旧名", "旧注"], ["甲公司", "x"]], mapping={"旧名": "name", "旧注": "remark"})
    options.save_mapping(batch, "旧系统", by=system)
    code, report, _out = run([["旧名", "旧注", "新列"], ["乙公司", "注", "y"]], "--mapping", "旧系统")
    assert (code, report["mapping"]) == (0, {"旧名": "name", "旧注": "remark"})


def test_upsert_by_code_and_duplicates_skip(run, add_customer):
    add_customer(name="甲公司", uscc="91310115MA1K3DX51X")
    rows = [
        ["客户名称", "税号", "备注"],
        ["甲公司", "91310115MA1K3DX51X", "改"],
        ["甲公司", "", "双"],
        ["乙公司", "", ""],
    ]
    code, report, _out = run(rows, "--mode", "upsert", "--match", "uscc", "--duplicates", "skip")
    assert (code, counts(report)) == (0, {"rows": 3, "added": 1, "updated": 1, "skipped": 1})


def test_all_or_nothing(run):
    code, report, _out = run([["客户名称", "手机"], ["甲公司", "坏"], ["乙公司", ""]], "--all-or-nothing")
    assert code == 1
    assert Customer.objects.count() == 0
    assert errors(report) == [(2, "手机", "phone.invalid")]
    assert ImportBatch.objects.get().state == State.FAILED
    code, report, _out = run(numbered(3), "--all-or-nothing")
    assert (code, Customer.objects.count()) == (0, 3)


def test_resume(run):
    failpoints.configure("import.after_chunk:raise:2")
    with pytest.raises(FailpointReached):
        run(numbered(30), "--batch-size", "10")
    failpoints.configure("")
    pk = ImportBatch.objects.get().pk
    code, report, _out = run(None, "--resume", str(pk))
    assert (code, counts(report)) == (0, {"rows": 30, "added": 30})
    assert run(None, "--resume", str(pk))[0] == 2
    assert "已结束" in run.message


def test_list_keys(ledger, capsys):
    call_command("import_customers", "--ledger", "HZ01", "--list-keys")
    out = capsys.readouterr().out
    for key in ["number", "name", "short_name", "english_name", "uscc", "tax_number", "category", "grade", "industry", "province", "city", "address", "phone", "mobile", "email", "contact", "bank_account", "bank_name", "owner", "department", "credit_limit", "remark", "foreign:SYSTEM"]:  # fmt: skip
        assert f"\n{key} " in "\n" + out
    assert "created_at" not in out


def test_a_report_that_cannot_be_written_is_said_before_the_work(ledger, tmp_path):
    path = tmp_path / "客户.csv"
    path.write_bytes(csv_bytes(numbered(2)))
    with pytest.raises(CommandError, match="没有文件夹"):
        call_command("import_customers", str(path), "--ledger", "HZ01", "--report", str(tmp_path / "nix" / "r.json"))
    assert Customer.objects.count() == 0


def test_help_names_what_is_built_and_an_example(capsys):
    with pytest.raises(SystemExit):
        call_command("import_customers", "--help")
    text = capsys.readouterr().out
    assert "--dry-run" in text
    assert "manage.py import_customers" in text
    assert "--undo" in text
