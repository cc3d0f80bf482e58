"""A role inherits from its superior role; no circle comes about, not even when two managers do half of it each."""

import pytest

from erp_site.shared.errors import BusinessError
from ledgers.access import roles
from permissions.rights import Right

pytestmark = pytest.mark.django_db


def under(ledger, code, parent):
    role, above = ledger.roles.get(code=code), parent and ledger.roles.get(code=parent)
    draft = roles.replace(roles.of_role(role), parent_id=above.pk if above else None)
    return roles.save(ledger, draft, by=None, role=role)


def test_rights_come_from_above(ledger, users, now):
    under(ledger, "sales", "supervisor")
    assert now(users["sales1"]).can(Right.EXPORT)
    assert "继承自上级角色「销售主管」" in now(users["sales1"]).decide(Right.EXPORT).rule


def test_a_circle_is_refused_with_its_line(ledger):
    under(ledger, "sales", "supervisor")
    with pytest.raises(BusinessError, match="循环") as refused:
        under(ledger, "supervisor", "sales")
    assert "销售主管 → 销售 → 销售主管" in refused.value.message
    with pytest.raises(BusinessError, match="循环"):
        under(ledger, "sales", "sales")


def test_the_page_does_not_offer_what_is_below(client_of, ledger, address, role):
    under(ledger, "sales", "supervisor")
    page = client_of("manager").get(address("role_edit", role("supervisor").pk))
    offered = [name for _pk, name in page.context["form"].fields["parent"].choices]
    assert "财务" in offered and "销售" not in offered and "销售主管" not in offered


def test_a_superior_role_of_another_set_is_refused(ledger, other_ledger):
    role = ledger.roles.get(code="sales")
    draft = roles.replace(roles.of_role(role), parent_id=other_ledger.roles.get(code="admin").pk)
    with pytest.raises(BusinessError, match="没有这个上级角色"):
        roles.save(ledger, draft, by=None, role=role)


def test_six_levels_are_too_many(ledger):
    for below, above in (("sales", "service"), ("service", "finance"), ("finance", "entry"), ("entry", "viewer")):
        under(ledger, below, above)
    with pytest.raises(BusinessError, match="最多 5 级"):
        under(ledger, "viewer", "reader")
