"""Log lines: one line of JSON each, with who and which request, without personal data."""

import json
import logging
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, OperationalError

from erp_site.shared import logs


def line(message: str, *values, error: BaseException | None = None, **fields) -> dict:
    record = logging.LogRecord("erp.test", logging.INFO, __file__, 1, message, values, None)
    record.exc_info = (type(error), error, error.__traceback__) if error else None
    record.fields = fields
    text = logs.JsonFormatter().format(record)
    assert "\n" not in text and "\r" not in text
    return json.loads(text)


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


def test_a_line_tells_when_with_offset_what_and_from_where():
    found = line("导入 %s 行", 7)
    assert found["message"] == "导入 7 行"
    assert (found["level"], found["logger"]) == ("INFO", "erp.test")
    assert found["time"][-6] in "+-" and found["time"][10] == "T"


def test_newlines_cannot_forge_a_second_line():
    found = line("name %s", 'x\n{"level": "CRITICAL"}\r\n')
    assert found["level"] == "INFO" and "\n{" in found["message"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("GET /l/HZ01/customers/?q=张三&phone=1 done", "GET /l/HZ01/customers/ done"),
        ('"GET /a/?q=x HTTP/1.1" 200', '"GET /a/ HTTP/1.1" 200'),
        ("phone 13800138000", "phone ***"),
        ("id 11010519491231002X", "id ***"),
        ("mail zhang.san@firm.com.cn!", "mail ***!"),
        ("customer KH000123, 100000 rows in 12 s?", "customer KH000123, 100000 rows in 12 s?"),
    ],
)
def test_queries_numbers_and_addresses_are_blotted_out(written, kept):
    assert line("%s", written)["message"] == kept


def test_an_exception_is_told_by_type_and_place_only():
    found = line("failed", error=raised(IntegrityError("Key (phone)=(13800138000) of 张三 exists")))
    assert found["error"]["type"] == "django.db.utils.IntegrityError"
    assert "test_logs.py" in found["error"]["frames"][-1]
    assert "张三" not in json.dumps(found, ensure_ascii=False)


def test_messages_that_hold_no_values_are_kept():
    assert line("x", error=raised(OperationalError("disk full\nDETAIL: 张三")))["error"]["message"] == "disk full"
    assert (
        line("x", error=raised(FileNotFoundError(2, "No such file", "/张三.xlsx")))["error"]["message"]
        == "No such file"
    )


def test_badly_formed_records_are_written_all_the_same():
    assert line("%s and %s", 1)["message"] == "%s and %s (arguments do not fit)"
    assert line("x", thing=object())["thing"].startswith("<object")


def test_lines_of_a_job_carry_its_number_user_and_ledger():
    with logs.context("job-7-1", user_id=3, ledger="HZ01"):
        found = line("x")
    assert (found["request_id"], found["user"], found["ledger"]) == ("job-7-1", 3, "HZ01")
    assert "request_id" not in line("x")


def test_lines_of_a_request_carry_what_it_knows_by_then():
    request = SimpleNamespace()
    with logs.context("r-1", request=request):
        assert "user" not in line("x")
        request._cached_user, request.ledger = SimpleNamespace(pk=5), SimpleNamespace(code="SH02")
        found = line("x")
    assert (found["user"], found["ledger"]) == (5, "SH02")
