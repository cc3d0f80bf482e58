"""Headings find their fields: Chinese, English, synonyms, content."""

import pytest

from customers.fields import Catalogue
from imports.importing.guessing import Guesser, by_content, foreign_system, unit_of

USCC = ["91310115MA1K3DX51X", "91653100MA7776CD3P", "911301331079200770"]


@pytest.fixture
def guess(ledger):
    guesser = Guesser(Catalogue.of(ledger))

    def run(headings, *columns):
        rows = list(zip(*columns, strict=True)) if columns else []
        return [found.field for found in guesser.guess(headings, rows)]

    return run


def test_the_registry_file_maps_by_itself(guess):
    headings = ["name", "uscc", "registered_on", "capital", "province", "city", "address"]
    assert guess(headings) == ["name", "uscc", "registered_on", "registered_capital", "province", "city", "address"]


def test_labels_synonyms_and_english(guess):
    headings = [
        "客户编码",
        "公司名称*",
        "手机号码",
        "Contact Person",
        "E-mail",
        "开户银行",
        "帐号",
        "业务员",
        "Tax No",
        "邮政编码（选填）",
    ]
    assert guess(headings) == [
        "number", "name", "mobile", "contact", "email", "bank_name", "bank_account", "owner", "tax_number", "postal_code",
    ]  # fmt: skip


@pytest.mark.parametrize("heading", ["税号", "纳税人识别号", "统一社会信用代码", "客户代码"])
def test_eighteen_characters_of_the_code_are_the_credit_code(guess, heading):
    assert guess(["名称", heading], ["甲公司", "乙公司", "丙公司"], USCC) == ["name", "uscc"]


def test_a_tax_number_beside_the_credit_code_keeps_its_name(guess):
    assert guess(["税号", "统一社会信用代码"], USCC, USCC) == ["tax_number", "uscc"]


def test_a_tax_number_that_is_no_credit_code_stays(guess):
    assert guess(["税号"], ["310115123456789", "310115123456788", "310115123456787"]) == ["tax_number"]


def test_a_field_is_given_once_to_the_surest_column(guess):
    assert guess(["公司名称", "客户名称"]) == ["", "name"]
    assert guess(["客户名称", "客户名称"]) == ["name", ""]


def test_unknown_headings_are_guessed_by_content(guess):
    phones = ["13800138000", "13900139000", "15012345678"]
    firms = ["杭州恒源机械有限公司", "上海一诺贸易有限公司", "宁波商行"]
    assert guess(["甲", "乙", "丙"], firms, phones, ["a@b.cn", "c@d.com", "e@f.org"]) == ["name", "mobile", "email"]


def test_two_storey_heading_and_likeness(guess):
    assert guess(["联系人/手机", "统一社会信用编码"]) == ["mobile", "uscc"]


def test_own_columns_and_blank_headings_are_left_out(guess):
    assert guess(["错误说明", "原行号", "", "备注"]) == ["", "", "", "remark"]


def test_foreign_systems():
    assert foreign_system("SAP客户编号") == "SAP"
    assert foreign_system("foreign:Crm2") == "CRM2"
    assert foreign_system("客户编号") == ""


def test_units_and_content():
    assert unit_of("注册资本（万元）") == "万元"
    assert unit_of("信用额度(元)") == ""
    assert by_content(["91310115MA1K3DX51X"]) == "uscc"
    assert by_content(["abc", "def", "ghi"]) == ""
