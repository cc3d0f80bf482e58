"""Duplicates in the file and against the set: told, skipped, updated, added; one result whatever the size of chunks."""

import pytest

from customers.models import Customer
from customers.services import invariants
from permissions.models import Role
from permissions.rights import Right
from tests.imports.files import counts, errors

A, B = "91310115MA1K3DX51X", "91654202738399118E"
HEADINGS = ["客户名称", "统一社会信用代码", "手机", "银行账号"]

each_size = pytest.mark.parametrize("batch_size", [1, 2, 50])
each_way = pytest.mark.parametrize("checked", [True, False])


def pairs(found: dict) -> list[tuple]:
    return [
        (each["row"], each["with"], each["with_row"], sorted(each["evidence"])) for each in found["duplicate_pairs"]
    ]


@each_size
@each_way
def test_duplicates_in_the_file_are_told_with_the_row(bring_in, batch_size, checked):
    rows = [
        HEADINGS,
        ["杭州恒源机械有限公司", A, "13800138000", ""],
        ["杭州恒源机械有限公司", "", "13900139000", ""],
        ["宁波一诺贸易有限公司", "", "13800138000", ""],
        ["温州商行", A, "", ""],
    ]
    found = bring_in(rows, batch_size=batch_size, checked=checked)
    assert counts(found) == {"rows": 4, "added": 3, "rejected": 1}
    first = Customer.objects.get(uscc=A)
    assert pairs(found) == [
        (3, first.number, 2, ["name"]),
        (4, first.number, 2, ["phone"]),
        (5, first.number, 2, ["tax"]),
    ]
    assert errors(found) == [(5, "统一社会信用代码", "uscc.repeated")]
    assert "第 2 行" in found["errors"][0]["message"]
    assert found["duplicates"] == 3


@each_size
def test_a_check_finds_what_the_import_finds(look, bring_in, add_customer, batch_size):
    old = add_customer(name="老客户有限公司", uscc=B, mobile="13700137000")
    rows = [
        HEADINGS,
        ["老客户有限公司", "", "", ""],
        ["新甲公司", A, "13800138000", ""],
        ["新乙公司", A, "", ""],
        ["新丙公司", B, "", ""],
        ["新甲公司", "", "", ""],
        ["新丁公司", "", "13700137000", ""],
    ]
    told = look(rows, batch_size=batch_size)
    assert [(row, who, kinds) for row, who, _r, kinds in pairs(told)] == [
        (2, old.number, ["name"]), (4, "", ["tax"]), (5, old.number, ["tax"]), (6, "", ["name"]), (7, old.number, ["phone"]),
    ]  # fmt: skip
    found = bring_in(rows, batch_size=batch_size)
    assert (
        errors(told)
        == errors(found)
        == [(4, "统一社会信用代码", "uscc.repeated"), (5, "统一社会信用代码", "uscc.taken")]
    )
    assert [pair[:1] + pair[2:] for pair in pairs(told)] == [pair[:1] + pair[2:] for pair in pairs(found)]
    assert counts(told) == counts(found)


@each_size
@each_way
def test_a_refused_row_is_nobodys_double(bring_in, batch_size, checked):
    rows = [HEADINGS, ["甲公司", A, "坏", ""], ["乙公司", A, "13800138000", ""]]
    found = bring_in(rows, batch_size=batch_size, checked=checked)
    assert counts(found) == {"rows": 2, "added": 1, "rejected": 1}
    assert errors(found) == [(2, "手机", "phone.invalid")]


@each_size
@each_way
def test_skip_leaves_out_what_is_there_already(bring_in, add_customer, batch_size, checked):
    add_customer(name="老客户有限公司", uscc=B, bank_account="6222021001116245702")
    rows = [
        HEADINGS,
        ["老客户有限公司", "", "", ""],
        ["改名的老客户", B, "", ""],
        ["同账号公司", "", "", "6222 0210 0111 6245 702"],
        ["新公司", A, "13800138000", ""],
        ["新公司", "", "", ""],
        ["同电话公司", "", "13800138000", ""],
    ]
    found = bring_in(rows, duplicates="skip", batch_size=batch_size, checked=checked)
    assert counts(found) == {"rows": 6, "added": 2, "skipped": 4}
    assert [each["row"] for each in found["skipped_rows"]] == [2, 3, 4, 6]
    assert set(Customer.objects.values_list("name", flat=True)) == {"老客户有限公司", "新公司", "同电话公司"}


@each_size
def test_the_same_file_again_with_skip_adds_nothing(bring_in, batch_size):
    rows = [HEADINGS, *([f"第{index}家有限公司", "", f"1380013800{index}", ""] for index in range(6))]
    bring_in(rows)
    assert counts(bring_in(rows, duplicates="skip", batch_size=batch_size)) == {"rows": 6, "skipped": 6}


@each_size
@each_way
def test_update_changes_the_one_customer_that_is_meant(bring_in, add_customer, batch_size, checked):
    one = add_customer(name="老客户有限公司", uscc=B, mobile="13700137000", short_name="老简称")
    two = add_customer(name="另一家有限公司")
    rows = [
        [*HEADINGS, "备注", "客户编号"],
        ["老客户有限公司", "", "13600136000", "", "新备注", "OTHER1"],
        ["另一家有限公司", B, "", "", "两个都像", ""],
        ["第三家有限公司", "", "", "", "新", ""],
        ["老客户有限公司", "", "", "", "又一行", ""],
    ]
    found = bring_in(rows, duplicates="update", batch_size=batch_size, checked=checked)
    assert counts(found) == {"rows": 4, "added": 1, "updated": 1, "rejected": 2}
    assert sorted(code for _row, _column, code in errors(found)) == ["duplicate.several", "row.repeated"]
    one.refresh_from_db()
    assert (one.remark, one.number, one.short_name) == ("新备注", "KH000001", "老简称")
    assert one.contacts.get().mobile == "13600136000"
    two.refresh_from_db()
    assert two.remark == ""


def test_add_does_not_list_them(bring_in, add_customer):
    add_customer(name="老客户有限公司")
    found = bring_in([HEADINGS, ["老客户有限公司", "", "", ""]], duplicates="add")
    assert counts(found) == {"rows": 1, "added": 1}
    assert found["duplicate_pairs"] == []


def test_equal_numbers_are_never_added(bring_in, add_customer):
    old = add_customer(name="老客户有限公司")
    rows = [["客户编号", "客户名称"], [old.number.lower(), "甲公司"], ["X１0000", "乙公司"], ["x10000", "丙公司"]]
    for batch_size in (1, 10):
        found = bring_in(rows, duplicates="add", batch_size=batch_size)
        codes = {row: code for row, _column, code in errors(found)}
        assert codes[2] == "number.taken"
        assert codes[4] in ("number.repeated", "number.taken")


def test_two_people_of_one_name_are_two(bring_in, add_customer):
    add_customer(name="张伟", kind="person")
    rows = [["客户名称", "客户类型"], ["张伟", "个人"]]
    assert counts(bring_in(rows, duplicates="skip")) == {"rows": 1, "added": 1}


def test_a_set_that_blocks_equal_names_blocks_them_in_files(bring_in, ledger):
    ledger.parameters = {"name_policy": "block"}
    ledger.save()
    for batch_size in (1, 10):
        found = bring_in(
            [HEADINGS, [f"甲{batch_size}公司", "", "", ""], [f"甲{batch_size}公司", "", "", ""]], batch_size=batch_size
        )
        assert errors(found) == [(3, "客户名称", "name.repeated")]


def test_a_customer_out_of_sight_is_told_without_himself(bring_in, add_customer, actor, ledger):
    add_customer(name="别人的有限公司", mobile="13800138000")
    Role.objects.filter(ledger=ledger, code="sales").update(rights=[Right.VIEW, Right.ADD, Right.EDIT, Right.IMPORT])
    found = bring_in([HEADINGS, ["我的有限公司", "", "13800138000", ""]], by=actor("sales1"))
    assert pairs(found) == [(2, "", None, ["phone"])]
    assert "别人的" not in str(found)


def test_evidence_and_score(bring_in, add_customer):
    add_customer(name="老客户有限公司", mobile="13800138000")
    found = bring_in([HEADINGS, ["老客户有限公司", "", "13800138000", ""]])
    pair = found["duplicate_pairs"][0]
    assert set(pair["evidence"]) == {"name", "phone"}
    assert 0.9 < pair["score"] < 1


def test_nothing_is_left_broken(bring_in, add_customer, ledger):
    add_customer(name="老客户有限公司", uscc=B)
    bring_in(
        [HEADINGS, ["老客户有限公司", "", "", ""], ["新", A, "", ""], ["新", A, "", ""]],
        duplicates="update",
        batch_size=1,
    )
    assert list(invariants.broken(ledger.pk)) == []
