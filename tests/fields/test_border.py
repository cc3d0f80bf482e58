"""Own fields across the border: keys, template, export and the way back unchanged, errors with row and column."""

import contextlib
import io
import json

import openpyxl
import pytest
from django.core.management import call_command

from customers.fields import Catalogue
from customers.models import Customer, CustomField
from erp_site.shared.commands import FoundFaults
from imports.exports import selecting, services
from imports.exports.cells import by_default, exportable
from imports.importing import template

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def field_of_each_type(own, add_customer, users):
    own("x_text", "text", label="合同号", is_unique=True)
    own("x_long", "long_text", label="说明二")
    own("x_int", "integer", label="员工人数")
    own("x_dec", "decimal", label="面积", decimals=3)
    own("x_money", "money", label="年采购额（万元）")
    own("x_date", "date", label="到期日")
    own("x_bool", "boolean", label="上市")
    own("x_level", "choice", label="客户等级")
    own("x_goods", "multi_choice", label="主营产品")
    own("x_parent", "customer", label="上级集团")
    own("x_user", "user", label="客服专员")
    own("x_mail", "email", label="对账邮箱")
    own("x_phone", "phone", label="仓库电话", is_sensitive=True)
    own("x_url", "url", label="网店")
    own("x_formula", "formula", label="算出来的", formula="1 + 1", formula_kind="number")
    own("x_secret", "money", label="底价", is_sensitive=True)
    other = add_customer(name="上海总部贸易有限公司", x_bool="否", x_dec="-0.5", x_int="0")
    full = add_customer(
        name="全填机械有限公司", x_text="=1+1", x_long="第一行\n第二行", x_int="1200", x_dec="12.5", x_money="50", x_date="2024-01-05",
        x_bool="是", x_level="甲级", x_goods="乙级,甲级", x_parent=other.number, x_user="小陈", x_mail="a@example.com",
        x_phone="13800138000", x_url="https://example.com/a?b=1", x_secret="123456789012.34",
    )  # fmt: skip
    return full, other


def export(ledger, actor, who, format):
    by = actor(who)
    keys = [each.key for each in by_default(exportable(Catalogue.of(ledger), by))]
    done = services.start(ledger=ledger, by=by, format=format, keys=keys, selection=selecting.parse("", by))
    return b"".join(services.open_file(done, by=by))


def bring(path, who, mode="update"):
    report = path.with_suffix(".json")
    with contextlib.suppress(FoundFaults):
        call_command("import_customers", str(path), ledger="HZ01", mode=mode, username=who, report=str(report),
                     stdout=io.StringIO(), stderr=io.StringIO())  # fmt: skip
    return json.loads(report.read_text())


@pytest.mark.parametrize("format", ["xlsx", "csv"])
@pytest.mark.parametrize("who", ["steward", "finance"])
def test_every_type_comes_back_unchanged(field_of_each_type, ledger, actor, tmp_path, format, who):
    role = ledger.roles.get(code="finance")
    role.rights, role.sensitive_level = [*role.rights, "import"], 1
    role.save()
    path = tmp_path / f"all.{format}"
    path.write_bytes(export(ledger, actor, who, format))
    before = list(Customer.objects.order_by("pk").values_list("version", "custom_values"))
    report = bring(path, who)
    assert report["errors"] == []
    assert (report["rows"], report["unchanged"]) == (2, 2)
    assert list(Customer.objects.order_by("pk").values_list("version", "custom_values")) == before


def test_a_heading_may_be_label_or_key_and_errors_name_row_and_column(field_of_each_type, ledger, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["客户名称", "合同号", "x_int", "客户等级（x_level）", "客户等级", "面积"])
    book.active.append(["新客户一有限公司", "HT-9", "12", "甲级", "", "1.5"])
    book.active.append(["新客户二有限公司", "HT-9", "很多", "丙级", "", "2"])
    path = tmp_path / "new.xlsx"
    book.save(path)
    report = bring(path, "steward", mode="add")
    made = Customer.objects.get(name="新客户一有限公司")
    made.custom_values.pop("x_formula")
    assert made.custom_values == {"x_text": "HT-9", "x_int": 12, "x_level": "a", "x_dec": "1.500"}
    assert {(each["row"], each["column"]) for each in report["errors"]} >= {(3, "x_int"), (3, "客户等级（x_level）")}
    text = json.dumps(report["errors"], ensure_ascii=False)
    assert "丙级" in text
    assert "甲级" in text, "the remedy names what may be chosen"


def test_keys_are_listed(field_of_each_type, ledger):
    out = io.StringIO()
    call_command("import_customers", ledger="HZ01", list_keys=True, stdout=out)
    text = out.getvalue()
    assert "x_level" in text
    assert "客户等级（x_level）" in text
    assert "x_formula" not in text


def test_the_template_has_the_fields(field_of_each_type, ledger, actor):
    CustomField.objects.filter(key="x_text").update(is_required=True)
    book = openpyxl.load_workbook(io.BytesIO(template.workbook(ledger, actor("steward"))))
    headings = [cell.value for cell in book.worksheets[0][1]]
    assert "合同号*" in headings
    assert "算出来的" not in headings
    assert "主营产品" in headings


def test_an_export_follows_the_order_and_filter_of_an_own_field(field_of_each_type, ledger, actor):
    by = actor("steward")
    selection = selecting.parse("sort=x_dec&f-x_dec__to=100", by)
    full, other = field_of_each_type
    assert list(selecting.keys(selection, Catalogue.of(ledger), by)) == [other.pk, full.pk]
    assert ("面积止", "100") in selecting.describe(selection, Catalogue.of(ledger), by)
