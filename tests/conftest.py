"""Personas and two account sets, shared by every test.

小陈 and 小林 sell (in two departments), 老李 supervises 小陈's department, 王会计 is finance, 主管 runs the set, 客服 and 查看员 read
masked; 外人 belongs to no set. ``ledger`` is theirs; ``other_ledger`` is somebody else's.
"""

import datetime
import os
import shutil

import pytest
from django.db import connection
from django.test import Client

from customers.services import pipeline
from customers.services.edits import Edit
from ledgers.models import Ledger
from ledgers.services import creating
from permissions.actor import Actor, Door
from permissions.logs import protection
from permissions.models import Department, User
from tests import snapshots

PASSWORD = "demo-pass-2026"

PERSONAS = {
    # username: (shown name, department, role in HZ01)
    "manager": ("张主管", None, "manager"),
    "sales1": ("小陈", "D11", "sales"),
    "sales2": ("小林", "D12", "sales"),
    "supervisor": ("老李", "D11", "supervisor"),
    "finance": ("王会计", "D20", "finance"),
    "service": ("客服小周", "D20", "service"),
    "viewer": ("查看员", "D20", "viewer"),
    "steward": ("数据管理员", "D20", "data_steward"),
    "outsider": ("外人", None, None),
    "sysadmin": ("系统管理员", None, None),
    "secadmin": ("安全管理员", None, None),
    "auditor": ("审计管理员", None, None),
}


# The driver of the browser keeps a loop running in the thread of the tests, once one of them has asked for it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def chromium():
    """The one browser of a test process; tests open contexts of their own in it."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
        browser = playwright.chromium.launch(executable_path=path, args=args)
        yield browser
        browser.close()


@pytest.fixture(scope="session", autouse=True)
def _logs_can_be_emptied():
    """Tests with real transactions empty the tables afterwards, which the triggers of the logs would refuse."""
    operations = type(connection.ops)
    empty = operations.execute_sql_flush

    def emptying(self, commands):
        protection.remove(self.connection)
        empty(self, commands)
        protection.install(self.connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operations, "execute_sql_flush", emptying)
        yield


@pytest.fixture(autouse=True)
def _fast_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def departments(db):
    """The personas' departments by code."""
    snapshots.made_once("departments", _make_departments)
    return {each.code: each for each in Department.objects.filter(code__in=("D1", "D11", "D12", "D20"))}


def _make_departments() -> None:
    head = Department.objects.create(code="D1", name="销售部")
    Department.objects.create(code="D11", name="销售一部", parent=head)
    Department.objects.create(code="D12", name="销售二部", parent=head)
    Department.objects.create(code="D20", name="综合部")


@pytest.fixture
def users(departments) -> dict[str, User]:
    """The personas by login."""
    snapshots.made_once("users", lambda: _make_users(departments))
    found = {user.username: user for user in User.objects.filter(username__in=PERSONAS)}
    return {username: found[username] for username in PERSONAS}


def _make_users(departments) -> None:
    for username, (name, department, _role) in PERSONAS.items():
        User.objects.create_user(
            username,
            password=PASSWORD,
            display_name=name,
            department=departments.get(department),
            is_staff=username in ("sysadmin", "secadmin", "auditor"),
            is_superuser=username == "sysadmin",
        )


@pytest.fixture
def ledger(users) -> Ledger:
    """HZ01, active, with every persona in his role."""
    return Ledger.objects.get(pk=snapshots.made_once("ledger", lambda: _make_ledger(users)))


def _make_ledger(users) -> int:
    made = creating.create_draft(code="HZ01", name="杭州客户账套", by=users["manager"], fiscal_year=2026)
    creating.activate(made, by=users["manager"])
    for username, (_name, _department, role) in PERSONAS.items():
        if role:
            creating.add_member(made, users[username], role)
    return made.pk


@pytest.fixture
def other_ledger(users) -> Ledger:
    """SH02, another firm's set: none of the personas but its own manager belongs to it."""
    boss = User.objects.create_user("other_manager", password=PASSWORD, display_name="别家主管")
    made = creating.create_draft(code="SH02", name="上海客户账套", by=boss, fiscal_year=2026)
    creating.activate(made, by=boss)
    made.refresh_from_db()
    return made


@pytest.fixture
def actor(users, ledger):
    """actor("sales1"): that persona in HZ01 through the web."""
    return lambda username, door=Door.WEB: Actor.of(users[username], ledger.pk, door)


@pytest.fixture
def client_of(users):
    """client_of("sales1"): a browser where that persona is logged in."""

    def login(username: str) -> Client:
        browser = Client()
        browser.force_login(User.objects.get(username=username))
        return browser

    return login


@pytest.fixture
def system(ledger) -> Actor:
    return Actor.system(ledger.pk)


@pytest.fixture
def add_customer(ledger, system):
    """add_customer(name="…", mobile="…") through the pipeline, as the system; returns the customer."""
    from customers.models import Customer

    def add(ledger=ledger, **values):
        values.setdefault("name", f"杭州测试{Customer.objects.count() + 1}号机械有限公司")
        edit = Edit(values=values, reason="测试准备")
        by = Actor.system(ledger.pk)
        outcome = pipeline.submit([edit], ledger=ledger, by=by, kind="edit", reason="测试准备")
        assert not outcome.refused, [problem.message for problem in edit.problems]
        return Customer.objects.get(pk=edit.customer_id)

    return add


@pytest.fixture
def today() -> datetime.date:
    return datetime.date(2026, 3, 15)
