"""The whole way of a file: encodings, formats, bad cells with exact row, column, value and code."""

from datetime import date
from decimal import Decimal

import pytest

from customers.models import Customer
from imports.importing import inspecting
from tests.imports.files import counts, csv_bytes, errors, numbered, xlsx_bytes

REGISTRY = [
    ["name", "uscc", "registered_on", "capital", "province", "city", "address"],
    [
        "赵县兴建建筑工程有限责任公司",
        "911301331079200770",
        "2000-04-26",
        "2,000(万元人民币)",
        "河北",
        "石家庄",
        "石家庄市赵县西关",
    ],
    [
        "乌苏市明大织布有限责任公司",
        "91654202738399118E",
        "2002-08-05",
        "180(万元人民币)",
        "新疆",
        "塔城",
        "乌苏市伊犁路102号",
    ],
    ["玛纳斯县合力液化气有限责任公司", "91652324MA7776C826", "2006-07-05", "N/A", "新疆", "昌吉", "玛纳斯县乐土驿镇"],
]


def test_the_registry_file_goes_in_whole(bring_in):
    found = bring_in(REGISTRY)
    assert counts(found) == {"rows": 3, "added": 3}
    assert found["checks"]["ok"]
    first = Customer.objects.get(uscc="911301331079200770")
    assert (first.registered_on, first.registered_capital) == (date(2000, 4, 26), Decimal("20000000.00"))
    assert (first.province, first.number) == ("河北省", "KH000001")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_files_in_every_encoding_and_delimiter(bring_in, encoding, delimiter):
    data = csv_bytes(REGISTRY * 1, encoding, delimiter)
    found = bring_in(data, name="客户.csv")
    assert counts(found) == {"rows": 3, "added": 3}
    assert Customer.objects.filter(name="赵县兴建建筑工程有限责任公司").exists()


def test_csv_and_xlsx_give_the_same_customers(bring_in, prepare, check, write):
    fields = (
        "name",
        "uscc",
        "registered_on",
        "registered_capital",
        "province",
        "city",
        "address",
        "phone",
        "short_name",
    )
    bring_in(REGISTRY, name="a.csv")
    from_csv = list(Customer.objects.order_by("pk").values_list(*fields))
    typed = [REGISTRY[0], *([*row[:2], date.fromisoformat(row[2]), *row[3:]] for row in REGISTRY[1:])]
    found = write(check(prepare(typed, name="b.xlsx", mode="upsert", match="uscc")))
    assert found.counts["unchanged"] == 3
    assert list(Customer.objects.order_by("pk").values_list(*fields)) == from_csv


def test_every_bad_cell_is_named(look):
    rows = [
        ["客户名称", "手机", "邮箱", "成立日期", "客户分类", "信用额度", "统一社会信用代码"],
        ["好公司", "13800138000", "a@b.cn", "2024-01-05", "", "5万", ""],
        ["甲公司", "1380013800", "", "", "", "", ""],
        ["乙公司", "", "not-mail", "2024-02-31", "没有的分类", "很多", ""],
        ["", "13900139000", "", "", "", "", ""],
        ["丙公司", "1.38E+10", "", "", "", "", "9131011"],
        ["丁" * 201, "", "", "", "", "", ""],
    ]
    found = look(rows)
    assert counts(found) == {"rows": 6, "added": 1, "rejected": 5}
    assert errors(found) == [
        (3, "手机", "phone.invalid"),
        (4, "邮箱", "email.invalid"),
        (4, "成立日期", "date.invalid"),
        (4, "客户分类", "category.unknown"),
        (4, "信用额度", "amount.format"),
        (5, "客户名称", "field.required"),
        (6, "手机", "phone.scientific"),
        (6, "统一社会信用代码", "uscc.length"),
        (7, "客户名称", "text.too_long"),
    ]
    assert [each["value"] for each in found["errors"]][:2] == ["1380013800", "not-mail"]
    assert all(each["message"] for each in found["errors"])


def test_what_excel_destroyed_is_an_error_never_a_value(look):
    rows = [
        ["客户名称", "银行账号", "手机", "成立日期"],
        ["甲公司", 6222021001116245702, 13800138000, date(2024, 1, 5)],
        ["乙公司", "6222021001116245702", 13800138001, None],
    ]
    found = look(rows, name="客户.xlsx")
    assert errors(found) == [(2, "银行账号", "cell.number_truncated")]
    assert counts(found) == {"rows": 2, "added": 1, "rejected": 1}


def test_row_numbers_are_the_sheets_own(look):
    rows = [
        ["客户资料一览表"],
        [],
        ["客户名称", "手机"],
        ["甲公司", "13800138000"],
        [],
        [],
        ["乙公司", "坏"],
        ["合计", "2"],
    ]
    found = look(rows, name="客户.xlsx")
    assert errors(found) == [(7, "手机", "phone.invalid")]
    assert found["skipped_rows"] == [{"row": 8, "reason": "合计行"}]


def test_values_of_a_heading_with_a_unit_are_scaled(bring_in):
    bring_in([["客户名称", "注册资本（万元）"], ["甲公司", "500"], ["乙公司", "3亿"]])
    capital = dict(Customer.objects.values_list("name", "registered_capital"))
    assert capital == {"甲公司": Decimal("5000000"), "乙公司": Decimal("300000000")}


def test_hidden_sheets_are_not_taken_by_themselves(upload):
    import io

    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["客户名称"])
    book.active.append(["隐藏公司"])
    book.active.sheet_state = "hidden"
    seen = book.create_sheet("客户")
    seen.append(["客户名称", "手机"])
    seen.append(["可见公司", "13800138000"])
    target = io.BytesIO()
    book.save(target)
    batch = upload(target.getvalue(), "客户.xlsx")
    assert batch.sheet == "客户"
    assert [column["field"] for column in batch.columns] == ["name", "mobile"]


def test_another_layout_is_looked_at_anew(upload):
    data = csv_bytes([["说明", "", ""], ["a", "客户名称", "手机"], ["1", "甲公司", "13800138000"]])
    batch = upload(data)
    assert batch.heading_rows == [2]
    inspecting.inspect(batch, inspecting.Layout(heading_rows=(1,)))
    assert batch.heading_rows == [1]
    found = inspecting.inspection(batch)
    assert found.labels[0] == "说明"
    assert found.preview[0][0] == 1


def test_masked_values_never_become_values(bring_in, add_customer, look):
    customer = add_customer(name="甲公司", mobile="13800138000")
    rows = [["客户编号", "客户名称", "手机"], [customer.number, "甲公司改名", "138****8000"]]
    assert counts(bring_in(rows, mode="update")) == {"rows": 1, "updated": 1}
    assert customer.contacts.get().mobile == "13800138000"
    told = look([["客户名称", "手机"], ["乙公司", "138****9000"]])
    assert [each["code"] for each in told["warnings"]] == ["value.masked"]
    assert counts(told) == {"rows": 1, "added": 1}


def test_a_numeric_category_is_a_name_never_a_key(look, ledger):
    from customers.models import Category

    pk = Category.objects.create(ledger=ledger, code="X1", name="机械").pk
    assert errors(look([["客户名称", "客户分类"], ["甲公司", pk]], name="a.xlsx")) == [
        (2, "客户分类", "category.unknown")
    ]


def test_the_files_rows_stand_nowhere_readable(prepare, check, settings, ledger):
    from django.db import connection

    check(prepare([["客户名称", "手机"], ["金丝雀公司", "13912345678"], ["坏公司", "1391234567"]]))
    with connection.cursor() as cursor:
        for table in ("imports_importbatch", "imports_importchunk"):
            cursor.execute(f"SELECT * FROM {table}")
            text = b" ".join(_bytes(value) for row in cursor.fetchall() for value in row)
            for secret in ("13912345678", "1391234567", "金丝雀公司"):
                assert secret.encode() not in text
    for path in settings.FILES_DIR.rglob("*.sealed"):
        assert b"13912345678" not in path.read_bytes()
    assert list((settings.DATA_DIR / "tmp").iterdir()) == []


def _bytes(value) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def test_the_example_row_of_the_template_is_left_out(bring_in, ledger, actor):
    import io

    import openpyxl

    from imports.importing import template

    book = openpyxl.load_workbook(io.BytesIO(template.workbook(ledger, actor("manager"))))
    sheet = book.worksheets[0]
    headings = [cell.value for cell in sheet[1]]
    assert "客户名称*" in headings
    assert sheet.data_validations.dataValidation
    sheet.cell(3, headings.index("客户名称*") + 1, "真公司")
    target = io.BytesIO()
    book.save(target)
    found = bring_in(target.getvalue(), name="模板.xlsx")
    assert counts(found) == {"rows": 2, "added": 1, "skipped": 1}
    assert set(found["mapping"].values()) >= {"name", "mobile", "uscc", "category", "credit_limit"}


def test_the_template_offers_only_what_the_actor_may_write(ledger, actor):
    import io

    import openpyxl

    from imports.importing import template
    from permissions.models import FieldRule, Role
    from permissions.rights import Level

    role = Role.objects.get(ledger=ledger, code="data_steward")
    FieldRule.objects.create(role=role, field="bank_accounts.account", level=Level.READ)
    sheet = openpyxl.load_workbook(io.BytesIO(template.workbook(ledger, actor("steward")))).worksheets[0]
    assert "银行账号" not in [cell.value for cell in sheet[1]]


def test_a_sheet_without_data_imports_nothing(look):
    found = look([["客户名称", "手机"]])
    assert counts(found) == {}


def test_formulas_in_csv_keep_their_text(bring_in):
    bring_in(csv_bytes([["客户名称", "备注"], ["'=1+1公司", "'+86"], ["''引号", "普通"]]))
    assert set(Customer.objects.values_list("name", "remark")) == {("=1+1公司", "+86"), ("'引号", "普通")}


def test_many_rows_over_several_chunks(bring_in):
    found = bring_in(numbered(25), batch_size=10)
    assert counts(found) == {"rows": 25, "added": 25}
    assert found["checks"]["sums"]["registered_capital"]["file"] == found["checks"]["sums"]["registered_capital"][
        "database"
    ].removesuffix(".00")


def test_xlsx_bytes_are_not_taken_for_csv(upload):
    assert upload(xlsx_bytes([["客户名称"], ["甲公司"]]), "客户.csv").kind == "xlsx"
