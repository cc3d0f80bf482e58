"""The wizard in the browser's words: upload, set-up, check, confirm, result; and who gets which answer."""

import io
import json
import re
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from customers.models import Customer
from erp_site.jobs.models import Job
from erp_site.jobs.runner import run_pending
from imports.importing import inspecting, uploads
from imports.models import ImportBatch, ImportMapping
from permissions.models import FieldRule, Role
from permissions.rights import Level
from tests.imports.files import csv_bytes, numbered

State = ImportBatch.State
BAD = [
    ["客户名称", "手机", "我的列"],
    ["甲公司", "13800138000", "x"],
    ["乙公司", "坏电话", "y"],
    ["甲公司", "", ""],
    ["合计", "", ""],
]


def page(name: str, *args) -> str:
    return reverse(name, args=["HZ01", *args])


@pytest.fixture
def browser(client_of, ledger):
    return client_of("manager")


def send(browser, rows, name="客户.csv"):
    data = rows if isinstance(rows, bytes) else csv_bytes(rows)
    return browser.post(page("import_new"), {"file": SimpleUploadedFile(name, data)})


def rules(batch, **more) -> dict:
    """What the set-up form sends when nothing is changed on it."""
    sent = {f"column-{index}": column["field"] for index, column in enumerate(batch.columns)}
    return (
        sent
        | {"mode": "add", "match": "number", "duplicates": "report", "empty_cells": "keep", "reason": "测试"}
        | more
    )


def start_check(browser, rows, **more) -> ImportBatch:
    send(browser, rows)
    batch = ImportBatch.objects.latest("pk")
    answer = browser.post(page("import_setup", batch.pk), rules(batch, **more))
    assert answer.status_code == 302, answer.context["form"].errors
    run_pending()
    batch.refresh_from_db()
    return batch


def test_from_upload_to_result(browser, ledger):
    answer = send(browser, BAD)
    batch = ImportBatch.objects.get()
    assert answer.url == page("import_setup", batch.pk)
    text = browser.get(answer.url).content.decode()
    assert "13800138000" in text
    assert re.search(r'<option value="mobile" selected>', text)
    answer = browser.post(page("import_setup", batch.pk), rules(batch))
    assert answer.url == page("import_check", batch.pk)
    assert "正在检查" in browser.get(answer.url).content.decode()
    run_pending()
    text = browser.get(page("import_check", batch.pk)).content.decode()
    assert "确认导入 2 行" in text
    assert "坏电话" in text
    assert Customer.objects.count() == 0
    answer = browser.post(page("import_confirm", batch.pk))
    assert "正在导入" in browser.get(answer.url).content.decode()
    run_pending()
    text = browser.get(page("import_detail", batch.pk)).content.decode()
    assert "数据校验" in text
    assert Customer.objects.count() == 2
    assert "客户.csv" in browser.get(page("import_list")).content.decode()


def test_findings_by_kind_and_page(browser):
    rows = [
        ["客户名称", "手机"],
        *([f"坏{index}公司", "坏电话"] for index in range(120)),
        ["好公司", ""],
        ["好公司", ""],
    ]
    batch = start_check(browser, rows)
    first = browser.get(page("import_check", batch.pk)).content.decode()
    assert "共 120 行" in first
    assert first.count("坏电话") == 50
    third = browser.get(page("import_check", batch.pk) + "?show=errors&page=3").content.decode()
    assert third.count("坏电话") == 20
    assert "坏119公司" in third
    doubles = browser.get(page("import_check", batch.pk) + "?show=duplicates").content.decode()
    assert "本文件第 122 行" in doubles
    assert browser.get(page("import_check", batch.pk) + "?show=nix&page=99999999999").status_code == 200


def test_progress_ends_with_a_refresh(browser):
    send(browser, BAD)
    batch = ImportBatch.objects.get()
    browser.post(page("import_setup", batch.pk), rules(batch))
    part = browser.get(page("import_progress", batch.pk))
    assert "every 1s" in part.content.decode()
    run_pending()
    assert browser.get(page("import_progress", batch.pk))["HX-Refresh"] == "true"


def test_large_files_are_looked_into_by_a_job(browser, monkeypatch):
    monkeypatch.setattr(inspecting, "AT_ONCE", 10)
    answer = send(browser, numbered(5))
    assert "正在读取文件" in browser.get(answer.url).content.decode()
    batch = ImportBatch.objects.get()
    assert "HX-Refresh" not in browser.get(page("import_progress", batch.pk)).headers
    run_pending()
    assert browser.get(page("import_progress", batch.pk))["HX-Refresh"] == "true"
    assert "列对应" in browser.get(answer.url).content.decode()


def test_a_large_file_that_cannot_be_read_says_so(browser, monkeypatch):
    monkeypatch.setattr(inspecting, "AT_ONCE", 2)
    answer = send(browser, b"PK\x03\x04 broken", "客户.xlsx")
    run_pending()
    assert "不是有效的 Excel 文件" in browser.get(answer.url).content.decode()


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "空.csv", "0 字节"),
        (b"PK\x03\x04 broken", "坏.xlsx", "不是有效的 Excel 文件"),
        (b"<html><table></table></html>", "网页.xls", "网页"),
        (b"%PDF-1.7", "文件.pdf", "不支持 PDF"),
    ],
)
def test_files_that_are_none_are_refused_on_the_form(browser, data, name, words, settings):
    answer = send(browser, data, name)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ImportBatch.objects.exists()
    assert list((settings.FILES_DIR / "imports").iterdir()) == []


def test_too_large_a_file_is_refused(browser, settings, monkeypatch):
    settings.IMPORT_MAX_FILE_MB = 0
    assert send(browser, BAD).status_code == 422
    assert not ImportBatch.objects.exists()


def test_layout_and_profile(browser, actor):
    data = csv_bytes([["一览表", "", ""], ["编码", "客户名称", "手机"], ["A1", "甲公司", "13800138000"]], "gb18030")
    send(browser, data)
    batch = ImportBatch.objects.get()
    assert (batch.encoding, batch.heading_rows) == ("gb18030", [2])
    browser.post(page("import_layout", batch.pk), {"heading_rows": "1", "encoding": "gb18030", "delimiter": ","})
    batch.refresh_from_db()
    assert batch.heading_rows == [1]
    answer = browser.post(page("import_layout", batch.pk), {"heading_rows": "x"}, follow=True)
    assert "请填写一个行号" in answer.content.decode()
    browser.post(page("import_layout", batch.pk), {"heading_rows": ""})
    saved = ImportMapping.objects.create(ledger=batch.ledger, name="方案", columns={"编码": "", "手机": "phone"})
    browser.post(page("import_layout", batch.pk), {"profile": saved.pk})
    batch.refresh_from_db()
    assert [column["field"] for column in batch.columns] == ["", "", "phone"]
    assert browser.post(page("import_layout", batch.pk), {"profile": "999"}).status_code == 404


def test_a_decision_that_cannot_work_stands_on_the_form(browser):
    send(browser, BAD)
    batch = ImportBatch.objects.get()
    answer = browser.post(page("import_setup", batch.pk), rules(batch, mode="update"))
    assert answer.status_code == 422
    assert "没有一列对应" in answer.content.decode()
    answer = browser.post(page("import_setup", batch.pk), rules(batch, **{"column-0": "", "mode": "add"}))
    assert "客户名称" in str(answer.context["form"].errors)


def test_a_profile_is_saved_and_deleted(browser):
    send(browser, BAD)
    batch = ImportBatch.objects.get()
    browser.post(page("import_setup", batch.pk), rules(batch, profile="我的方案"))
    saved = ImportMapping.objects.get()
    assert saved.columns == {"客户名称": "name", "手机": "mobile", "我的列": ""}
    browser.post(page("import_mapping_delete", saved.pk))
    assert not ImportMapping.objects.exists()


def test_going_back_and_changing_makes_the_check_void(browser):
    batch = start_check(browser, BAD)
    assert batch.state == State.CHECKED
    browser.post(page("import_layout", batch.pk), {"heading_rows": "1"})
    batch.refresh_from_db()
    assert (batch.state, batch.chunks.count()) == (State.UPLOADED, 0)
    assert browser.post(page("import_confirm", batch.pk)).status_code == 302
    run_pending()
    assert Customer.objects.count() == 0


def test_the_same_file_again_is_warned_about(browser):
    batch = start_check(browser, BAD)
    browser.post(page("import_confirm", batch.pk))
    run_pending()
    answer = send(browser, BAD)
    assert "同一个文件已经导入过" in browser.get(answer.url).content.decode()


def test_the_error_file_is_mended_and_comes_back(browser, ledger):
    batch = start_check(browser, BAD)
    browser.post(page("import_confirm", batch.pk))
    run_pending()
    book = openpyxl.load_workbook(io.BytesIO(browser.get(page("import_errors", batch.pk)).content))
    sheet = book.active
    assert [cell.value for cell in sheet[1]] == ["客户名称", "手机", "我的列", "错误说明", "原行号"]
    assert sheet.max_row == 2
    assert (sheet["A2"].value, sheet["B2"].value, sheet["C2"].value, sheet["E2"].value) == ("乙公司", "坏电话", "y", 3)
    assert "电话" in sheet["B2"].comment.text
    assert sheet["B2"].fill.fgColor.rgb.endswith("FFE9A8")
    assert "手机" in sheet["D2"].value
    sheet["B2"] = "13900139000"
    target = io.BytesIO()
    book.save(target)
    send(browser, target.getvalue(), "待改正.xlsx")
    again = ImportBatch.objects.latest("pk")
    assert [column["field"] for column in again.columns] == ["name", "mobile", "", "", ""]
    browser.post(page("import_setup", again.pk), rules(again))
    run_pending()
    browser.post(page("import_confirm", again.pk))
    run_pending()
    assert Customer.objects.filter(name="乙公司").exists()


def test_a_formula_in_a_bad_row_comes_back_as_text(browser):
    batch = start_check(browser, [["客户名称", "手机"], ['=HYPERLINK("http://evil")', "坏"]])
    sheet = openpyxl.load_workbook(io.BytesIO(browser.get(page("import_errors", batch.pk)).content)).active
    assert (sheet["A2"].data_type, sheet["A2"].value) == ("s", '=HYPERLINK("http://evil")')


def test_the_report_is_json(browser):
    batch = start_check(browser, BAD)
    found = json.loads(b"".join(browser.get(page("import_report", batch.pk)).streaming_content))
    assert {"batch", "rows", "added", "updated", "unchanged", "skipped", "duplicates", "rejected", "requests", "seconds", "errors",
            "duplicate_pairs", "checks"} <= found.keys()  # fmt: skip
    assert set(found["errors"][0]) >= {"row", "column", "value", "code", "message", "suggestion"}
    assert set(found["duplicate_pairs"][0]) >= {"row", "with", "score", "evidence"}


def test_the_template(browser):
    answer = browser.get(page("import_template"))
    assert answer["Content-Type"].startswith("application/vnd.openxmlformats")
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]["A1"].value


def test_cancelling_before_and_during(browser, ledger):
    send(browser, BAD)
    batch = ImportBatch.objects.get()
    browser.post(page("import_cancel", batch.pk))
    batch.refresh_from_db()
    assert batch.state == State.CANCELLED
    assert "没有写入任何客户" in browser.get(page("import_detail", batch.pk)).content.decode()
    batch = start_check(browser, BAD)
    browser.post(page("import_confirm", batch.pk))
    browser.post(page("import_cancel", batch.pk))  # the job still waits in the queue
    run_pending()
    batch.refresh_from_db()
    assert (batch.state, Customer.objects.count()) == (State.CANCELLED, 0)


def test_an_interrupted_import_offers_to_go_on(browser, ledger):
    batch = start_check(browser, BAD)
    browser.post(page("import_confirm", batch.pk))
    Job.objects.filter(kind="import.write").update(status=Job.Status.FAILED, error="磁盘已满")
    text = browser.get(page("import_detail", batch.pk)).content.decode()
    assert "继续导入" in text
    assert "磁盘已满" in text
    browser.post(page("import_confirm", batch.pk))
    run_pending()
    batch.refresh_from_db()
    assert (batch.state, Customer.objects.count()) == (State.DONE, 2)


def test_a_file_that_nobody_confirmed_twice_is_imported_once(browser):
    batch = start_check(browser, BAD)
    for _click in range(3):
        browser.post(page("import_confirm", batch.pk))
    run_pending()
    browser.post(page("import_confirm", batch.pk))
    run_pending()
    assert Customer.objects.count() == 2


# --- who may ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "status"), [("manager", 200), ("steward", 200), ("supervisor", 200), ("sales1", 403),
                                             ("viewer", 403), ("finance", 403), ("outsider", 404)])  # fmt: skip
def test_only_who_may_import_gets_in(client_of, ledger, who, status):
    browser = client_of(who)
    for name in ("import_list", "import_new", "import_template"):
        assert browser.get(page(name)).status_code == status
    assert send(browser, BAD).status_code == (302 if status == 200 else status)


def test_an_import_is_its_owners_and_the_managers(browser, client_of, ledger, actor):
    batch = uploads.receive(ledger, by=actor("steward"), name="客户.csv", blocks=[csv_bytes(BAD)])
    inspecting.inspect(batch)
    names = (
        "import_detail",
        "import_setup",
        "import_check",
        "import_progress",
        "import_errors",
        "import_report",
        "import_original",
    )
    for name in names:
        assert client_of("supervisor").get(page(name, batch.pk)).status_code == 404
    for name in ("import_cancel", "import_confirm", "import_layout"):
        assert client_of("supervisor").post(page(name, batch.pk)).status_code == 404
    assert browser.get(page("import_setup", batch.pk)).status_code == 200
    assert browser.get(page("import_original", batch.pk)).status_code == 409
    assert b"".join(client_of("steward").get(page("import_original", batch.pk)).streaming_content) == csv_bytes(BAD)
    assert "客户.csv" not in client_of("supervisor").get(page("import_list")).content.decode()


def test_another_sets_import_is_not_found(browser, other_ledger, ledger):
    from permissions.actor import Actor

    batch = uploads.receive(other_ledger, by=Actor.system(other_ledger.pk), name="x.csv", blocks=[csv_bytes(BAD)])
    assert browser.get(page("import_detail", batch.pk)).status_code == 404


def test_values_are_masked_for_others(browser, client_of, ledger, actor):
    Role.objects.filter(ledger=ledger, code="manager").update(sensitive_level=Level.MASKED)
    steward = client_of("steward")
    batch = start_check(
        steward, [["客户名称", "手机"], ["甲公司", "13812345678"], ["乙公司", "13812345678"], ["丙", "1381234567"]]
    )
    assert "13812345678" in steward.get(page("import_check", batch.pk) + "?show=duplicates").content.decode()
    for show in ("errors", "duplicates"):
        text = browser.get(page("import_check", batch.pk) + f"?show={show}").content.decode()
        assert "1381234567" not in text
    report = b"".join(browser.get(page("import_report", batch.pk)).streaming_content).decode()
    assert "1381234567" not in report
    assert browser.get(page("import_errors", batch.pk)).status_code == 409


def test_a_column_that_may_not_be_written_says_so(client_of, ledger):
    role = Role.objects.get(ledger=ledger, code="data_steward")
    FieldRule.objects.create(role=role, field="contacts.mobile", level=Level.READ)
    browser = client_of("steward")
    answer = send(browser, BAD)
    text = browser.get(answer.url).content.decode()
    assert "您无权修改" in text
    assert "手机（无修改权限）" in text


def test_a_set_that_takes_no_data_takes_no_file(browser, ledger):
    type(ledger).objects.filter(pk=ledger.pk).update(state="suspended")
    answer = send(browser, BAD)
    assert answer.status_code == 422
    assert "不能写入数据" in answer.content.decode()


def test_pages_ask_a_constant_number_of_queries(browser, django_assert_max_num_queries, settings):
    batch = start_check(browser, numbered(40), reason="x")
    browser.post(page("import_confirm", batch.pk))
    run_pending()
    settings.TIME_ZONE = "Asia/Shanghai"
    with django_assert_max_num_queries(20):
        browser.get(page("import_list"))
    with django_assert_max_num_queries(20):
        browser.get(page("import_detail", batch.pk))


def test_poison_is_shown_as_text(browser):
    evil = '<img src=x onerror="window.__pwned=1">'
    rows = [["客户名称", "手机", evil], [evil, evil, "y"]]
    batch = start_check(browser, rows)
    for name in ("import_setup", "import_check"):
        assert evil not in browser.get(page(name, batch.pk)).content.decode()


def test_an_old_import_is_on_the_next_page(browser, ledger, actor):
    for _each in range(32):
        ImportBatch.objects.create(ledger=ledger, created_by=actor("manager").user, door="web", file_name="x.csv")
    first = browser.get(page("import_list")).content.decode()
    older = re.search(r"\?before=(\d+)", first)[0]
    assert browser.get(page("import_list") + older).content.decode().count("x.csv") == 2


def test_heard_of_lately_counts_as_running(ledger, actor):
    from django.utils import timezone

    batch = ImportBatch(ledger=ledger, state=State.WRITING, heard_at=timezone.now())
    assert batch.is_running
    batch.heard_at -= timedelta(minutes=5)
    assert not batch.is_running


def test_xlsx_with_several_sheets_lets_one_choose(browser):
    book = openpyxl.Workbook()
    book.active.title = "甲表"
    book.active.append(["客户名称"])
    book.active.append(["甲公司"])
    other = book.create_sheet("乙表")
    other.append(["客户名称", "手机"])
    other.append(["乙公司", "13800138000"])
    target = io.BytesIO()
    book.save(target)
    answer = send(browser, target.getvalue(), "两表.xlsx")
    text = browser.get(answer.url).content.decode()
    assert "乙表（2 行）" in text
    assert "文件中还有别的工作表：乙表" in text
    batch = ImportBatch.objects.get()
    browser.post(page("import_layout", batch.pk), {"sheet": "乙表", "heading_rows": "1"})
    batch.refresh_from_db()
    assert (batch.sheet, [column["field"] for column in batch.columns]) == ("乙表", ["name", "mobile"])
