"""One value of each type: what is taken, how it is kept, what it is called; and what is refused, in words."""

import pytest

GOOD = [
    ("text", {}, "  恒源 机械 ", "恒源 机械", "恒源 机械"),
    ("text", {"pattern": r"[A-Z]{2}-\d{4}"}, "HT-2026", "HT-2026", "HT-2026"),
    ("text", {"pattern": r"[\u4e00-\u9fa5]{2,4}"}, "张三", "张三", "张三"),
    ("long_text", {}, "第一行\r\n第二行 ", "第一行\n第二行", "第一行\n第二行"),
    ("integer", {}, "1,200", 1200, "1200"),
    ("integer", {}, 0, 0, "0"),
    ("integer", {"lowest": "-5", "highest": "5"}, "-5", -5, "-5"),
    ("decimal", {"decimals": 3}, "12.5", "12.500", "12.500"),
    ("decimal", {"decimals": 0}, 7.0, "7", "7"),
    ("money", {}, "5万", "50000.00", "50,000.00"),
    ("money", {}, "（1,234.5）", "-1234.50", "-1,234.50"),
    ("money", {}, "200元", "200.00", "200.00"),
    ("date", {}, "2024年1月5日", "2024-01-05", "2024-01-05"),
    ("date", {"lowest": "2024-01-01"}, "2024/1/1", "2024-01-01", "2024-01-01"),
    ("boolean", {}, "是", True, "是"),
    ("boolean", {}, "否", False, "否"),
    ("boolean", {}, False, False, "否"),
    ("choice", {}, "甲级", "a", "甲级"),
    ("choice", {}, "b", "b", "乙级"),
    ("multi_choice", {}, "乙级、甲级", ["a", "b"], "甲级、乙级"),
    ("multi_choice", {}, ["b"], ["b"], "乙级"),
    ("email", {}, "ZHANG@Example.COM", "ZHANG@example.com", "ZHANG@example.com"),
    ("phone", {}, "138 0013 8000", "13800138000", "13800138000"),
    ("url", {}, "example.com", "https://example.com", "https://example.com"),
]


@pytest.mark.parametrize(("type", "more", "raw", "kept", "text"), GOOD)
def test_a_good_value_is_kept_in_its_form(own, save, add_customer, stored, shown, sound, type, more, raw, kept, text):
    own("x_one", type, **more)
    customer = add_customer()
    edit = save({"x_one": raw}, of=customer)
    assert not edit.problems, edit.problems
    assert (stored(customer), edit.changed) == ({"x_one": kept}, ["x_one"])
    assert shown(customer, "x_one") == text
    again = save({"x_one": raw}, of=customer)
    assert again.changed == [], "the same value is no change"
    sound()


BAD = [
    ("text", {"max_length": 3}, "四个字啊", "own.length", "超过 3 个字符"),
    ("text", {"min_length": 5}, "短", "own.length", "不足 5 个字符"),
    ("text", {"pattern": r"\d+", "pattern_message": "请填写纯数字的合同号"}, "ab", "own.pattern", "请填写纯数字的合同号"),
    ("text", {}, "a\x00b", "text.forbidden", "无法保存"),
    ("integer", {}, "12.5", "integer.fraction", "整数"),
    ("integer", {}, "很多", "numeric.format", "数字"),
    ("integer", {"highest": "10"}, "11", "own.range", "大于最大值 10"),
    ("decimal", {"decimals": 1}, "1.25", "own.decimals", "超过 1 位小数"),
    ("decimal", {}, "1E+3", "numeric.scientific", "科学计数法"),
    ("money", {}, "100美元", "own.currency", "另一种币种"),
    ("money", {"lowest": "0"}, "-1", "own.range", "小于最小值 0"),
    ("date", {}, "13/14/2024", "", ""),
    ("date", {}, "2024-02-30", "", ""),
    ("date", {"highest": "2024-12-31"}, "2025-01-01", "own.range", "大于最大值 2024-12-31"),
    ("boolean", {}, "也许", "choice.boolean", "是"),
    ("choice", {}, "丙级", "own.option", "不在可选范围内"),
    ("choice", {}, "旧级", "own.retired", "已停用"),
    ("multi_choice", {}, "甲级、丙级", "own.option", "丙级"),
    ("user", {}, "没有这个人", "own.unknown", "不存在"),
    ("user", {}, "外人", "own.unknown", "不存在"),
    ("customer", {}, "C9999", "own.unknown", "没有找到"),
    ("email", {}, "不是邮箱", "email.invalid", "邮箱"),
    ("phone", {}, "12", "", ""),
    ("url", {}, "javascript:alert(1)", "website.scheme", "http"),
    ("file", {}, "没有的令牌", "own.unknown", "附件不存在"),
]  # fmt: skip


@pytest.mark.parametrize(("type", "more", "raw", "code", "words"), BAD)
def test_a_bad_value_is_refused_in_words(own, save, add_customer, stored, type, more, raw, code, words):
    own("x_one", type, label="合同号", **more)
    customer = add_customer()
    edit = save({"x_one": raw}, of=customer)
    assert edit.refused
    problem = edit.problems[0]
    assert problem.field == "x_one"
    assert code in problem.code
    assert words in problem.message
    assert stored(customer) == {}


def test_references_are_found_by_name_number_and_key(own, save, add_customer, stored, shown, users, sound):
    own("x_buddy", "user")
    own("x_parent", "customer")
    parent = add_customer(name="上海总部贸易有限公司")
    customer = add_customer()
    for raw in ("小陈", "sales1", users["sales1"].pk):
        assert not save({"x_buddy": raw}, of=customer).problems
        assert stored(customer)["x_buddy"] == users["sales1"].pk
    for raw in (parent.number, parent.pk, f"{parent.number} {parent.name}", parent.name):
        assert not save({"x_parent": raw}, of=customer).problems
        assert stored(customer)["x_parent"] == parent.pk
    assert shown(customer, "x_buddy") == "小陈"
    assert shown(customer, "x_parent") == f"{parent.number} {parent.name}"
    sound()


def test_a_customer_whom_one_does_not_see_cannot_be_referred_to_nor_is_he_named(
    own, save, add_customer, users, shown, stored
):
    own("x_parent", "customer")
    mine = add_customer(owner=users["sales1"].pk)
    foreign = add_customer(name="别人的客户有限公司", owner=users["sales2"].pk)
    assert save({"x_parent": foreign.number}, of=mine, by="sales1").refused
    save({"x_parent": foreign.number}, of=mine)
    assert shown(mine, "x_parent", by="sales1") == "***（无权查看）"
    unchanged = save({"x_parent": "***（无权查看）", "remark": "新备注"}, of=mine, by="sales1")
    assert (unchanged.problems, unchanged.changed) == ([], ["remark"])
    assert stored(mine)["x_parent"] == foreign.pk


def test_a_blank_takes_the_value_away(own, save, add_customer, stored, sound):
    own("x_note", "text")
    own("x_tick", "boolean")
    customer = add_customer(x_note="有", x_tick="是")
    assert stored(customer) == {"x_note": "有", "x_tick": True}
    edit = save({"x_note": " ", "x_tick": ""}, of=customer)
    assert edit.changed == ["x_note", "x_tick"]
    assert stored(customer) == {}
    sound()


def test_what_was_right_when_it_was_stored_stays_right_as_long_as_nobody_changes_it(own, save, add_customer, stored):
    levels = own("x_level", "choice").choice_set
    short = own("x_short", "text")
    customer = add_customer(x_level="甲级", x_short="一二三四")
    levels.options = [each | {"is_active": each["value"] != "a"} for each in levels.options]
    levels.save()
    short.max_length = 2
    short.save()
    same = save({"x_level": "甲级", "x_short": "一二三四", "remark": "改"}, of=customer)
    assert (same.problems, same.changed) == ([], ["remark"])
    other = save({"x_short": "一二三"}, of=customer)
    assert other.refused
    assert save({"x_level": "甲级"}, of=add_customer()).refused


def test_a_field_that_is_not_in_use_takes_nothing(own, save, add_customer, stored):
    field = own("x_note", "text")
    customer = add_customer(x_note="旧")
    field.state = field.State.DISABLED
    field.save()
    assert save({"x_note": "新"}, of=customer).changed == []
    assert stored(customer) == {"x_note": "旧"}


def test_the_same_label_as_a_built_in_field_is_told_apart(ledger, own):
    from customers.fields import Catalogue

    own("x_grade", "text", label="客户等级")
    catalogue = Catalogue.of(ledger)
    assert str(catalogue.get("x_grade").label) == "客户等级（x_grade）"


def test_a_pattern_that_would_run_for_ever_elsewhere_answers_at_once(own, save, add_customer):
    own("x_evil", "text", pattern="(a+)+$")
    assert save({"x_evil": "a" * 400 + "!"}, of=add_customer()).refused
