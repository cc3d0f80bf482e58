"""Who manages rights gives himself nothing that he has not, as long as somebody else can do it for him."""

from datetime import timedelta

import pytest
from django.utils import timezone

from erp_site.shared.errors import BusinessError
from ledgers.access import departments, exceptions, roles
from ledgers.services import members
from permissions.models import Role, RowScope
from permissions.rights import Right

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(ledger, users):
    """安全员: 成员与权限 and customers of his own, nothing else."""
    made = Role.objects.create(
        ledger=ledger, code="clerk", name="授权员", rights=["view", "members"], sensitive_level=1
    )
    RowScope.objects.create(role=made, kind="own")
    members.add_member(ledger, users["outsider"], "clerk")
    return users["outsider"]


def attempts(ledger, clerk, departments_):
    role = ledger.roles.get(code="clerk")
    draft = roles.of_role(role)
    later = timezone.localdate() + timedelta(days=7)
    return {
        "a role": lambda: members.add_member(ledger, clerk, "sales", by=clerk),
        "a role from next week": lambda: members.add_member(ledger, clerk, "sales", by=clerk, starts_on=later),
        "a right in his role": lambda: roles.save(
            ledger, roles.replace(draft, rights=(*draft.rights, Right.EXPORT)), by=clerk, role=role
        ),
        "rows": lambda: roles.save(ledger, roles.replace(draft, scopes=(("all", ()),)), by=clerk, role=role),
        "a field": lambda: roles.save(ledger, roles.replace(draft, levels={"phone": 2}), by=clerk, role=role),
        "sensitive fields": lambda: roles.save(ledger, roles.replace(draft, sensitive_level=2), by=clerk, role=role),
        "a superior role": lambda: roles.save(
            ledger, roles.replace(draft, parent_id=ledger.roles.get(code="admin").pk), by=clerk, role=role
        ),
        "an exception": lambda: exceptions.give(
            ledger, clerk, kind="right", key="export", is_denied=False, reason="想要", by=clerk
        ),
        "his department": lambda: departments.give(ledger, departments_, ledger.roles.get(code="sales"), by=clerk),
    }


@pytest.mark.parametrize(
    "way",
    ["a role", "a role from next week", "a right in his role", "rows", "a field", "sensitive fields", "a superior role",
     "an exception", "his department"],
)  # fmt: skip
def test_refused_with_who_can_do_it(ledger, clerk, departments, users, way):
    clerk.department = departments["D20"]
    clerk.save()
    with pytest.raises(BusinessError, match="不能给自己增加权限") as refused:
        attempts(ledger, clerk, departments["D20"])[way]()
    assert "张主管" in refused.value.remedy


def test_taking_back_a_prohibition_on_himself_is_a_raise(ledger, clerk, users):
    made = exceptions.give(ledger, clerk, kind="right", key="view", is_denied=True, reason="查", by=users["manager"])
    with pytest.raises(BusinessError, match="不能给自己增加权限"):
        exceptions.take(made, by=clerk)
    exceptions.take(made, by=users["manager"])


def test_to_others_he_gives_what_he_has_not(ledger, clerk, users, now):
    exceptions.give(ledger, users["sales1"], kind="right", key="export", is_denied=False, reason="月报", by=clerk)
    assert now(users["sales1"]).can("export")


def test_less_for_himself_is_no_raise(ledger, clerk):
    role = ledger.roles.get(code="clerk")
    draft = roles.of_role(role)
    roles.save(ledger, roles.replace(draft, sensitive_level=0, levels={"remark": 2}), by=clerk, role=role)


def test_who_is_alone_may(ledger, users, clerk, now):
    ledger.memberships.exclude(user=clerk).delete()
    members.add_member(ledger, clerk, "sales", by=clerk)
    assert now(clerk).can("print")


def test_the_page_says_it(client_of, ledger, clerk, address):
    answer = client_of("outsider").post(address("ledger_members"), {"user": "outsider", "role": "admin"})
    assert "不能给自己增加权限" in answer.text and "张主管" in answer.text
