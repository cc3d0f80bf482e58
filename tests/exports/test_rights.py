"""Who may take out what: asked when it is asked for, while it is written, and when it is fetched."""

import pytest

from customers.models import Customer
from erp_site.shared.errors import BusinessError, NotAllowed
from imports.exports import files, producing, services
from imports.models import ExportJob
from permissions.models import FieldRule, Membership, Role, User

from .conftest import BANK, IDENTITY, MAIL, MOBILE, PHONE, csv_rows, xlsx_rows

pytestmark = pytest.mark.django_db

SECRETS = (PHONE, MOBILE, BANK, IDENTITY, MAIL)


def may_export(ledger, code: str) -> Role:
    role = ledger.roles.get(code=code)
    role.rights = [*role.rights, "export"]
    role.save()
    return role


@pytest.mark.parametrize("username", ["sales1", "sales2", "service", "viewer"])
def test_without_the_right_nothing_begins(username, canary, export):
    with pytest.raises(NotAllowed, match="导出"):
        export(username)
    assert not ExportJob.objects.exists()


@pytest.mark.parametrize("format", ["xlsx", "csv"])
class TestLeaks:
    def test_masked_fields_go_out_masked_and_hidden_ones_not_at_all(self, format, ledger, canary, export, content):
        may_export(ledger, "viewer")
        data = content(export("viewer", format=format), "viewer")
        rows = {"xlsx": xlsx_rows, "csv": csv_rows}[format](data)
        text = repr(rows)
        for secret in SECRETS:
            assert secret not in text
            assert secret.encode() not in data
        cells = dict(zip(*rows, strict=True))
        assert cells["手机"] == "139****5678"
        assert cells["银行账号"] == "****0128"
        assert "信用额度" not in cells
        assert "88888" not in text

    def test_whoever_reads_them_whole_gets_them_whole(self, format, canary, export, content):
        text = repr({"xlsx": xlsx_rows, "csv": csv_rows}[format](content(export("steward", format=format), "steward")))
        for secret in SECRETS:
            assert secret in text

    def test_rows_outside_the_scope_stay_in(self, format, ledger, canary, add_customer, export, content):
        may_export(ledger, "sales")
        add_customer(name="小陈自己的客户", owner="sales1")
        rows = {"xlsx": xlsx_rows, "csv": csv_rows}[format](content(export("sales1", format=format), "sales1"))
        assert [row[1] for row in rows[1:]] == ["小陈自己的客户"]

    def test_no_word_of_them_lies_in_the_open(self, format, canary, export, files_dir):
        export("steward", format=format)
        lying = [path for path in files_dir.rglob("*") if path.is_file()]
        assert len(lying) == 1
        sealed = lying[0].read_bytes()
        assert not sealed.startswith((b"PK", b"\xef\xbb\xbf"))
        for secret in (*SECRETS, "金丝雀"):
            assert secret.encode() not in sealed


def test_a_hidden_field_cannot_be_asked_for(ledger, canary, export):
    may_export(ledger, "viewer")
    with pytest.raises(BusinessError, match="credit_limit"):
        export("viewer", keys=["name", "credit_limit"])
    with pytest.raises(BusinessError, match="不存在"):
        export("viewer", keys=["name", "password"])


def test_a_filter_by_a_masked_field_is_no_oracle(ledger, canary, export, content):
    may_export(ledger, "viewer")
    rows = xlsx_rows(content(export("viewer", keys=["name"], query="f-phone=0571-00000000"), "viewer"))
    assert len(rows) == 2  # the condition is not applied, so it tells nothing


def test_the_log_row_names_no_number_of_a_person(canary, export):
    done = export("steward", query=f"q={PHONE}")
    assert done.rows == 1
    done.refresh_from_db()
    assert done.conditions == "搜索：***"
    assert done.query == ""
    done = export("steward", query=f"f-phone={PHONE}&f-kind=company")
    assert done.conditions == "电话：***；客户类型：企业"


class TestChangesMeanwhile:
    def test_taking_the_right_away_stops_the_writing(self, ledger, add_customer, export, monkeypatch, files_dir):
        monkeypatch.setattr(producing, "CHUNK", 2)
        for number in range(6):
            add_customer(name=f"第{number}家公司")
        before = producing.records
        calls = []

        def revoking(pks, actor, fields):
            calls.append(pks)
            if len(calls) == 2:
                Membership.objects.filter(user__username="steward").delete()
            return before(pks, actor, fields)

        monkeypatch.setattr(producing, "records", revoking)
        with pytest.raises(NotAllowed, match="权限发生了变化"):
            export("steward")
        assert len(calls) == 2
        assert not ExportJob.objects.exists()
        assert not [path for path in files_dir.rglob("*") if path.is_file()]

    @pytest.mark.parametrize(
        "change",
        [
            lambda role: role.scopes.update(kind="own"),
            lambda role: FieldRule.objects.create(role=role, field="phone", level=1),
            lambda role: Role.objects.filter(pk=role.pk).update(sensitive_level=0),
            lambda role: Role.objects.filter(pk=role.pk).update(rights=["view", "edit"]),
            lambda role: Membership.objects.filter(role=role).delete(),
        ],
        ids=["fewer rows", "masked field", "hidden fields", "no export", "no member"],
    )
    def test_a_file_made_under_wider_rights_stays_shut(self, change, ledger, canary, export, actor):
        done = export("steward")
        assert list(services.open_file(done, by=actor("steward")))
        change(ledger.roles.get(code="data_steward"))
        with pytest.raises(NotAllowed):
            services.open_file(done, by=actor("steward"))

    def test_more_rights_than_before_keep_it_open(self, ledger, canary, export, actor, content):
        role = may_export(ledger, "viewer")
        done = export("viewer")
        Role.objects.filter(pk=role.pk).update(sensitive_level=3)
        assert MOBILE not in repr(xlsx_rows(content(done, "viewer")))

    def test_another_department_is_another_scope(self, ledger, add_customer, departments, export, actor):
        add_customer(name="一部客户", department="D11")
        done = export("supervisor")
        User.objects.filter(username="supervisor").update(department=departments["D12"])
        with pytest.raises(NotAllowed):
            services.open_file(done, by=actor_now(ledger, "supervisor"))


def actor_now(ledger, username: str):
    from permissions.actor import Actor, Door

    return Actor.of(User.objects.get(username=username), ledger.pk, Door.WEB)


def test_a_file_that_was_tampered_with_is_not_given_out(canary, export, actor):
    from erp_site.shared.crypto import UnreadableValue

    done = export("steward")
    path = files.directory() / done.path
    sealed = path.read_bytes()
    path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(UnreadableValue):
        list(services.open_file(done, by=actor("steward")))


def test_customers_of_an_unfinished_import_stay_in(ledger, canary, export, content):
    from customers.models import ChangeBatch

    Customer.objects.filter(pk=canary.pk).update(
        created_batch=ChangeBatch.objects.create(ledger=ledger, kind="import", state="open", door="import")
    )
    with pytest.raises(BusinessError, match="没有客户"):
        export("steward")
