"""权限变更日志: every change of a right is a line, and without its line there is no change."""

import pytest
from django.db import DatabaseError

from ledgers.services import members
from permissions import duties
from permissions.logs import changes
from permissions.models import Membership, RightChange, User
from permissions.organisation import departments, people

pytestmark = pytest.mark.django_db


def last() -> RightChange:
    return RightChange.objects.order_by("-pk").first()


def test_members_given_and_taken(ledger, users):
    made = members.add_member(ledger, users["outsider"], "viewer", by=users["manager"])
    row = last()
    assert (row.kind, row.by_name, row.user_name, row.ledger_id) == ("member_added", "manager", "outsider", ledger.pk)
    assert "客户资料查看员" in row.detail
    members.remove_member(made, by=users["manager"])
    assert last().kind == "member_removed"


def test_without_its_line_nothing_is_given(ledger, users, monkeypatch):
    def broken(**_kwargs):
        raise DatabaseError("log is full")

    monkeypatch.setattr(RightChange.objects, "create", broken)
    with pytest.raises(DatabaseError):
        members.add_member(ledger, users["outsider"], "viewer", by=users["manager"])
    assert not Membership.objects.filter(user=users["outsider"]).exists()


def test_the_organisation_writes_into_the_same_log(users):
    departments.save(code="D99", name="外贸部", parent=None, by=users["sysadmin"])
    assert last().kind == "organisation" and "外贸部" in last().detail
    people.save(username="newcomer", display_name="新人", by=users["sysadmin"])
    assert (last().kind, last().user_name) == ("user_added", "newcomer")


class TestAdministrationPages:
    def test_a_user_switched_off(self, users, client):
        duties.assign(users["secadmin"], duties.SYSTEM, by=None)
        client.force_login(users["secadmin"])
        data = {"username": "viewer", "display_name": "查看员"}
        client.post(f"/admin/permissions/user/{users['viewer'].pk}/change/", data)
        assert not User.objects.get(username="viewer").is_active
        assert (last().kind, last().by_name, last().user_name) == ("user_changed", "secadmin", "viewer")
        assert last().after["is_active"] is False

    def test_a_role_says_before_and_after(self, ledger, users, client):
        duties.assign(users["secadmin"], duties.SECURITY, by=None)
        client.force_login(users["secadmin"])
        role = ledger.roles.get(code="viewer")
        blank = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 1000}
        forms = {f"{prefix}-{key}": value for prefix in ("scopes", "field_rules") for key, value in blank.items()}
        data = {"name": "查看员", "rights": ["view", "export"], "sensitive_level": 1, **forms}
        client.post(f"/admin/permissions/role/{role.pk}/change/", data)
        row = RightChange.objects.get(kind="role_changed")
        assert (row.before["rights"], row.after["rights"]) == (["view"], ["view", "export"])

    def test_an_unlocked_login(self, users, client):
        duties.assign(users["secadmin"], duties.SECURITY, by=None)
        client.force_login(users["secadmin"])
        client.post("/admin/permissions/user/", {"action": "unlock", "_selected_action": [users["sales1"].pk]})
        assert (last().kind, last().user_name) == ("user_unlocked", "sales1")


def test_a_kind_of_an_upper_app_has_its_words(monkeypatch):
    monkeypatch.setitem(changes.KIND_LABELS, "request_filed", "申请权限")
    assert changes.label_of("request_filed") == "申请权限"
    assert changes.label_of("something_else") == "something_else"
