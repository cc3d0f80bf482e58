"""The login page: what it answers, whom it lets in, where it sends them."""

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.urls import reverse

from erp_site import demo
from erp_site.demo import PASSWORD
from permissions import login_guard
from permissions.models import User

pytestmark = pytest.mark.django_db


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is hashed."""

    algorithm = "counting"
    hashes = 0

    def encode(self, password, salt):
        CountingHasher.hashes += 1
        return super().encode(password, salt)


def post(username: str, password: str, browser: Client | None = None, **more):
    return (browser or Client()).post("/login/", {"username": username, "password": password}, **more)


def error_of(answer) -> str:
    return " ".join(answer.context["form"].non_field_errors())


def test_the_right_password_opens_a_session(users):
    browser = Client()
    answer = post("sales1", PASSWORD, browser)
    assert answer.status_code == 302
    assert answer["Location"] == "/"
    assert browser.session["_auth_user_id"] == str(users["sales1"].pk)


def test_wrong_unknown_and_deactivated_get_the_same_answer(users):
    User.objects.filter(username="viewer").update(is_active=False)
    answers = {error_of(post(*pair)) for pair in (("sales1", "nonsense"), ("nobody", "nonsense"), ("viewer", PASSWORD))}
    assert len(answers) == 1
    assert "不正确" in answers.pop()


def test_an_unknown_user_costs_as_many_hashes_as_a_known_one(users, settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    user = users["sales1"]
    user.set_password(PASSWORD)
    user.save()
    counts = []
    for username in ("sales1", "nobody"):
        CountingHasher.hashes = 0
        post(username, "nonsense")
        counts.append(CountingHasher.hashes)
    assert counts == [1, 1]


def test_a_page_asked_for_is_where_one_lands(users):
    assert post("sales1", PASSWORD, query_params={"next": "/ledgers/"})["Location"] == "/ledgers/"


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_no_way_leads_to_another_site(users, target):
    assert post("sales1", PASSWORD, query_params={"next": target})["Location"] == "/"


def test_the_session_key_changes_at_login(users):
    browser = Client()
    session = browser.session
    session["before"] = 1
    session.save()
    key = session.session_key
    post("sales1", PASSWORD, browser)
    assert browser.session.session_key != key


def test_everything_else_asks_for_a_login(users, client):
    assert client.get(reverse("home"))["Location"].startswith("/login/")
    assert client.get("/login/").status_code == 200


def test_demo_logins_are_listed_in_demo_mode_only(users, settings, client):
    settings.DEMO = False
    page = client.get("/login/").content.decode()
    assert demo.PASSWORD not in page
    assert "data-fill-login" not in page
    settings.DEMO = True
    page = client.get("/login/").content.decode()
    assert page.count("data-fill-login") == len(demo.PEOPLE)
    assert demo.PASSWORD in page


def test_the_public_password_of_a_demo_user_works_in_demo_mode_only(users, settings):
    User.objects.filter(username="sales1").update(email=f"sales1@{demo.DOMAIN}")
    settings.DEMO = False
    assert "演示模式" in error_of(post("sales1", demo.PASSWORD))
    settings.DEMO = True
    assert post("sales1", demo.PASSWORD).status_code == 302


def test_logging_out_is_a_post_and_ends_the_session(client_of):
    browser = client_of("sales1")
    assert browser.get(reverse("logout")).status_code == 405
    answer = browser.post(reverse("logout"))
    assert "已安全退出" in answer.content.decode()
    assert "_auth_user_id" not in browser.session


def test_the_administration_has_no_login_of_its_own(users, client, client_of):
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/login/?next=")
    for attempt in range(7):
        client.post("/admin/login/", {"username": "sysadmin", "password": f"guess{attempt}"})
    assert not login_guard.LoginGuard.objects.exists()
    assert client_of("sales1").get("/admin/", follow=True).status_code == 403


class TestOwnPassword:
    def test_it_is_changed_and_other_sessions_end(self, users):
        here, elsewhere = Client(), Client()
        for browser in (here, elsewhere):
            browser.login(username="sales1", password=PASSWORD)
        new = "jinhua-tie-lu-42"
        answer = here.post(
            reverse("password_change"), {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        )
        assert answer.status_code == 302
        assert here.get(reverse("password_change")).status_code == 200
        assert elsewhere.get(reverse("password_change")).status_code == 302

    def test_the_old_password_is_asked_under_the_limits(self, client_of):
        browser, new = client_of("sales1"), "jinhua-tie-lu-42"
        data = {"new_password1": new, "new_password2": new}
        for guess in range(login_guard.PER_USER_AND_ADDRESS.count):
            browser.post(reverse("password_change"), data | {"old_password": f"guess{guess}"})
        answer = browser.post(reverse("password_change"), data | {"old_password": PASSWORD})
        assert "次数过多" in answer.context["form"].errors["old_password"][0]
        assert User.objects.get(username="sales1").check_password(PASSWORD)

    def test_a_short_one_is_refused(self, client_of):
        data = {"old_password": PASSWORD, "new_password1": "abc123", "new_password2": "abc123"}
        answer = client_of("sales1").post(reverse("password_change"), data)
        assert "12" in " ".join(answer.context["form"].errors["new_password2"])
