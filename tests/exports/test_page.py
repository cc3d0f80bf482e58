"""The export page: the form, its buttons without a script, one's own files and nobody else's."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from imports.exports import files, services
from imports.models import ExportJob
from permissions.models import Role

from .conftest import PHONE, xlsx_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(ledger):
    return reverse("export_list", args=[ledger.code])


def start(browser, url, *, query: str = "", fields=("number", "name", "phone"), format: str = "xlsx", **more):
    return browser.post(url, {"format": format, "fields": fields, "query": query, **more})


def test_only_whoever_may_export_gets_the_page(url, client_of):
    answers = {
        name: client_of(name).get(url).status_code
        for name in ("manager", "steward", "supervisor", "finance", "sales1", "viewer", "outsider")
    }
    assert answers == {
        "manager": 200,
        "steward": 200,
        "supervisor": 200,
        "finance": 200,
        "sales1": 403,
        "viewer": 403,
        "outsider": 404,
    }


def test_a_small_export_is_there_at_once(url, canary, client_of):
    browser = client_of("steward")
    answer = start(browser, url)
    export = ExportJob.objects.get()
    assert answer["Location"] == f"{url}?ready={export.pk}"
    page = browser.get(answer["Location"]).content.decode()
    download = reverse("export_download", args=["HZ01", export.pk])
    assert f'content="0; url={download}"' in page
    answer = browser.get(download)
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert answer["Content-Disposition"].startswith('attachment; filename="HZ01-customers-')
    assert "no-store" in answer["Cache-Control"]
    data = b"".join(answer.streaming_content)
    assert len(data) == int(answer["Content-Length"]) == export.size
    assert xlsx_rows(data)[1][1:] == ("金丝雀科技有限公司", PHONE)
    export.refresh_from_db()
    assert (export.downloads, export.rows, export.fields) == (1, 1, ["number", "name", "phone"])


def test_the_lists_conditions_are_carried_over(url, canary, add_customer, client_of):
    add_customer(name="浙江另一家公司", address="杭州市西湖区文三路1号")
    browser = client_of("steward")
    page = browser.get(f"{url}?{urlencode({'q': '另一家', 'f-province': '浙江省'})}")
    assert page.context["total"] == 1
    assert "浙江省" in page.content.decode()
    start(browser, url, query=page.context["query"])
    assert ExportJob.objects.get().rows == 1


def test_a_private_condition_does_not_stand_on_the_page(url, canary, client_of):
    browser = client_of("steward")
    page = browser.get(f"{url}?{urlencode({'q': PHONE})}", follow=True)
    assert PHONE not in page.redirect_chain[-1][0]
    assert page.context["total"] == 1
    assert PHONE not in page.content.decode()
    start(browser, url, query=page.context["query"])
    assert ExportJob.objects.get().rows == 1


def test_buttons_move_fields_without_a_script(url, canary, client_of):
    browser = client_of("steward")

    def act(*fields, act: str):
        page = start(browser, url, fields=fields, act=act)
        assert page.status_code == 200
        return page.context["picker"].keys

    assert act("number", "name", "phone", act="up:phone") == ["number", "phone", "name"]
    assert act("number", "name", "phone", act="down:number") == ["name", "number", "phone"]
    assert act("number", "name", act="up:number") == ["number", "name"]
    assert act("number", "name", act="down:name") == ["number", "name"]
    assert act("number", "name", act="drop:number") == ["name"]
    assert act("name", act="add:city") == ["name", "city"]
    assert act("name", act="add:password") == ["name"]
    assert act("name", act="none") == []
    everything = act("name", act="all")
    assert {"created_at", "state", "phone"} <= set(everything)
    assert set(everything) - set(act("name", act="import")) == {"created_at", "updated_at", "state"}
    assert "number" in act(act="list")
    assert not ExportJob.objects.exists()


def test_the_last_choice_is_remembered(url, canary, client_of):
    browser = client_of("steward")
    start(browser, url, fields=["name", "city", "number"])
    assert browser.get(url).context["picker"].keys == ["name", "city", "number"]
    assert "created_at" not in client_of("finance").get(url).context["picker"].keys


@pytest.mark.parametrize(
    ("more", "words"),
    [({"fields": ()}, "请至少选择"), ({"query": "q=没有这家"}, "没有客户"), ({"format": "pdf"}, "")],
)
def test_what_cannot_be_done_is_said_on_the_page(more, words, url, canary, client_of):
    answer = start(client_of("steward"), url, **more)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ExportJob.objects.exists()


class TestOwner:
    def test_nobody_else_sees_or_fetches_it(self, url, canary, client_of, export):
        done = export("steward")
        for name, expected in (("manager", 404), ("finance", 404), ("outsider", 404), ("sales1", 404)):
            browser = client_of(name)
            for route in ("export_download", "export_progress"):
                assert browser.get(reverse(route, args=["HZ01", done.pk])).status_code == expected, name
            assert browser.post(reverse("export_cancel", args=["HZ01", done.pk])).status_code == expected, name
        assert done not in client_of("manager").get(url).context["exports"]
        assert done in client_of("steward").get(url).context["exports"]

    def test_not_through_another_set_either(self, canary, other_ledger, users, export, client_of):
        from ledgers.services import creating, members

        add_member = getattr(creating, "add_member", None) or members.add_member
        add_member(other_ledger, users["steward"], "manager")
        done = export("steward")
        assert client_of("steward").get(reverse("export_download", args=["SH02", done.pk])).status_code == 404

    def test_revoked_rights_make_the_link_dead(self, ledger, canary, client_of, export):
        done = export("steward")
        Role.objects.filter(code="data_steward", ledger=ledger).update(rights=["view"])
        assert client_of("steward").get(reverse("export_download", args=["HZ01", done.pk])).status_code == 403

    def test_an_expired_file_is_gone(self, canary, client_of, export):
        done = export("steward")
        ExportJob.objects.filter(pk=done.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        answer = client_of("steward").get(reverse("export_download", args=["HZ01", done.pk]))
        assert answer.status_code == 409
        assert "过期" in answer.content.decode()


class TestCleaning:
    def test_expired_files_go_and_the_log_stays(self, canary, export):
        kept, old = export("steward"), export("steward")
        ExportJob.objects.filter(pk=old.pk).update(expires_at=timezone.now())
        assert services.clean() == {"expired": 1, "swept": 0}
        old.refresh_from_db()
        assert (old.path, old.rows, len(old.sha256)) == ("", 1, 64)
        assert [path.name for path in files.directory().iterdir()] == [kept.path]

    def test_leftovers_of_killed_processes_are_swept_and_fresh_ones_are_not(self, canary, export):
        import os

        export("steward")
        place = files.directory()
        for name, hours in (("old.sealed", 30), ("fresh.sealed", 1)):
            (place / name).write_bytes(b"x")
            stamp = timezone.now().timestamp() - hours * 3600
            os.utime(place / name, (stamp, stamp))
        making = place / ".making-old"
        making.mkdir()
        os.utime(making, (0, 0))
        assert services.clean()["swept"] == 2
        assert {path.name for path in place.iterdir()} >= {"fresh.sealed"}
        assert not making.exists()
