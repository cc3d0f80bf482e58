"""The pages of the logs: who reads which rows, by which conditions, page by page, and as a file."""

import csv
import io
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from django.db import connection

from permissions import duties
from permissions.logs import access, changes, logins, reading
from permissions.models import AccessRecord, RightChange
from tests.logs.conftest import CANARIES

pytestmark = pytest.mark.django_db

SITE = (
    "/permissions/logs/access/",
    "/permissions/logs/changes/",
    "/permissions/logs/logins/",
    "/permissions/logs/unusual/",
)
IN_SET = tuple(f"/l/HZ01/settings/logs/{name}/" for name in ("access", "changes", "logins", "unusual"))


@pytest.fixture
def auditor(users, client):
    duties.assign(users["auditor"], duties.AUDIT, by=None)
    client.force_login(users["auditor"])
    return client


def cells(answer) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in answer.context["rows"]]


class TestWhoReads:
    def test_the_auditor_reads_all_and_learns_nothing_of_customers(self, customer, client_of, other_ledger, auditor):
        client_of("sales1").get(customer.get_absolute_url())
        for address in SITE:
            page = auditor.get(address)
            assert page.status_code == 200
            html = page.content.decode()
            for canary in (*CANARIES.values(), customer.number):
                assert canary not in html, address
        assert "小陈（sales1）" in auditor.get(SITE[0]).content.decode()

    def test_the_auditor_still_sees_no_customer(self, customer, auditor):
        assert auditor.get(customer.get_absolute_url()).status_code == 404
        assert auditor.get("/admin/customers/customer/").status_code == 403

    def test_the_manager_reads_his_own_set(self, customer, users, ledger, other_ledger, client_of):
        access.note(users["outsider"], "view", ledger_id=other_ledger.pk, object_id=77)
        client_of("sales1").get(customer.get_absolute_url())
        html = client_of("manager").get(IN_SET[0]).content.decode()
        assert customer.number in html and "outsider" not in html
        logins.note("success", user=users["outsider"])
        logins.note("success", user=users["sales1"])
        html = client_of("manager").get(IN_SET[2]).content.decode()
        assert "sales1" in html and "outsider" not in html
        changes.note(other_ledger.pk, "member_added", by=None, detail="别家的事")
        assert "别家的事" not in client_of("manager").get(IN_SET[1]).content.decode()

    @pytest.mark.parametrize("person", ["sales1", "finance", "outsider", "secadmin"])
    def test_others_do_not(self, person, ledger, client_of):
        browser = client_of(person)
        assert [browser.get(address).status_code for address in SITE] == [403] * 4
        assert {browser.get(address).status_code for address in IN_SET} == {
            404 if person in ("outsider", "secadmin") else 403
        }

    def test_who_looked_at_a_customer(self, customer, client_of):
        client_of("sales1").get(customer.get_absolute_url())
        history = f"{customer.get_absolute_url()}?tab=history"
        assert "小陈（sales1）" in client_of("manager").get(history).content.decode().partition("谁看过")[2]
        assert "谁看过" not in client_of("sales1").get(history).content.decode()


class TestConditions:
    @pytest.fixture(autouse=True)
    def rows(self, ledger, users, customer):
        access.note(users["sales1"], "view", ledger_id=ledger.pk, object_id=customer.pk)
        access.note(users["sales2"], "refused", ledger_id=ledger.pk, object_id=customer.pk + 1)
        old = AccessRecord(user=users["sales1"], username="sales1", ledger=ledger, kind="export", count=3)
        old.at = datetime(2026, 1, 31, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
        old.save()

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["refused", "view", "export"]),
            ("person=小陈", ["view", "export"]),
            ("person=sales2", ["refused"]),
            ("kind=export", ["export"]),
            ("since=2026-01-31&until=2026-01-31", ["export"]),
            ("until=2026-01-30", []),
            ("person=sales1&kind=view", ["view"]),
        ],
    )
    def test_each_narrows(self, query, found, client_of):
        answer = client_of("manager").get(f"{IN_SET[0]}?{query}")
        labels = dict(AccessRecord.Kind.choices)
        assert [row[2] for row in cells(answer)] == [str(labels[kind]) for kind in found]

    def test_a_customer_by_number_or_id(self, customer, client_of, auditor):
        for text in (customer.number, customer.pk):
            assert len(cells(client_of("manager").get(f"{IN_SET[0]}?customer={text}"))) == 1
        assert len(cells(auditor.get(f"{SITE[0]}?customer={customer.pk}"))) == 1
        assert auditor.get(f"{SITE[0]}?customer={customer.number}").status_code == 422

    @pytest.mark.parametrize(
        "query",
        [
            "person=niemand",
            "since=gestern",
            "since=0001-01-01",
            "until=9999-12-31",
            "since=2026-02-02&until=2026-01-01",
            "kind=x",
            "customer=%00",
        ],
    )
    def test_what_is_wrong_is_said(self, query, client_of):
        answer = client_of("manager").get(f"{IN_SET[0]}?{query}")
        assert answer.status_code == 422 and not answer.context["rows"]

    @pytest.mark.parametrize("key", ["x", "1", "-", "99999999999999999999-1", "1-x"])
    def test_a_broken_key_is_refused(self, key, client_of):
        assert client_of("manager").get(f"{IN_SET[0]}?after={key}").status_code == 409

    def test_a_log_that_is_none(self, client_of, auditor):
        assert auditor.get("/permissions/logs/secrets/").status_code == 404
        assert auditor.get("/permissions/logs/access/exe/").status_code == 404
        assert client_of("manager").get("/l/HZ01/settings/logs/secrets/").status_code == 404


class TestPages:
    def test_forward_and_back_meet_every_row_once(self, ledger, users):
        instant = datetime(2026, 3, 1, tzinfo=UTC)
        AccessRecord.objects.bulk_create(
            AccessRecord(
                user=users["sales1"], ledger=ledger, kind="view", object_id=n, at=instant + timedelta(seconds=n // 7)
            )
            for n in range(60)
        )
        found = reading.rows(reading.ACCESS, reading.Asked(), ledger_id=ledger.pk)
        seen, page = [], reading.page(reading.ACCESS, found, size=7)
        while True:
            seen += [row.object_id for row in page.rows]
            if not page.next_key:
                break
            page = reading.page(reading.ACCESS, found, after=page.next_key, size=7)
        assert seen == list(range(59, -1, -1))
        back = []
        while page.previous_key:
            page = reading.page(reading.ACCESS, found, before=page.previous_key, size=7)
            back = [row.object_id for row in page.rows] + back
        assert back == list(range(59, 3, -1))
        assert [row.object_id for row in reading.walk(reading.ACCESS, found, step=11)] == seen

    def test_as_many_queries_for_many_rows_as_for_one(
        self, ledger, users, customer, client_of, django_assert_max_num_queries
    ):
        for _ in range(40):
            access.note(users["sales1"], "view", ledger_id=ledger.pk, object_id=customer.pk)
        browser = client_of("manager")
        with django_assert_max_num_queries(40):
            browser.get(IN_SET[0])

    @pytest.mark.parametrize(
        "asked",
        [
            {},
            {"ledger_id": 1},
            {"person": 1},
            {"kind": "refused"},
            {"customer_id": 5},
            {"ledger_id": 1, "kind": "view"},
        ],
    )
    def test_every_condition_walks_an_index_in_its_order(self, asked, users):
        ledger_id = asked.get("ledger_id")
        conditions = {key: value for key, value in asked.items() if key != "ledger_id"}
        if "person" in conditions:
            conditions["person"] = users["sales1"]
        found = reading.rows(reading.ACCESS, reading.Asked(**conditions), ledger_id=ledger_id)
        found = reading._beyond(found, "1772000000000000-9").order_by("-at", "-pk")[:51]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL enable_seqscan = off")
        plan = found.explain()
        assert "access_" in plan, plan
        assert "TEMP B-TREE" not in plan, plan


class TestFiles:
    @pytest.mark.parametrize("format", ["csv", "xlsx"])
    def test_the_same_rows_and_a_line_about_it(self, format, users, auditor):
        changes.note(
            None,
            "user_changed",
            by=users["sysadmin"],
            user=users["sales1"],
            detail="=cmd|x",
            before={"a": 1},
            after={"a": 2},
        )
        answer = auditor.get(f"/permissions/logs/changes/{format}/?kind=user_changed")
        content = b"".join(answer.streaming_content)
        if format == "csv":
            rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
            assert "'=cmd|x" in rows[1]
        else:
            rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.values)
            assert "=cmd|x" in rows[1]
        assert len(rows) == 2 and "小陈（sales1）" in rows[1] and "a 2" in rows[1]
        row = AccessRecord.objects.get()
        assert (row.username, row.kind) == ("auditor", "log_export")
        assert format in row.detail and "操作" in row.detail

    def test_a_set_gives_its_own_rows(self, ledger, other_ledger, users, client_of):
        for each in (ledger, other_ledger):
            changes.note(each.pk, "member_added", by=None, user=users["sales1"], detail=f"在 {each.code}")
        before = RightChange.objects.filter(ledger_id=ledger.pk).count()
        answer = client_of("manager").get("/l/HZ01/settings/logs/changes/csv/")
        rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
        assert len(rows) == before + 1 and "在 SH02" not in str(rows)

    def test_a_sheet_has_an_end(self, users, auditor, monkeypatch):
        monkeypatch.setattr("permissions.logs.exporting.XLSX_ROWS", 2)
        for _ in range(3):
            logins.note("success", user=users["sales1"])
        assert auditor.get("/permissions/logs/logins/xlsx/").status_code == 409
        assert len(b"".join(auditor.get("/permissions/logs/logins/csv/").streaming_content).splitlines()) == 4
