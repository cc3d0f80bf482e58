"""Files of own fields: taken in by kind and size, kept sealed, given to whoever sees their customer and the field."""

import os
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from customers.models import StoredFile
from customers.own import sweeping
from customers.services import files
from erp_site.shared.errors import BusinessError, NotAllowed
from permissions.models import FieldRule, Role
from permissions.rights import Level

PDF = b"%PDF-1.7\n" + b"contract " * 100


@pytest.fixture(autouse=True)
def _own_directory(settings, tmp_path):
    settings.FILES_DIR = tmp_path


@pytest.fixture
def upload(ledger, actor):
    def store(name="合同.pdf", content=PDF, by="sales1"):
        return files.store(SimpleUploadedFile(name, content), ledger=ledger, by=actor(by))

    return store


@pytest.fixture
def fetch(client_of, ledger):
    return lambda file, by: client_of(by).get(reverse("file_download", args=[ledger.code, file.token]))


def test_a_file_comes_back_as_it_went_and_stands_sealed(upload, fetch, own, add_customer, save, users, shown):
    own("x_contract", "file")
    customer = add_customer(owner=users["sales1"].pk)
    file = upload("../..\\合同<1>.PDF")
    assert file.name == "合同1.PDF"
    assert not save({"x_contract": file.token}, of=customer, by="sales1").problems
    assert shown(customer, "x_contract") == "合同1.PDF"
    answer = fetch(file, "manager")
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert (answer["X-Content-Type-Options"], answer["Content-Type"]) == ("nosniff", "application/pdf")
    kept = list(settings.FILES_DIR.rglob("*.sealed"))
    assert len(kept) == 1
    assert b"contract" not in kept[0].read_bytes()


def test_only_who_sees_customer_and_field_gets_it(upload, fetch, own, add_customer, save, users, ledger):
    own("x_contract", "file")
    customer = add_customer(owner=users["sales1"].pk, department=users["sales1"].department_id)
    file = upload()
    assert fetch(file, "sales1").status_code == 200, "his own, held by nobody yet"
    assert fetch(file, "manager").status_code == 404, "held by nobody yet"
    save({"x_contract": file.token}, of=customer, by="sales1")
    seen = {name: fetch(file, name).status_code for name in ("sales1", "sales2", "manager", "viewer", "outsider")}
    assert seen == {"sales1": 200, "sales2": 404, "manager": 200, "viewer": 200, "outsider": 404}
    FieldRule.objects.create(
        role=Role.objects.get(ledger=ledger, code="viewer"), field="x_contract", level=Level.MASKED
    )
    assert fetch(file, "viewer").status_code == 404
    save({"x_contract": ""}, of=customer)
    assert fetch(file, "manager").status_code == 404


def test_a_token_is_no_key_to_what_others_keep(upload, own, add_customer, save, users):
    own("x_contract", "file")
    theirs = upload(by="sales2")
    mine = add_customer(owner=users["sales1"].pk)
    edit = save({"x_contract": theirs.token}, of=mine, by="sales1")
    assert [each.code for each in edit.problems] == ["own.unknown"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("坏.exe", b"MZ", "file.kind"),
        ("页面.html", b"<script>", "file.kind"),
        ("图.svg", b"<svg>", "file.kind"),
        ("没有扩展名", b"x", "file.kind"),
        ("假的.png", b"<html><script>alert(1)</script>", "file.content"),
        ("假的.pdf", b"MZ\x90\x00", "file.content"),
        ("表.csv", b"a,b\x00c", "file.content"),
        ("空.txt", b"", "file.empty"),
    ],
)
def test_what_is_not_taken(upload, name, content, code):
    with pytest.raises(BusinessError) as refused:
        upload(name, content)
    assert refused.value.code == code
    assert not StoredFile.objects.exists()
    assert not list(settings.FILES_DIR.rglob("*.sealed"))


def test_too_big(upload, monkeypatch):
    monkeypatch.setattr(files, "MOST_BYTES", 100)
    with pytest.raises(BusinessError) as refused:
        upload()
    assert refused.value.code == "file.too_big"


def test_who_only_looks_brings_no_files(upload):
    with pytest.raises(NotAllowed):
        upload(by="viewer")


def test_a_lost_file_is_not_found(upload, fetch):
    file = upload()
    for kept in settings.FILES_DIR.rglob("*.sealed"):
        kept.unlink()
    assert fetch(file, "sales1").status_code == 404


# --- uploads of forms that nobody sent ------------------------------------------------------------------------------------


def test_an_upload_that_nobody_kept_is_swept_after_some_days(upload, own, add_customer, save, users):
    own("x_contract", "file")
    customer = add_customer(owner=users["sales1"].pk)
    held, once_held, left = upload("甲.pdf"), upload("乙.pdf"), upload("丙.pdf")
    for file in (once_held, held):
        assert not save({"x_contract": file.token}, of=customer, by="sales1").problems
    later = timezone.now() + sweeping.KEPT + timedelta(hours=1)
    assert sweeping.sweep() == 0, "a form may still be open"
    assert sweeping.sweep(later) == 1
    assert set(StoredFile.objects.all()) == {held, once_held}, "what history names stays"
    assert len(list(settings.FILES_DIR.rglob("*.sealed"))) == 2
    assert sweeping.sweep(later) == 0
    assert not StoredFile.objects.filter(pk=left.pk).exists()


def test_bytes_without_a_row_are_removed(upload):
    kept, stray = upload("甲.pdf"), upload("乙.pdf")
    StoredFile.objects.filter(pk=stray.pk).delete()
    before = timezone.now() - sweeping.KEPT
    assert files.remove_strays(before) == 0, "a transaction may still be open"
    for path in settings.FILES_DIR.rglob("*.sealed"):
        os.utime(path, (0, 0))
    assert files.remove_strays(before) == 1
    assert [path.stem for path in settings.FILES_DIR.rglob("*.sealed")] == [kept.token]
