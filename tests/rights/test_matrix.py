"""权限矩阵: what it says is what is so today; who may see it; it names no customer."""

import io
from datetime import timedelta

import openpyxl
import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from imports.matrix import facts
from permissions.actor import Actor, Door
from permissions.models import DepartmentRole, Membership, Override, User
from permissions.rights import Right

pytestmark = pytest.mark.django_db


@pytest.fixture
def matrix(ledger, users):
    return lambda: {each.user.username: each for each in facts.of_ledger(ledger, by=users["manager"]).people}


def test_everybody_and_nobody_else_with_what_he_may(matrix, ledger, users):
    people = matrix()
    assert set(people) == {"manager", "sales1", "sales2", "supervisor", "finance", "service", "viewer", "steward"}
    for username, person in people.items():
        actor = Actor.of(users[username], ledger.pk, Door.WEB)
        assert {right for right, mark in person.rights.items() if mark == facts.YES} == {
            r for r in Right if actor.can(r)
        }
        assert all(actor.field_level(key) == level for key, level in person.levels.items())
    assert people["sales1"].scope == "本人负责的客户"
    assert people["viewer"].scope == "全部客户"
    assert people["viewer"].usual == "只读"
    assert {level for level, _fields in people["viewer"].unusual} >= {"脱敏"}


def test_exceptions_departments_and_days_are_in_it(matrix, ledger, users, departments):
    yesterday = timezone.localdate() - timedelta(days=1)
    Override.objects.create(user=users["sales1"], ledger=ledger, kind="right", key="print", is_denied=True, reason="x")
    DepartmentRole.objects.create(ledger=ledger, department=departments["D12"], role=ledger.roles.get(code="viewer"))
    Membership.objects.filter(user=users["steward"]).update(ends_on=yesterday)
    people = matrix()
    assert people["sales1"].rights["print"] == facts.DENIED
    assert "steward" not in people
    assert "客户资料查看员（部门：销售二部）" in people["sales2"].roles
    assert "信用额度" in dict(people["viewer"].unusual)["隐藏"]


def test_as_many_people_take_as_many_queries(matrix, ledger, django_assert_max_num_queries):
    role = ledger.roles.get(code="sales")
    made = User.objects.bulk_create(User(username=f"many{at}", display_name=f"多{at}") for at in range(60))
    Membership.objects.bulk_create(Membership(user=user, ledger=ledger, role=role) for user in made)
    with django_assert_max_num_queries(60):
        assert len(matrix()) == 68


def test_the_page_says_when_and_by_whom_and_the_file_holds_every_field(client_of, ledger, add_customer):
    add_customer(name="绝不在矩阵里的公司", owner="sales1")
    browser = client_of("manager")
    html = browser.get(reverse("rights_matrix", args=["HZ01"])).content.decode()
    assert timezone.localdate().isoformat() in html
    assert "张主管" in html
    answer = browser.get(reverse("rights_matrix_file", args=["HZ01"]))
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["功能与范围", "字段权限"]
    rows = list(book["字段权限"].iter_rows(min_row=5, values_only=True))
    assert len(rows) > 60
    text = html + "".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    assert "绝不在矩阵里的公司" not in text


def test_the_security_administrator_sees_it_and_others_do_not(client_of, ledger, users):
    users["secadmin"].user_permissions.add(Permission.objects.get(codename="change_role"))
    assert "HZ01" in client_of("secadmin").get(reverse("matrix_sets")).content.decode()
    assert client_of("secadmin").get(reverse("matrix_of_set", args=["HZ01"])).status_code == 200
    assert client_of("secadmin").get(reverse("matrix_file", args=["HZ01"])).content[:2] == b"PK"
    assert client_of("secadmin").get(reverse("rights_matrix", args=["HZ01"])).status_code == 404
    assert client_of("auditor").get(reverse("matrix_sets")).status_code == 403
    assert client_of("sales1").get(reverse("matrix_of_set", args=["HZ01"])).status_code == 403
    assert client_of("sales1").get(reverse("rights_matrix", args=["HZ01"])).status_code == 403
