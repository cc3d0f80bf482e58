"""登录日志: who came in, who did not; and nothing that may be a password."""

import pytest

from permissions.models import LoginRecord
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def kinds() -> list[tuple[str, str]]:
    return list(LoginRecord.objects.order_by("pk").values_list("kind", "username"))


def login(client, username: str, password: str = PASSWORD):
    return client.post("/login/", {"username": username, "password": password}, HTTP_USER_AGENT="Firefox/130")


def test_in_and_out(users, client):
    login(client, "sales1")
    client.post("/logout/")
    assert kinds() == [("success", "sales1"), ("logout", "sales1")]
    row = LoginRecord.objects.earliest("pk")
    assert (row.address, row.agent) == ("127.0.0.1", "Firefox/130") and row.request_id


def test_a_wrong_password_names_the_account(users, client):
    login(client, "sales1", "wrong")
    assert kinds() == [("failure", "sales1")]


def test_a_name_that_nobody_has_is_not_kept(users, client):
    login(client, "MyPassword-typed-here", "x")
    assert kinds() == [("failure", "")]
    assert "MyPassword" not in str(list(LoginRecord.objects.values()))


def test_hammering_a_locked_account_fills_no_table(users, client):
    for _ in range(12):
        login(client, "sales1", "wrong")
    assert [kind for kind, _name in kinds()] == ["failure"] * 5 + ["locked"]


def test_the_own_password(users, client_of):
    browser = client_of("sales1")
    new = {"new_password1": "jinhua-tie-lu-42", "new_password2": "jinhua-tie-lu-42"}
    browser.post("/password/", {"old_password": "wrong", **new})
    browser.post("/password/", {"old_password": PASSWORD, **new})
    assert kinds() == [("password_failure", "sales1"), ("password", "sales1")]
    assert "jinhua" not in str(list(LoginRecord.objects.values()))
