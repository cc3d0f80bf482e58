"""Rows of the logs as the tests read them."""

import pytest

from permissions.models import AccessRecord, LoginRecord, RightChange

CANARIES = {
    "name": "金丝雀精密仪器有限公司",
    "phone": "0571-87654321",
    "mobile": "13912345678",
    "bank_account": "6222021234567890128",
    "email": "jinsique@example.com",
}


@pytest.fixture
def customer(add_customer):
    return add_customer(owner="sales1", **CANARIES)


@pytest.fixture
def kinds():
    """kinds(): (user name, kind) of every access so far, in order."""
    return lambda: list(AccessRecord.objects.order_by("pk").values_list("username", "kind"))


@pytest.fixture
def everything():
    """everything(): all that the three logs hold, as one text."""
    return lambda: "\n".join(
        str(row) for model in (AccessRecord, RightChange, LoginRecord) for row in model.objects.values()
    )
