"""Add, update, upsert; matching by number, code, foreign number; empty cells; mappings."""

import pytest

from customers.models import ChangeBatch, Customer, ForeignNumber
from erp_site.shared.errors import BusinessError
from imports.importing import options
from imports.models import ImportMapping
from permissions.models import FieldRule, Role
from permissions.rights import Level, Right
from tests.imports.files import counts, errors

A, B = "91310115MA1K3DX51X", "91654202738399118E"


@pytest.fixture
def two(add_customer):
    return (
        add_customer(name="甲公司", uscc=A, mobile="13800138000", remark="旧备注", short_name="老甲"),
        add_customer(name="乙公司", uscc=B, mobile="13900139000", credit_limit="100"),
    )


def test_update_touches_only_mapped_fields(two, bring_in):
    first, second = two
    found = bring_in([["客户编号", "备注"], [first.number, "新备注"], [second.number.lower(), "第二"]], mode="update")
    assert counts(found) == {"rows": 2, "updated": 2}
    first.refresh_from_db()
    assert (first.remark, first.name, first.short_name, first.version) == ("新备注", "甲公司", "老甲", 2)
    assert first.contacts.get().mobile == "13800138000"


def test_update_of_nobody_is_refused(two, bring_in):
    rows = [["客户编号", "备注"], ["NIX1", "x"], ["", "y"], [two[0].number, "z"]]
    found = bring_in(rows, mode="update")
    assert counts(found) == {"rows": 3, "updated": 1, "rejected": 2}
    assert errors(found) == [(2, "客户编号", "match.none"), (3, "客户编号", "match.blank")]


def test_upsert_by_credit_code(two, bring_in):
    rows = [
        ["客户名称", "税号", "备注"],
        ["甲公司（更名）", A.lower(), "改"],
        ["丙公司", "911301331079200770", "新"],
        ["丁公司", "", "无码"],
    ]
    found = bring_in(rows, mode="upsert", match="uscc")
    assert counts(found) == {"rows": 3, "added": 2, "updated": 1}
    two[0].refresh_from_db()
    assert (two[0].name, two[0].remark, two[0].uscc) == ("甲公司（更名）", "改", A)


def test_an_unchanged_row_says_so(two, bring_in):
    found = bring_in([["客户编号", "客户名称", "手机"], [two[0].number, "甲公司", "138-0013-8000"]], mode="upsert")
    assert counts(found) == {"rows": 1, "unchanged": 1}
    two[0].refresh_from_db()
    assert two[0].version == 1


def test_foreign_numbers_are_kept_and_found(two, bring_in):
    rows = [["客户名称", "SAP客户编号"], ["丙公司", "0000100"], ["丁公司", "0000200"]]
    assert counts(bring_in(rows)) == {"rows": 2, "added": 2}
    assert set(ForeignNumber.objects.values_list("system", "number")) == {("SAP", "0000100"), ("SAP", "0000200")}
    again = bring_in([["SAP客户编号", "备注"], ["0000100", "经 SAP 找到"]], mode="update", match="foreign:SAP")
    assert counts(again) == {"rows": 1, "updated": 1}
    assert Customer.objects.get(name="丙公司").remark == "经 SAP 找到"


def test_empty_cells_keep_or_clear(two, bring_in):
    rows = [["客户编号", "客户名称", "备注", "手机"], [two[0].number, "", "", ""]]
    rows = [["客户编号", "客户名称", "备注", "简称"], [two[0].number, "", "", "新简"]]
    bring_in(rows, mode="update")
    two[0].refresh_from_db()
    assert (two[0].name, two[0].remark, two[0].short_name) == ("甲公司", "旧备注", "新简")
    bring_in(rows, mode="update", empty_cells="clear")
    two[0].refresh_from_db()
    assert (two[0].name, two[0].remark) == ("甲公司", "")


def test_two_rows_for_one_customer_are_not_guessed_at(two, bring_in):
    rows = [["客户编号", "备注"], [two[0].number, "一"], [two[0].number, "二"]]
    for batch_size in (1, 10):
        found = bring_in(rows, mode="update", batch_size=batch_size)
        assert errors(found) == [(3, "客户编号", "row.repeated")]
        assert "第 2 行" in found["errors"][0]["message"]


@pytest.mark.parametrize("batch_size", [1, 10])
@pytest.mark.parametrize("checked", [True, False])
def test_upsert_of_one_new_number_twice_adds_once(bring_in, batch_size, checked):
    rows = [["客户编号", "客户名称"], ["N1000", "甲公司"], ["n1000", "乙公司"]]
    found = bring_in(rows, mode="upsert", batch_size=batch_size, checked=checked)
    assert counts(found) == {"rows": 2, "added": 1, "rejected": 1}
    assert [code for _row, _column, code in errors(found)] == ["row.repeated"]


def test_a_code_that_two_customers_bear_is_not_guessed_at(add_customer, bring_in, ledger):
    ledger.parameters = {"uscc_policy": "warn"}
    ledger.save()
    add_customer(name="甲公司", uscc=A)
    add_customer(name="乙公司", uscc=A)
    found = bring_in([["统一社会信用代码", "备注"], [A, "x"]], mode="update", match="uscc")
    assert errors(found) == [(2, "统一社会信用代码", "match.several")]


# --- mapping and options that cannot work -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decisions", "mapping", "code"),
    [
        ({"mode": "update"}, {"名": "name"}, "match.unmapped"),
        ({"mode": "upsert", "match": "foreign:SAP"}, {"名": "name"}, "match.unmapped"),
        ({"match": "phone"}, {"名": "name"}, "match.unknown"),
        ({}, {"电": "phone"}, "mapping.required"),
        ({}, {"名": "name", "电": "name"}, "mapping.twice"),
        ({}, {"名": "nix"}, "mapping.unknown"),
        ({}, {"名": "created_at"}, "mapping.unknown"),
        ({}, {"名": "contacts.name"}, "mapping.unknown"),
        ({}, {"没有": "name"}, "mapping.heading"),
        ({"batch_size": 0}, {"名": "name"}, "batch_size.range"),
    ],
)
def test_decisions_that_cannot_work_are_refused_at_once(prepare, decisions, mapping, code):
    with pytest.raises(BusinessError) as refusal:
        prepare([["名", "电"], ["甲公司", "13800138000"]], mapping=mapping, **decisions)
    assert refusal.value.code == code
    assert refusal.value.message


def test_a_saved_mapping_is_taken_by_itself_next_time(prepare, upload, actor):
    batch = prepare([["旧名", "旧注"], ["甲公司", "x"]], mapping={"旧名": "name", "旧注": "remark"})
    options.save_mapping(batch, "旧系统", by=actor("manager"))
    again = upload([["导出自旧系统", ""], ["旧注", "旧名"], ["说明", "乙公司"]])
    assert again.heading_rows == [2]
    assert [column["field"] for column in again.columns] == ["remark", "name"]
    assert ImportMapping.objects.get().name == "旧系统"


def test_somebody_elses_mapping_is_not_overwritten(prepare, actor):
    batch = prepare([["旧名", "电话"], ["甲公司", ""]], mapping={"旧名": "name"})
    options.save_mapping(batch, "方案", by=actor("manager"))
    with pytest.raises(BusinessError):
        options.save_mapping(batch, "方案", by=actor("steward"))


# --- rights, asked per row and field --------------------------------------------------------------------------------------


def test_a_field_that_the_actor_may_not_write_refuses_the_rows_that_fill_it(bring_in, actor, ledger):
    role = Role.objects.get(ledger=ledger, code="data_steward")
    FieldRule.objects.create(role=role, field="bank_accounts.account", level=Level.MASKED)
    rows = [["客户名称", "银行账号"], ["甲公司", "6222021001116245702"], ["乙公司", ""]]
    found = bring_in(rows, by=actor("steward"))
    assert errors(found) == [(2, "银行账号", "field.not_allowed")]
    assert counts(found) == {"rows": 2, "added": 1, "rejected": 1}


def test_adding_does_not_allow_changing(two, bring_in, actor, ledger):
    Role.objects.filter(ledger=ledger, code="data_steward").update(rights=[Right.VIEW, Right.ADD, Right.IMPORT])
    rows = [["客户名称", "统一社会信用代码", "备注"], ["甲公司", A, "偷改"], ["新公司", "911301331079200770", ""]]
    found = bring_in(rows, mode="upsert", match="uscc", by=actor("steward"))
    assert counts(found) == {"rows": 2, "added": 1, "rejected": 1}
    assert [code for _row, _column, code in errors(found)] == ["permission.denied"]
    two[0].refresh_from_db()
    assert two[0].remark == "旧备注"


def test_changing_does_not_allow_adding(two, bring_in, actor, ledger):
    Role.objects.filter(ledger=ledger, code="data_steward").update(rights=[Right.VIEW, Right.EDIT, Right.IMPORT])
    found = bring_in(
        [["客户编号", "客户名称"], [two[0].number, "甲公司2"], ["NEW1", "新公司"]], mode="upsert", by=actor("steward")
    )
    assert counts(found) == {"rows": 2, "updated": 1, "rejected": 1}


def test_customers_out_of_sight_are_not_changed_nor_described(two, bring_in, actor, ledger, users):
    Role.objects.filter(ledger=ledger, code="sales").update(rights=[Right.VIEW, Right.ADD, Right.EDIT, Right.IMPORT])
    rows = [["客户编号", "备注"], [two[0].number, "偷改"], ["NIX", "x"]]
    found = bring_in(rows, mode="update", by=actor("sales1"))
    assert counts(found) == {"rows": 2, "rejected": 2}
    two[0].refresh_from_db()
    assert two[0].remark == "旧备注"


def test_history_says_who_and_why(two, bring_in, actor, users):
    bring_in([["客户编号", "备注"], [two[0].number, "改"]], mode="update", by=actor("manager"), reason="期初整理")
    batch = ChangeBatch.objects.get(kind="import")
    assert (batch.by, batch.reason, batch.state) == (users["manager"], "期初整理", "done")
    assert Customer.history.filter(id=two[0].pk).order_by("-history_id").first().batch_id == batch.pk
