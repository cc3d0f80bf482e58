"""Customers with values that spreadsheets break, and readers of the files we write."""

import csv
import io

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from customers.fields import Catalogue
from customers.models import Category, Tag
from imports.exports import selecting, services
from imports.exports.cells import by_default, exportable
from permissions.models import User

# Found in a file, each of these means that something went out that should not have.
PHONE, MOBILE, BANK, IDENTITY = "0571-87654321", "13912345678", "6222021234567890128", "11010519491231002X"
MAIL = "canary@example.com"


@pytest.fixture(autouse=True)
def files_dir(settings, tmp_path):
    settings.FILES_DIR = tmp_path / "files"
    return settings.FILES_DIR


@pytest.fixture
def lookups(ledger):
    """A category, two that share a name, and tags."""
    Category.objects.create(ledger=ledger, code="JXC", name="机械")
    Category.objects.create(ledger=ledger, code="SAME1", name="同名")
    Category.objects.create(ledger=ledger, code="SAME2", name="同名")
    for name in ("老客户", "月结", "VIP客户"):
        Tag.objects.create(ledger=ledger, name=name)


@pytest.fixture
def canary(add_customer, lookups):
    """A customer with every sensitive value."""
    return add_customer(
        name="金丝雀科技有限公司", phone=PHONE, mobile=MOBILE, bank_account=BANK, bank_name="中国银行", email=MAIL,
        id_number=IDENTITY, contact="金丝", credit_limit="88888",
    )  # fmt: skip


@pytest.fixture
def awkward(add_customer, lookups, users):
    """Customers that a careless export would change."""
    User.objects.filter(username="sales2").update(display_name="小陈")  # two people of one name
    values = [
        {"name": "=HYPERLINK(\"http://evil.example\")", "remark": "+8613800138000 回电"},
        {"name": "'引号开头商行", "remark": "''两个"},
        {"name": "@SUM(A1)贸易", "short_name": "-1+1", "remark": "第一行\n第二行,带\"引号\""},
        {"name": "＝全角公式公司", "remark": "\t=1+1"},
        {"name": "<r>富文本</r>", "remark": "<r><t>x</t></r>"},
        {"name": "控制_x0041_字符", "remark": "a_x000D_b"},
        {"name": "𠮷野家𰻞面馆", "english_name": "Yoshinoya  & <Co>"},
        {"name": "数字公司", "number": "000123", "postal_code": "051000", "bank_account": "1234567890123456789",
         "mobile": "13800138000", "phone": "010-12345678"},
        {"name": "分类甲公司", "category": "SAME1", "owner": "sales1", "department": "D11"},
        {"name": "分类乙公司", "category": "SAME2", "owner": "sales2", "department": "D12"},
        {"name": "标签公司", "category": "机械", "tags": ["老客户", "月结"], "grade": "VIP", "industry": "34"},
        {"name": "外资公司", "registered_capital": "100万美元", "credit_limit": "9007199254740993.11"},
        {"name": "金额公司", "registered_capital": "500000", "credit_limit": "0.10", "credit_days": "30",
         "registered_on": "1895-03-01"},
        {"name": "税号公司", "uscc": "91330110MA2B1C2D3X", "bank_name": "工商银行"},
        {"name": "专票公司", "uscc": "91330110MA27X8Y91N", "tax_number": "330110123456789"},
        {"name": "日期公司", "registered_on": "2024-02-29", "kind": "sole_trader", "status": "cooperating"},
        {"name": "空白公司"},
    ]  # fmt: skip
    made = [add_customer(**each) for each in values]
    made.append(_with_foreign(add_customer))
    return made


def _with_foreign(add_customer):
    from customers.models import Customer
    from customers.services import pipeline
    from customers.services.edits import Edit, PartEdit
    from permissions.actor import Actor

    customer = add_customer(name="外部编号公司", contact="甲", mobile="13800138001")
    edit = Edit(
        foreign={"SAP": "0000100234", "U8": "=5"},
        parts={"contacts": [PartEdit({"name": "乙", "mobile": "13800138002"})]},
        customer_id=customer.pk,
    )
    outcome = pipeline.submit([edit], ledger=customer.ledger, by=Actor.system(customer.ledger_id), kind="edit")
    assert outcome.updated
    return Customer.objects.get(pk=customer.pk)


@pytest.fixture
def export(ledger, actor):
    """export("supervisor", keys=[…], query="q=…") → the finished ExportJob of that persona."""

    def run(username: str, *, format: str = "xlsx", keys=None, query: str = ""):
        by = actor(username)
        catalogue = Catalogue.of(ledger)
        keys = keys or [field.key for field in by_default(exportable(catalogue, by))]
        return services.start(ledger=ledger, by=by, format=format, keys=keys, selection=selecting.parse(query, by))

    return run


@pytest.fixture
def content(actor):
    """content(export, "supervisor") → the plain bytes that this persona would download."""
    return lambda export, username: b"".join(services.open_file(export, by=actor(username)))


def xlsx_rows(data: bytes) -> list[tuple]:
    """Rows of the first sheet, heading included."""
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    return [
        tuple(unescape(cell) if isinstance(cell, str) else cell for cell in row)
        for row in sheet.iter_rows(values_only=True)
    ]


def csv_rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
