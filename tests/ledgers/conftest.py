"""What the tests of account sets share: somebody who may create sets, and how a browser posts the forms."""

import pytest
from django.contrib.auth.models import Permission


@pytest.fixture
def creator(users):
    """The manager, allowed to create account sets."""
    users["manager"].user_permissions.add(Permission.objects.get(codename="add_ledger"))
    return users["manager"]


@pytest.fixture
def rows_of():
    """rows_of("members", [{…}], initial=1): the POST data of a formset."""

    def post(prefix: str, rows: list[dict], initial: int = 0) -> dict:
        data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
        for index, row in enumerate(rows):
            data |= {f"{prefix}-{index}-{key}": value for key, value in row.items()}
        return data

    return post


@pytest.fixture
def part_rows(rows_of):
    """part_rows({…}, {…}): the rule builder's rows; every control is posted, as a browser does."""
    blank = {"text": "", "width": "6", "start": "1", "step": "1", "format": "YYYY", "digits": "2", "length": "3"}
    blank["algorithm"] = "luhn"

    def post(*parts: dict) -> dict:
        rows = [{**blank, **part, "ORDER": part.get("ORDER", index)} for index, part in enumerate(parts)]
        return rows_of("parts", rows)

    return post


@pytest.fixture
def steps(users, rows_of, part_rows):
    """POST data of the wizard's four steps, good as they stand."""
    categories = [{"code": "ZD", "name": "重点客户", "ORDER": 0}, {"code": "PT", "name": "普通客户", "ORDER": 1}]
    return {
        1: {
            "name": "宁波客户账套",
            "code": "NB01",
            "kind": "customer",
            "company": "宁波港机械有限公司",
            "department": "",
            "manager": users["manager"].pk,
            "description": "",
            "template": "",
        },
        2: {
            "fiscal_year": "2026",
            "start_month": "1",
            "calendar": "monthly",
            "base_currency": "CNY",
            "language": "zh-hans",
            "accounting_mode": "independent",
            "time_zone": "Asia/Shanghai",
            "ranges": "",
            "further": ["USD", "CNY"],
        },
        3: {
            "required_fields": ["category", "contact"],
            "name_policy": "warn",
            "uscc_policy": "block",
            "check_digit_policy": "reason",
            "number_mode": "auto_editable",
            "credit_enabled": "on",
            "default_credit_days": "45",
            "scheme": "monthly",
            "rule-reset": "never",
            "rule-name": "客户编码规则",
            **rows_of("categories", categories, initial=2),
            **part_rows({"type": "literal", "text": "KH"}, {"type": "serial"}),
        },
        4: rows_of("members", [{"user": users["sales1"].pk, "role": "sales"}]),
    }
