"""三员分立: one person has one duty, no administrator has anything in an account set, and none reads a customer by any door."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.services import invariants
from erp_site.shared.errors import BusinessError, NotAllowed
from ledgers.models import Ledger
from ledgers.services import checking, members
from permissions import duties, everybody
from permissions.actor import Actor, Door
from permissions.models import Delegation, DepartmentRole, Duty, Installation, Membership, Override, RightChange, User

pytestmark = pytest.mark.django_db

THREE = {"sysadmin": Duty.SYSTEM, "secadmin": Duty.SECURITY, "auditor": Duty.AUDIT}


@pytest.fixture
def administrators(users):
    """The three, none of them a superuser; the superuser is 总管."""
    User.objects.filter(username="sysadmin").update(is_superuser=False)
    for username, duty in THREE.items():
        users[username].refresh_from_db()
        duties.assign(users[username], duty, by=None)
    users["root"] = User.objects.create_superuser("root", display_name="总管")
    return users


@pytest.fixture
def separated(administrators):
    duties.separate(True, by=administrators["root"])
    return administrators


class TestOneDuty:
    def test_a_second_duty_takes_the_place_of_the_first(self, administrators):
        user = administrators["auditor"]
        duties.assign(user, Duty.SECURITY, by=None)
        assert [group.name for group in user.groups.all()] == ["安全管理员"]
        assert not user.has_perm("admin.view_logentry")
        row = RightChange.objects.filter(kind="duty_changed").latest("pk")
        assert (row.before, row.after, row.user_name) == ("audit", "security", "auditor")

    def test_taken_away_he_is_no_staff(self, administrators):
        duties.assign(administrators["auditor"], "", by=None)
        user = User.objects.get(username="auditor")
        assert (user.duty, user.is_staff, user.groups.count()) == ("", False, 0)

    def test_the_database_knows_it(self, administrators):
        for wrong in ({"duty": "both"}, {"is_superuser": True}):
            with pytest.raises(IntegrityError), transaction.atomic():
                User.objects.filter(username="auditor").update(**wrong)

    def test_a_superuser_has_no_duty(self, administrators):
        with pytest.raises(BusinessError, match="超级管理员"):
            duties.assign(administrators["root"], Duty.AUDIT, by=None)

    def test_nobody_but_a_superuser_gives_duties(self, administrators):
        for username in THREE:
            with pytest.raises(NotAllowed):
                duties.assign(administrators["outsider"], Duty.AUDIT, by=administrators[username])
            with pytest.raises(NotAllowed):
                duties.separate(True, by=administrators[username])

    def test_a_group_given_by_hand_is_found(self, administrators):
        administrators["auditor"].groups.add(duties.group_of(duties.SECURITY))
        assert any("auditor" in fault for fault in invariants.check_installation())


class TestSwitching:
    def test_it_waits_until_all_three_are_there(self, administrators):
        duties.assign(administrators["auditor"], "", by=None)
        with pytest.raises(BusinessError, match="还没有审计管理员"):
            duties.separate(True, by=administrators["root"])

    def test_it_waits_until_nobody_has_anything_in_a_set(self, ledger, administrators):
        members.add_member(ledger, administrators["secadmin"], "viewer")
        with pytest.raises(BusinessError, match="安全管理员"):
            duties.separate(True, by=administrators["root"])
        assert not duties.is_separated()

    def test_it_is_written_down(self, separated):
        row = RightChange.objects.get(kind="separation")
        assert (row.by_name, row.after) == ("root", True)
        duties.separate(False, by=separated["root"])
        assert not duties.is_separated()

    def test_the_check_up_of_a_set_says_so(self, ledger, administrators):
        def verdict() -> tuple:
            found = next(each for each in checking.run(ledger) if each.check == "separation")
            return found.verdict, "未分立" in found.message

        assert verdict() == ("warning", True)
        duties.separate(True, by=administrators["root"])
        assert verdict() == ("ok", False)
        User.objects.filter(username="root").update(last_login=timezone.now())
        assert verdict() == ("warning", False)


class TestNothingInASet:
    @pytest.mark.parametrize("username", THREE)
    def test_verbs_refuse(self, username, ledger, separated):
        with pytest.raises(BusinessError, match="三员分立") as refusal:
            members.add_member(ledger, separated[username], "viewer", by=separated["root"])
        assert refusal.value.field == "user"

    def test_the_administration_page_refuses(self, ledger, separated, client):
        client.force_login(separated["secadmin"])
        role = ledger.roles.get(code="viewer")
        client.post("/admin/permissions/membership/add/", {"user": separated["auditor"].pk, "role": role.pk})
        assert not Membership.objects.filter(user=separated["auditor"]).exists()

    def test_who_has_something_gets_no_duty(self, ledger, separated):
        with pytest.raises(BusinessError, match="角色「销售」"):
            duties.assign(separated["sales1"], Duty.AUDIT, by=separated["root"])

    @pytest.mark.parametrize("username", THREE)
    def test_what_was_smuggled_in_counts_for_nothing(self, username, ledger, separated, add_customer):
        user = separated[username]
        add_customer(name="金丝雀精密仪器有限公司")
        manager = ledger.roles.get(code="manager")
        User.objects.filter(pk=user.pk).update(department=separated["finance"].department)
        user.refresh_from_db()
        Membership.objects.create(user=user, ledger=ledger, role=manager)
        DepartmentRole.objects.create(ledger=ledger, department=user.department, role=manager)
        Override.objects.create(user=user, ledger=ledger, kind="right", key="view", reason="x")
        until = timezone.localdate() + timezone.timedelta(days=3)
        Delegation.objects.create(
            ledger=ledger, delegator=separated["manager"], delegate=user, rights=["view"], ends_on=until
        )
        actor = Actor.of(user, ledger.pk, Door.WEB)
        assert not actor.is_member and not actor.can("view") and not actor.row_scopes
        assert not Ledger.objects.of_member(user).exists()
        assert user.pk not in {each.user_id for each in everybody.actors_of(ledger.pk)}
        assert any(username in fault for fault in invariants.check_installation())
        duties.separate(False, by=separated["root"])
        assert Actor.of(user, ledger.pk, Door.WEB).is_member

    def test_all_is_well_without_such_rows(self, ledger, separated):
        assert list(invariants.check_installation()) == []

    def test_who_has_no_duty_costs_no_query(self, ledger, separated, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert not duties.is_kept_out(separated["sales1"])
        assert Installation.objects.count() == 1


class TestThePage:
    def test_the_superuser_switches_it(self, administrators, client):
        client.force_login(administrators["root"])
        assert "未分立" in client.get("/permissions/duties/").content.decode()
        answer = client.post("/permissions/duties/", {"on": "1"}, follow=True)
        assert "已启用三员分立" in answer.content.decode() and duties.is_separated()

    @pytest.mark.parametrize("username", [*THREE, "manager", "outsider"])
    def test_nobody_else_does(self, username, separated, ledger, client):
        client.force_login(separated[username])
        assert client.post("/permissions/duties/", {"on": "0"}).status_code == 403
        assert client.get("/permissions/duties/").status_code == (200 if username == "auditor" else 403)
        assert duties.is_separated()

    def test_a_superuser_is_told_at_login(self, separated, client):
        separated["root"].set_password("jinhua-tie-lu-42")
        separated["root"].save()
        answer = client.post("/login/", {"username": "root", "password": "jinhua-tie-lu-42"}, follow=True)
        assert "只应在应急时使用" in answer.content.decode()
