"""Limits on attempts: counted before the password is looked at, whoever asks, however many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from erp_site.demo import PASSWORD
from permissions import login_guard
from permissions.login_guard import PER_ADDRESS, PER_USER, PER_USER_AND_ADDRESS, TooManyAttempts, reserve
from permissions.models import LoginGuard, User

HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


def fail(username: str, address: str, times: int) -> None:
    for _ in range(times):
        reserve(username, address)


@pytest.mark.django_db
class TestLimits:
    def test_the_sixth_attempt_waits_half_an_hour(self):
        start = timezone.now()
        with time_machine.travel(start, tick=False) as clock:
            fail("sales1", HERE, PER_USER_AND_ADDRESS.count)
            with pytest.raises(TooManyAttempts, match="30 分钟"):
                reserve("sales1", HERE)
            clock.shift(timedelta(minutes=29))
            with pytest.raises(TooManyAttempts, match="1 分钟"):
                reserve("sales1", HERE)
            clock.shift(timedelta(minutes=2))
            assert reserve("sales1", HERE)

    def test_failures_are_forgotten_after_a_quarter_of_an_hour(self):
        with time_machine.travel(timezone.now(), tick=False) as clock:
            fail("sales1", HERE, PER_USER_AND_ADDRESS.count - 1)
            clock.shift(timedelta(minutes=16))
            fail("sales1", HERE, PER_USER_AND_ADDRESS.count - 1)

    def test_who_hammers_one_account_does_not_lock_its_owner_out_elsewhere(self):
        for _ in range(100):
            try:
                reserve("boss", HERE)
            except TooManyAttempts:
                continue
        assert reserve("boss", ELSEWHERE)
        assert reserve("sales1", HERE)

    def test_one_address_has_fifty_an_hour_and_leaves_no_rows_beyond(self):
        for number in range(PER_ADDRESS.count):
            reserve(f"user{number}", HERE)
        rows = LoginGuard.objects.count()
        for number in range(20):
            with pytest.raises(TooManyAttempts):
                reserve(f"another{number}", HERE)
        assert LoginGuard.objects.count() == rows
        assert reserve("user0", ELSEWHERE)

    def test_one_user_has_twenty_an_hour_from_all_addresses(self):
        for number in range(PER_USER.count):
            reserve("sales1", f"198.51.100.{number}")
        with pytest.raises(TooManyAttempts):
            reserve("sales1", "198.51.100.200")
        assert reserve("sales2", "198.51.100.200")

    def test_width_and_case_of_a_name_do_not_buy_more_attempts(self):
        for name in ("sales1", "SALES1", "ｓａｌｅｓ１", " sales1 ", "Sales1"):
            reserve(name, HERE)
        with pytest.raises(TooManyAttempts):
            reserve("sales1", HERE)

    def test_addresses_of_one_ipv6_network_are_one(self):
        fail("sales1", "2001:db8:1:2::1", 3)
        fail("sales1", "2001:db8:1:2:ffff::9", 2)
        with pytest.raises(TooManyAttempts):
            reserve("sales1", "2001:db8:1:2::77")
        assert reserve("sales1", "2001:db8:1:3::77")
        fail("sales2", HERE, 5)
        with pytest.raises(TooManyAttempts):
            reserve("sales2", f"::ffff:{HERE}")

    def test_a_success_clears_the_failures_and_costs_nothing(self):
        for _ in range(60):
            fail("sales1", HERE, 2)
            reserve("sales1", HERE).succeeded()
            login_guard.unlock("sales1")
            LoginGuard.objects.all().delete()
        fail("sales1", HERE, 4)
        reserve("sales1", HERE).succeeded()
        fail("sales1", HERE, 4)
        counted = sorted(LoginGuard.objects.values_list("attempts", flat=True))
        assert counted == [4, 8, 8]

    def test_unlocking_forgets_a_user_everywhere(self):
        fail("sales1", HERE, 5)
        fail("sales1", ELSEWHERE, 5)
        assert login_guard.unlock("sales1") == 3
        assert reserve("sales1", HERE)

    def test_nothing_typed_is_kept(self):
        reserve("my-secret-password", HERE)
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM permissions_loginguard")
            assert "secret" not in str(cursor.fetchall())

    def test_old_counts_are_pruned(self):
        reserve("sales1", HERE)
        assert login_guard.prune(timezone.now()) == 0
        assert login_guard.prune(timezone.now() + timedelta(days=1)) == 3


@pytest.mark.django_db
class TestLoginPage:
    def test_a_locked_account_refuses_the_right_password_and_an_unknown_one_answers_alike(self, users):
        answers = []
        for username in ("sales1", "nobody"):
            for _ in range(5):
                Client().post("/login/", {"username": username, "password": "nonsense"})
            answers.append(Client().post("/login/", {"username": username, "password": PASSWORD}))
        texts = {" ".join(answer.context["form"].non_field_errors()) for answer in answers}
        assert len(texts) == 1
        assert "30 分钟" in texts.pop()

    def test_a_forwarded_header_changes_nothing(self, users):
        for number in range(5):
            headers = {"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}"}
            Client(headers=headers).post("/login/", {"username": "sales1", "password": "nonsense"})
        answer = Client(headers={"X-Forwarded-For": "203.0.113.99"}).post(
            "/login/", {"username": "sales1", "password": PASSWORD}
        )
        assert "次数过多" in " ".join(answer.context["form"].non_field_errors())

    def test_when_all_hashing_room_is_taken_the_attempt_is_given_back(self, users, monkeypatch):
        monkeypatch.setattr(login_guard, "_PATIENCE", 0.01)
        with login_guard.hashing(), login_guard.hashing():
            answer = Client().post("/login/", {"username": "sales1", "password": PASSWORD})
        assert "忙不过来" in " ".join(answer.context["form"].non_field_errors())
        assert set(LoginGuard.objects.values_list("attempts", flat=True)) == {0}


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is checked against a stored one."""

    algorithm = "counting_md5"
    checks: list[str] = []

    def verify(self, password, encoded):
        self.checks.append(password)
        return super().verify(password, encoded)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs real concurrency")
def test_thirty_wrong_passwords_at_once_are_looked_at_five_times(settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    User.objects.create_user("sales1", password=PASSWORD)
    CountingHasher.checks.clear()
    start = Barrier(30)

    def guess(number: int) -> int:
        start.wait()
        try:
            return Client().post("/login/", {"username": "sales1", "password": f"guess{number}"}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(30) as pool:
        statuses = list(pool.map(guess, range(30)))
    assert set(statuses) == {200}
    assert len(CountingHasher.checks) == PER_USER_AND_ADDRESS.count
    with pytest.raises(TooManyAttempts):
        reserve("sales1", "127.0.0.1")
