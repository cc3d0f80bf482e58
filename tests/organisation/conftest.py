"""The system administrator of these tests, who is no superuser, and workbooks made in memory."""

import io

import pytest
import xlsxwriter

from permissions import duties
from permissions.models import User


@pytest.fixture
def keeper(users) -> User:
    """小系: keeps the organisation (duty 系统管理员), is no superuser and belongs to no set."""
    made = User.objects.create_user("keeper", password="demo-pass-2026", display_name="小系", is_staff=True)
    duties.assign(made, duties.SYSTEM, by=None)
    return made


@pytest.fixture
def founder(users) -> User:
    """Makes account sets and may look at the organisation."""
    users["outsider"].groups.add(duties.group_of(duties.CREATOR))
    return User.objects.get(username="outsider")


def workbook(**sheets) -> bytes:
    """workbook(部门=[[…heading…], […row…]]): an .xlsx file."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, value in enumerate(row):
                    if value is not None:
                        sheet.write(number, place, value)
    return target.getvalue()


@pytest.fixture
def file_of(tmp_path):
    """file_of(部门=[…]) or file_of(csv="…"): a path."""

    def make(csv: str | None = None, name: str = "", **sheets):
        path = tmp_path / (name or ("组织.csv" if csv is not None else "组织.xlsx"))
        path.write_bytes(csv.encode() if csv is not None else workbook(**sheets))
        return path

    return make


@pytest.fixture
def departments_there(departments, users):
    """The personas' departments, by code; another name, because tests call the verbs' module ``departments``."""
    return departments
