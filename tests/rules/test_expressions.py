"""The language of formulas and conditions: what it understands, what it refuses and where, what it computes."""

from datetime import date
from decimal import Decimal

import pytest

from customers.rules.expressions import (
    EvaluationError,
    ExpressionError,
    Kind,
    Name,
    Names,
    order,
    parse,
    parse_condition,
)

NAMES = Names(
    [
        Name("credit_limit", "信用额度", Kind.NUMBER),
        Name("x_cost", "成本", Kind.NUMBER),
        Name("x_profit", "毛利", Kind.NUMBER),
        Name("grade", "客户等级", Kind.TEXT, {"VIP": "VIP", "A": "A 级", "B": "B 级"}),
        Name("remark", "备注", Kind.TEXT),
        Name("x_signed", "签约日期", Kind.DATE),
        Name("x_until", "到期日", Kind.DATE),
        Name("x_export", "出口", Kind.BOOLEAN),
        Name("tags", "标签", Kind.LIST, {"重点": "重点", "展会": "展会"}),
        Name("category", "客户分类", Kind.PATH, {"HD": "华东", "HD01": "华东重点"}),
        Name("x_parent", "总公司", Kind.REFERENCE),
        Name("credit_days", "信用期（天）", Kind.NUMBER),
    ]
)
TODAY = date(2026, 3, 15)


def run(text, **values):
    return parse(text, NAMES).evaluate(values, today=TODAY)


@pytest.mark.parametrize(
    ("text", "values", "result"),
    [
        ("1 + 2 * 3 - 4 / 8", {}, Decimal("6.5")),
        ("(1 + 2) * 3", {}, 9),
        ("-2 - -3", {}, 1),
        ("7 % 3", {}, 1),
        ("-7 % 3", {}, 2),  # the sign of the divisor, as in a spreadsheet
        ("[信用额度] - [成本]", {"credit_limit": Decimal("10.10"), "x_cost": "0.10"}, 10),
        ("[credit_limit] * 2", {"credit_limit": 3}, 6),
        ("[信用期（天）] + 1", {"credit_days": 30}, 31),
        ("[信用期天] + 1", {"credit_days": 30}, 31),  # signs in a label need not be typed
        ("[信用额度] + 1", {}, None),
        ("默认([信用额度], 0) + 1", {}, 1),
        ("COALESCE([信用额度], [成本], 5)", {"x_cost": 0}, 0),
        ('"甲" & "乙"', {}, "甲乙"),
        ('[客户等级] & "-" & [信用额度]', {"grade": "VIP", "credit_limit": Decimal("1.50")}, "VIP-1.5"),
        ("四舍五入(2.345, 2)", {}, Decimal("2.35")),
        ("round(1234.5, -2)", {}, 1200),
        ("取整(-1.5)", {}, -2),
        ("最小(3, [成本], 2)", {}, 2),
        ("MAX([签约日期], [到期日])", {"x_signed": "2026-01-01", "x_until": date(2025, 1, 1)}, date(2026, 1, 1)),
        ("求和(1, [成本], 2)", {}, 3),
        ("绝对值([成本])", {"x_cost": "-12345678901234567890.123456789"}, Decimal("12345678901234567890.123456789")),
        ("长度([备注])", {}, 0),
        ('左取("客户资料", 2) & RIGHT("客户资料", 1) & 截取("客户资料", 2, 2)', {}, "客户料户资"),
        ('UPPER("ab") & 小写("CD")', {}, "ABcd"),
        ("连接([客户等级], 空, 1, 真)", {"grade": "A"}, "A1是"),
        ('转数字("1,200.5")', {}, Decimal("1200.5")),
        ("个数([标签])", {"tags": ["重点", "展会"]}, 2),
        ("如果([出口], 13, 0)", {"x_export": True}, 13),
        ("如果([成本] = 0, 空, [毛利] / [成本])", {"x_cost": 0, "x_profit": 5}, None),
        ("年([签约日期]) * 100 + 月([签约日期])", {"x_signed": "2026-03-05"}, 202603),
        ("日([签约日期])", {"x_signed": "2026-03-05"}, 5),
        ("天数差([到期日], [签约日期])", {"x_signed": "2026-03-01", "x_until": "2026-03-31"}, 30),
        ("[到期日] - [签约日期]", {"x_signed": "2026-03-01", "x_until": "2026-03-31"}, 30),
        ("[签约日期] + 30", {"x_signed": "2026-03-01"}, date(2026, 3, 31)),
        ("30 + [签约日期]", {"x_signed": "2026-03-01"}, date(2026, 3, 31)),
        ("加月([签约日期], 1)", {"x_signed": "2026-01-31"}, date(2026, 2, 28)),
        ("今天() - 15", {}, date(2026, 2, 28)),
        ("#2026-01-31#", {}, date(2026, 1, 31)),
        ("#2026年1月31日#", {}, date(2026, 1, 31)),
        ("DATE(2024, 2, 29)", {}, date(2024, 2, 29)),
    ],
)
def test_what_it_computes(text, values, result):
    assert run(text, **values) == result


@pytest.mark.parametrize(
    ("text", "values", "result"),
    [
        ('[信用额度] > 100000 且 [客户等级] = "VIP"', {"credit_limit": 200000, "grade": "VIP"}, True),
        ("[信用额度]>１０００００且【客户等级】＝“VIP”", {"credit_limit": 200000, "grade": "VIP"}, True),
        ('[客户等级] = "a级"', {"grade": "A"}, True),  # an option by its label, in any case and width
        ('"A" = [客户等级]', {"grade": "A"}, True),
        ("100 < [信用额度]", {"credit_limit": 200}, True),
        ('[客户等级] <> "VIP"', {}, True),
        ('[客户等级] 属于 ("VIP", "A")', {"grade": "A"}, True),
        ('[客户等级] 不属于（"VIP"，"A"）', {"grade": "B"}, True),
        ('[客户等级] in ("VIP") or [出口]', {}, False),
        ("[信用额度] > 0", {}, False),  # what is blank is neither more nor less
        ("[信用额度] < 0", {}, False),
        ("[信用额度] 为空", {}, True),
        ("[信用额度] 不为空", {"credit_limit": 0}, True),  # nought says something
        ('[备注] = ""', {}, True),
        ('[备注] 包含 "急"', {"remark": "加急处理"}, True),
        ('[备注] 不包含 "急"', {}, True),
        ('包含([备注], "急")', {"remark": "加急处理"}, True),
        ('[标签] 包含 "重点"', {"tags": ["展会", "重点"]}, True),
        ('[客户分类] = "华东"', {"category": ["HD"]}, True),
        ('[客户分类] = "华东"', {"category": ["HD", "HD01"]}, False),
        ('[客户分类] 包含 "华东"', {"category": ["HD", "HD01"]}, True),
        ('[客户分类] 属于 ("华东重点")', {"category": ["HD", "HD01"]}, True),
        ("[出口] = 是", {}, False),
        ("[出口] = 否", {}, True),
        ("非 [出口]", {}, True),
        ("not [出口] and 真", {"x_export": True}, False),
        ("[总公司] 不为空", {"x_parent": 5}, True),
        ("[到期日] < 今天()", {"x_until": "2026-03-14"}, True),
        ("真 或 真 且 假", {}, True),  # 且 binds more tightly
        ("[信用额度] 大于等于 5 并且 [信用额度] 不大于 5", {"credit_limit": 5}, True),
    ],
)
def test_conditions(text, values, result):
    assert parse_condition(text, NAMES).evaluate(values, today=TODAY) is result


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 0, "请写出条件或公式。"),
        ("(1 + 2", 7, "缺少右括号。"),
        ("1 + ", 5, "内容没有写完，这里还缺一个值。"),
        ("1 + 2)", 6, "多出一个右括号。"),
        ("[信用额度 > 1", 1, "字段缺少右方括号 ]。"),
        ("[额度] > 1", 1, "没有名为「额度」的字段。"),
        ("信用额度 > 1", 1, "「信用额度」是字段，请写在方括号里：[信用额度]。"),
        ('"甲', 1, "文本缺少结束的引号。"),
        ("[签约日期] > #2026-02-30#", 10, "没有这一天，日期请写成 #2026-01-31#。"),
        ("1 ? 2", 3, "不认识的符号「?」。"),
        ("abc(1)", 1, "不认识「abc」；字段写在方括号里，文本写在引号里。"),
        ("四舍五入", 1, "函数要带括号：四舍五入(数字, 位数)。"),
        ("四舍五入(1, 2, 3)", 1, "函数「四舍五入」写作 四舍五入(数字, 位数)。"),
        ("1 < 2 < 3", 7, "比较不能连写，请用「且」分成两个条件。"),
        ('1 + "甲"', 3, "「+」用于数字，这里是文本；连接文本请用 &。"),
        ('[信用额度] = "VIP"', 8, "不能拿数字与文本比较。"),
        ('[客户等级] = "C"', 8, "「客户等级」没有选项「C」，可选：VIP、A 级、B 级。"),
        ("[信用额度] 且 真", 8, "「且」需要条件，这里是数字。"),
        ('[标签] = "重点"', 6, "多选字段请用「包含」判断"),
        ("[总公司] = 1", 7, "引用字段只能判断是否为空。"),
        ("[出口] > 否", 6, "是/否没有大小之分。"),
        ("[签约日期] * 2", 8, "「*」需要数字，这里是日期。"),
        ("[签约日期] + [到期日]", 8, "日期只能加减天数，或与另一个日期相减。"),
        ('如果(真, 1, "甲")', 1, "函数「如果」的几个值类型不同：数字、文本。"),
        ('[客户等级] 属于 "VIP"', 11, "「属于」后面写括号"),
        ("(" * 60 + "1" + ")" * 60, 51, "括号或函数套得太深（最多 50 层）。"),
        ("1" * 27, 1, "数字最多 26 位。"),
        ("1+" * 300 + "1", 0, "内容过长：最多 500 个字符，现有 601 个。"),
        ("1 \x00", 0, "含有无法保存的字符。"),
    ],
)
def test_what_is_wrong_and_where(text, position, message):
    with pytest.raises(ExpressionError) as refused:
        parse(text, NAMES)
    assert refused.value.position == position
    assert message in refused.value.message
    assert refused.value.message.startswith(f"第 {position} 个字符：" if position else message[:2])


def test_a_condition_must_be_one():
    with pytest.raises(ExpressionError, match="这里要写一个条件"):
        parse_condition("[信用额度] + 1", NAMES)


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("[毛利] / [成本]", {"x_profit": 1, "x_cost": 0}, "除数为零"),
        ("5 % 0", {}, "除数为零"),
        ("[信用额度] * [信用额度]", {"credit_limit": Decimal(10) ** 20}, "结果超过 26 位数字"),
        ("DATE(2026, 2, 30)", {}, "没有 2026 年 2 月 30 日这一天"),
        ("[签约日期] + 3000000", {"x_signed": "2026-01-01"}, "日期超出范围"),
        ("加月([签约日期], 99999)", {"x_signed": "2026-01-01"}, "不在"),
        ("[信用额度] + 1", {"credit_limit": "许多"}, "「许多」不是数字"),
        ("[信用额度] + 1", {"credit_limit": "NaN"}, "「NaN」不是数字"),
        ("年([签约日期])", {"x_signed": "昨天"}, "「昨天」不是日期"),
        ('转数字("甲")', {}, "「甲」不是数字"),
        ("[备注] & [备注]", {"remark": "长" * 6000}, "结果文本超过 10000 个字符"),
    ],
)
def test_data_without_a_result(text, values, message):
    with pytest.raises(EvaluationError, match=message):
        run(text, **values)


def test_stored_form_holds_keys_and_option_values():
    expression = parse('【信用额度】＞1000 且 [客户等级] 属于（“A 级”，"VIP"）', NAMES)
    assert expression.canonical == '[credit_limit] > 1000 且 [grade] 属于 ("A", "VIP")'
    assert expression.render(NAMES) == '[信用额度] > 1000 且 [客户等级] 属于 ("A 级", "VIP")'
    assert expression.mentions == ("credit_limit", "grade")


def test_renaming_a_label_breaks_nothing():
    stored = parse("[信用额度] > 1000", NAMES).canonical
    renamed = Names([Name("credit_limit", "授信", Kind.NUMBER)])
    assert parse(stored, renamed).render(renamed) == "[授信] > 1000"


def test_a_label_that_would_mislead_is_written_as_its_key():
    twice = Names(
        [Name("x_a", "金额", Kind.NUMBER), Name("x_b", "金额", Kind.NUMBER), Name("x_c", "甲[乙]", Kind.NUMBER)]
    )
    assert parse("[x_a] + [x_b] + [x_c]", twice).render(twice) == "[金额] + [x_b] + [x_c]"


def test_in_a_sentence_without_brackets_and_quotes():
    words = parse('[信用额度] > 1000 且 [客户等级] = "A 级"', NAMES).render(NAMES.spoken())
    assert words == "信用额度 > 1000 且 客户等级 = A 级"


def test_only_the_parentheses_that_matter_are_kept():
    assert parse("((1 + 2)) * ((3))", NAMES).canonical == "(1 + 2) * 3"
    assert parse("1 - (2 - 3)", NAMES).canonical == "1 - (2 - 3)"
    assert parse("非 (真 且 假)", NAMES).canonical == "非 (真 且 假)"


def test_formulas_come_after_those_they_need():
    assert order({"c": frozenset({"b"}), "b": frozenset({"a", "name"}), "a": frozenset()}) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("inputs", "chain"),
    [
        ({"x": frozenset({"x"})}, "x → x"),
        ({"rate": frozenset({"profit"}), "profit": frozenset({"rate"})}, "rate → profit → rate"),
    ],
)
def test_a_circle_names_its_chain(inputs, chain):
    with pytest.raises(ExpressionError, match=chain):
        order(inputs)


def test_a_circle_is_told_with_labels():
    labels = {"x_rate": "毛利率", "x_profit": "毛利"}
    circle = {"x_rate": frozenset({"x_profit"}), "x_profit": frozenset({"x_rate"})}
    with pytest.raises(ExpressionError, match="毛利率 → 毛利 → 毛利率"):
        order(circle, labels.get)


def test_a_long_chain_of_formulas_needs_no_deep_stack():
    inputs = {f"f{n}": frozenset({f"f{n + 1}"}) for n in range(3000)}
    assert order(inputs)[0] == "f2999"
