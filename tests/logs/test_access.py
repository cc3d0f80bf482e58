"""访问日志: one row per view, search, file and refusal; never a value, never what was typed; and never in a page's way."""

import threading
from dataclasses import replace

import pytest
import time_machine
from django.core.signals import request_finished
from django.db import DatabaseError, close_old_connections, connection
from django.http import HttpResponse
from django.test import RequestFactory

from permissions.actor import Actor, Door
from permissions.logs import access
from permissions.models import AccessRecord
from tests.logs.conftest import CANARIES

pytestmark = pytest.mark.django_db


class TestCustomers:
    def test_whole_sensitive_fields_are_named_not_shown(self, customer, client_of, everything):
        client_of("sales1").get(customer.get_absolute_url())
        row = AccessRecord.objects.get()
        assert (row.username, row.kind, row.object_id, row.ledger.code) == ("sales1", "sensitive", customer.pk, "HZ01")
        assert "电话" in row.detail and "银行账号" in row.detail and row.request_id and row.address == "127.0.0.1"
        assert not [value for value in CANARIES.values() if value in everything()]

    def test_who_sees_them_masked_has_looked_at_the_customer_only(self, customer, client_of):
        client_of("viewer").get(customer.get_absolute_url())
        assert list(AccessRecord.objects.values_list("kind", "detail")) == [("view", "")]

    @pytest.mark.parametrize(
        ("tab", "kind", "words"),
        [("contacts", "sensitive", "手机"), ("history", "history", ""), ("addresses", "view", "")],
    )
    def test_each_tab_is_a_view_of_its_own(self, tab, kind, words, customer, client_of):
        client_of("sales1").get(f"{customer.get_absolute_url()}?tab={tab}")
        row = AccessRecord.objects.get()
        assert row.kind == kind and words in row.detail

    def test_the_form_shows_as_much_as_the_page(self, customer, client_of):
        client_of("sales1").get(f"{customer.get_absolute_url()}edit/")
        row = AccessRecord.objects.get()
        assert row.kind == "sensitive" and "编辑页" in row.detail

    def test_a_page_costs_no_query_but_the_insert(self, customer, client_of, django_assert_num_queries):
        browser = client_of("sales1")
        browser.get(customer.get_absolute_url())
        row = AccessRecord.objects.get()
        row.pk = None
        with django_assert_num_queries(3):  # savepoint, insert, release
            access._write([row])

    def test_a_simulated_view_is_his_who_looks(self, customer, users, ledger, actor):
        seer = actor("manager")
        access.note(replace(actor("sales1"), seen_by=seer), "view", object_id=customer.pk)
        row = AccessRecord.objects.get()
        assert row.username == "manager" and "[sales1]" in row.detail


class TestSearches:
    def test_conditions_are_named_and_words_are_not_kept(self, customer, client_of, everything):
        browser = client_of("sales1")
        for text in (CANARIES["name"], CANARIES["mobile"]):
            answer = browser.post("/l/HZ01/customers/", {"q": text}, follow=True)
            assert CANARIES["name"] in answer.content.decode()
        rows = AccessRecord.objects.filter(kind="search")
        assert rows.count() == 1  # the second one within a minute by the same conditions
        assert "关键词" in rows.get().detail and rows.get().count == 1
        assert not [value for value in CANARIES.values() if value in everything()]

    def test_typing_into_the_box_is_one_search(self, customer, client_of, kinds):
        browser = client_of("sales1")
        for text in ("金", "金丝", "金丝雀"):
            browser.post("/l/HZ01/customers/suggest/", {"q": text})
        assert kinds() == [("sales1", "search")]

    def test_another_search_a_minute_later_is_another_row(self, customer, client_of):
        for minute in ("09:00", "09:02"):
            with time_machine.travel(f"2026-03-02T{minute}:00+08:00", tick=False):
                browser = client_of("sales1")
                browser.get("/l/HZ01/customers/?f-province=浙江省")
        assert AccessRecord.objects.filter(kind="search").count() == 2

    def test_leafing_through_is_seen_page_by_page(self, add_customer, client_of):
        for _ in range(26):
            add_customer(owner="sales1", phone="0571-87654321")
        browser = client_of("sales1")
        page = browser.get("/l/HZ01/customers/?size=25")
        browser.get(page.context["next_url"])
        assert list(AccessRecord.objects.order_by("pk").values_list("kind", "count")) == [("browse", 25), ("browse", 1)]

    def test_opening_by_number_counts(self, customer, client_of, kinds):
        client_of("sales1").get(f"/l/HZ01/n/{customer.number}/")
        assert kinds() == [("sales1", "search")]


class TestRefusals:
    def test_what_he_may_not_and_what_he_cannot_see(self, customer, client_of):
        client_of("viewer").get(f"{customer.get_absolute_url()}edit/")
        client_of("sales2").get(customer.get_absolute_url())
        rows = AccessRecord.objects.order_by("pk").values_list("username", "kind", "object_id", "detail")
        assert list(rows) == [
            ("viewer", "refused", customer.pk, "GET customer_edit"),
            ("sales2", "missing", customer.pk, "GET customer_detail"),
        ]

    def test_a_stranger_before_the_sets_door(self, ledger, client_of):
        client_of("outsider").get("/l/HZ01/customers/")
        row = AccessRecord.objects.get()
        assert (row.username, row.kind, row.ledger_id) == ("outsider", "missing", ledger.pk)

    def test_a_page_that_is_nowhere_is_nobodys_business(self, ledger, client_of, client):
        client_of("sales1").get("/nothing/")
        client.get("/l/HZ01/customers/")
        assert not AccessRecord.objects.exists()


class TestFiles:
    def test_an_export_and_its_download(self, customer, client_of, everything):
        browser = client_of("manager")
        data = {"format": "csv", "fields": ["number", "name", "phone"], "query": ""}
        address = browser.post("/l/HZ01/exports/", data).url
        ready = browser.get(address).context["ready"]
        b"".join(browser.get(f"/l/HZ01/exports/{ready.pk}/download/").streaming_content)
        rows = AccessRecord.objects.filter(kind__in=("export", "download")).order_by("pk")
        assert [(row.kind, row.count, f"E{ready.pk}" in row.detail) for row in rows] == [
            ("export", 1, True),
            ("download", 1, True),
        ]
        assert "电话" in rows[0].detail
        assert not [value for value in CANARIES.values() if value in everything()]


class TestNeverInTheWay:
    def test_a_page_opens_when_no_row_can_be_written(self, customer, client_of, monkeypatch, caplog):
        def broken(*_args, **_kwargs):
            raise DatabaseError(f"disk full near {CANARIES['mobile']}")

        monkeypatch.setattr(AccessRecord.objects, "bulk_create", broken)
        assert client_of("sales1").get(customer.get_absolute_url()).status_code == 200
        assert "access records lost" in caplog.text
        assert CANARIES["mobile"] not in caplog.text

    def test_the_row_is_written_when_the_answer_has_gone_out(self, users):
        def view(request):
            access.note(users["sales1"], "view", object_id=1, request=request)
            return HttpResponse("ok")

        response = access.AccessLogMiddleware(view)(RequestFactory().get("/"))
        assert not AccessRecord.objects.exists()
        request_finished.disconnect(close_old_connections)  # what the test's own browser does as well
        try:
            response.close()
        finally:
            request_finished.connect(close_old_connections)
        assert AccessRecord.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_twenty_at_once_lose_nothing(self, users):
        user = users["sales1"]

        def look(number: int) -> None:
            for turn in range(5):
                access.note(user, "view", object_id=number * 10 + turn)
            connection.close()

        threads = [threading.Thread(target=look, args=[number]) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        access._write([])
        assert AccessRecord.objects.values("object_id").distinct().count() == 100

    def test_the_system_is_no_reader(self, ledger):
        access.note(Actor.system(ledger.pk), "view", object_id=1)
        access.note(Actor.system(ledger.pk, Door.COMMAND), "export", count=3)
        assert [row.kind for row in AccessRecord.objects.all()] == ["export"]
