"""Two managers edit one role at once: who saves second on an old page is told, and nothing of the first is lost."""

import pytest

from erp_site.shared.errors import BusinessError
from ledgers.access import fields, roles

pytestmark = pytest.mark.django_db


def test_the_second_is_told_and_keeps_what_he_typed(client_of, address, role, sheet, second_manager):
    opened = sheet(role("sales"), description="二")
    client_of("manager").post(address("role_edit", role("sales").pk), sheet(role("sales"), description="一"))
    answer = client_of("finance").post(address("role_edit", role("sales").pk), opened)
    assert answer.status_code == 422 and "被别人修改过" in answer.text
    assert 'value="二"' in answer.text
    assert role("sales").description == "一"
    again = client_of("finance").post(address("role_edit", role("sales").pk), opened)
    assert again.status_code == 422, "pressing the button twice does not overwrite"


def test_a_change_of_scopes_or_fields_counts_as_a_change(ledger, role):
    draft = roles.of_role(role("sales"))
    fields.set_field(ledger, "remark", {role("sales").pk: 0}, seen={role("sales").pk: None}, by=None)
    with pytest.raises(BusinessError, match="被别人修改过"):
        roles.save(ledger, draft, by=None, role=role("sales"), seen=draft.mark)


def test_on_the_grid_of_one_field_only_the_same_cell_clashes(ledger, role):
    both = {role("sales").pk: None, role("finance").pk: None}
    fields.set_field(ledger, "remark", both | {role("sales").pk: 0}, seen=both, by=None)
    fields.set_field(ledger, "remark", both | {role("finance").pk: 1}, seen=both, by=None)
    assert role("sales").field_rules.get(field="remark").level == 0
    with pytest.raises(BusinessError, match="被别人修改过"):
        fields.set_field(ledger, "remark", both | {role("sales").pk: 2}, seen=both, by=None)


def test_what_is_the_same_is_no_change(ledger, role):
    before = ledger.events.count()
    roles.save(ledger, roles.of_role(role("sales")), by=None, role=role("sales"))
    assert ledger.events.count() == before


def test_a_role_that_somebody_deleted_meanwhile(ledger, role):
    gone = role("entry")
    draft = roles.of_role(gone)
    roles.remove(role("entry"), by=None)
    roles.remove(gone, by=None)
    with pytest.raises(BusinessError, match="已被删除"):
        roles.save(ledger, draft, by=None, role=gone)
