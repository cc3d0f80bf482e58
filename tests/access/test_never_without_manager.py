"""The last 账套主管 keeps 账套设置 and 成员与权限, whatever is tried: roles, exceptions, departments, days, a document."""

from datetime import timedelta

import pytest
from django.utils import timezone

from erp_site.shared.errors import BusinessError
from ledgers.access import departments, exceptions, roles
from ledgers.services import configuration, members
from permissions.models import Membership, Role
from permissions.rights import Right

pytestmark = pytest.mark.django_db

LAST = "最后一名账套主管"


def mine(ledger):
    return Membership.objects.get(ledger=ledger, role__code="manager")


def denying(ledger):
    return Role.objects.create(ledger=ledger, code="deny", name="禁止设置", rights=["view"], denied=["configure"])


def test_by_taking_the_rights_from_the_role(ledger, role):
    draft = roles.of_role(role("manager"))
    for right in (Right.MEMBERS, Right.CONFIGURE):
        with pytest.raises(BusinessError, match="必须保有"):
            roles.save(
                ledger,
                roles.replace(draft, rights=tuple(r for r in draft.rights if r != right)),
                by=None,
                role=role("manager"),
            )
    with pytest.raises(BusinessError, match="不能停用"):
        roles.set_active(role("manager"), False, by=None)
    with pytest.raises(BusinessError, match="必须有的角色"):
        roles.remove(role("manager"), by=None)


def test_by_an_exception_of_today_or_of_a_day_to_come(ledger, users):
    give = lambda **days: exceptions.give(  # noqa: E731
        ledger, users["manager"], kind="right", key="members", is_denied=True, reason="试", by=None, **days
    )
    with pytest.raises(BusinessError, match=LAST):
        give()
    with pytest.raises(BusinessError, match=LAST):
        give(starts_on=timezone.localdate() + timedelta(days=30))


def test_by_another_role_that_forbids(ledger, users):
    denying(ledger)
    with pytest.raises(BusinessError, match=LAST):
        members.add_member(ledger, users["manager"], "deny")
    later = timezone.localdate() + timedelta(days=10)
    with pytest.raises(BusinessError, match=LAST):
        members.add_member(ledger, users["manager"], "deny", starts_on=later, ends_on=later)


def test_by_a_superior_role_that_forbids(ledger, role):
    draft = roles.replace(roles.of_role(role("manager")), parent_id=denying(ledger).pk)
    with pytest.raises(BusinessError, match=LAST):
        roles.save(ledger, draft, by=None, role=role("manager"))


def test_by_his_department(ledger, users, departments_of_manager):
    with pytest.raises(BusinessError, match=LAST):
        departments.give(ledger, departments_of_manager, denying(ledger), by=None)


@pytest.fixture
def departments_of_manager(departments, users):
    users["manager"].department = departments["D20"]
    users["manager"].save()
    return departments["D20"]


def test_by_a_last_day(ledger):
    with pytest.raises(BusinessError, match=LAST):
        members.change_dates(mine(ledger), None, timezone.localdate() + timedelta(days=5), by=None)
    with pytest.raises(BusinessError, match=LAST):
        members.change_dates(mine(ledger), timezone.localdate() + timedelta(days=5), None, by=None)


def test_by_a_document(ledger):
    item = configuration.section("roles").read(ledger)["manager"]
    denied = {**item, "rights": ["view"], "denied": ["members"]}
    with pytest.raises(BusinessError, match="必须保有"):
        configuration.apply(ledger, {"roles": {"manager": denied}}, by=None)


def test_with_a_second_one_all_of_it_goes(ledger, users, second_manager):
    exceptions.give(ledger, users["manager"], kind="right", key="members", is_denied=True, reason="交接", by=None)
    members.remove_member(Membership.objects.get(ledger=ledger, user=users["manager"]), by=None)
    assert not Membership.objects.filter(ledger=ledger, user=users["manager"]).exists()


def test_by_the_administration_pages(ledger, role, client_of):
    manager = role("manager")
    form = {"name": manager.name, "rights": ["view"], "sensitive_level": 3}
    for inline in ("scopes", "field_rules"):
        form |= {f"{inline}-TOTAL_FORMS": 0, f"{inline}-INITIAL_FORMS": 0}
    answer = client_of("sysadmin").post(f"/admin/permissions/role/{manager.pk}/change/", form)
    assert LAST in answer.text
    manager.refresh_from_db()
    assert Right.MEMBERS in manager.rights
