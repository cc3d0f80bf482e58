"""Properties of the expression language: what is written is read again, results agree with plain Python, rubbish is refused politely."""

import time
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.rules.expressions import EvaluationError, ExpressionError, Kind, Name, Names, parse

from .strategies import messy

NAMES = Names(
    [
        Name("x_a", "数甲", Kind.NUMBER),
        Name("x_b", "数乙", Kind.NUMBER),
        Name("x_t", "文本（甲）", Kind.TEXT),
        Name("grade", "等级", Kind.TEXT, {"V": "贵宾", "A": "A 级"}),
        Name("x_d", "日期甲", Kind.DATE),
        Name("x_y", "是否", Kind.BOOLEAN),
        Name("x_m", "多选", Kind.LIST, {"1": "一", "2": "二"}),
    ]
)

# Each strategy draws (text, oracle): the oracle takes the row and gives the result, or raises ZeroDivisionError.
_plain = st.decimals(min_value=0, max_value=99999, places=2).map(lambda n: (format(n, "f"), lambda row, n=n: n))
_fields = st.sampled_from(["x_a", "x_b"]).map(
    lambda key: (f"[{'数甲' if key == 'x_a' else key}]", lambda row, key=key: row.get(key))
)


def _both(compute):
    def computed(left, right):
        def run(row):
            first, second = left(row), right(row)
            return None if first is None or second is None else compute(first, second)

        return run

    return computed


_OPERATIONS = {
    "+": _both(lambda a, b: a + b),
    "-": _both(lambda a, b: a - b),
    "×": _both(lambda a, b: a * b),
    "/": _both(lambda a, b: a / b),
}


def _numbers(inner):
    def combined(parts):
        (left, run_left), sign, (right, run_right) = parts
        return f"({left}) {sign} ({right})", _OPERATIONS[sign](run_left, run_right)

    def negated(part):
        text, run = part
        return f"-({text})", lambda row: None if (n := run(row)) is None else -n

    def default(parts):
        (first, run_first), (second, run_second) = parts
        return f"默认({first}，{second})", lambda row: n if (n := run_first(row)) is not None else run_second(row)

    return (
        st.tuples(inner, st.sampled_from(list(_OPERATIONS)), inner).map(combined)
        | inner.map(negated)
        | st.tuples(inner, inner).map(default)
    )


numbers = st.recursive(_plain | _fields, _numbers, max_leaves=8)

_COMPARED = {"=": lambda a, b: a == b, "<>": lambda a, b: a != b, "≤": lambda a, b: a <= b, ">": lambda a, b: a > b}


def _comparison(parts):
    (left, run_left), sign, (right, run_right) = parts

    def run(row):
        first, second = run_left(row), run_right(row)
        if sign in ("=", "<>"):
            return _COMPARED[sign](first, second)
        return first is not None and second is not None and _COMPARED[sign](first, second)

    return f"{left} {sign} {right}", run


_simple = st.sampled_from(
    [
        ('[等级] = "贵宾"', lambda row: row.get("grade") == "V"),
        ('[grade] 属于 ("A 级", "V")', lambda row: row.get("grade") in ("A", "V")),
        ("[是否]", lambda row: bool(row.get("x_y"))),
        ("[数甲] 为空", lambda row: row.get("x_a") is None),
        ('[多选] 包含 "一"', lambda row: "1" in (row.get("x_m") or ())),
        ('[文本甲] 包含 "a"', lambda row: "a" in (row.get("x_t") or "")),
    ]
)


def _conditions(inner):
    def both(parts):
        (left, run_left), word, (right, run_right) = parts
        if word == "且":
            return f"({left}) 且 ({right})", lambda row: run_left(row) and run_right(row)
        return f"({left}) or ({right})", lambda row: run_left(row) or run_right(row)

    return st.tuples(inner, st.sampled_from(["且", "or"]), inner).map(both) | inner.map(
        lambda part: (f"非 ({part[0]})", lambda row: not part[1](row))
    )


conditions = st.recursive(
    _simple | st.tuples(_plain | _fields, st.sampled_from(list(_COMPARED)), _plain | _fields).map(_comparison),
    _conditions,
    max_leaves=6,
)

rows = st.fixed_dictionaries(
    {},
    optional={
        "x_a": st.decimals(min_value=-(10**6), max_value=10**6, places=3),
        "x_b": st.integers(-5, 5).map(Decimal),
        "x_t": st.text(alphabet="ab 甲", min_size=1, max_size=5),
        "grade": st.sampled_from(["V", "A", "没有的选项"]),
        "x_y": st.booleans(),
        "x_m": st.lists(st.sampled_from(["1", "2"]), min_size=1),
    },
)


def parsed(text):
    try:
        return parse(text, NAMES)
    except ExpressionError as refused:
        assert "过长" in refused.message or "太深" in refused.message
        return None


@given(numbers, rows)
def test_numbers_agree_with_python(drawn, row):
    text, oracle = drawn
    expression = parsed(text)
    if expression is None:
        return
    with localcontext() as context:
        context.prec, context.rounding = 60, ROUND_HALF_UP
        try:
            expected = oracle(row)
        except ArithmeticError:
            with pytest.raises(EvaluationError):
                expression.evaluate(row)
            return
    try:
        assert expression.evaluate(row) == expected
    except EvaluationError as fault:
        assert "26 位" in fault.message


@given(conditions, rows)
def test_conditions_agree_with_python(drawn, row):
    text, oracle = drawn
    expression = parsed(text)
    if expression is not None:
        assert expression.evaluate(row) is bool(oracle(row))


@given(numbers | conditions)
def test_what_is_written_is_read_again(drawn):
    expression = parsed(drawn[0])
    if expression is None:
        return
    assert parse(expression.canonical, NAMES) == expression
    assert parse(expression.render(NAMES), NAMES) == expression
    assert parse(expression.canonical, NAMES).canonical == expression.canonical


_pieces = st.lists(
    st.sampled_from(
        ["[数甲]", "[等级]", "[是否]", "[日期甲]", "[多选]", "[x_t]", "(", ")", ",", "，", "+", "-", "*", "/", "%", "&", "=", "<>", ">", "且",
         "或", "非", "包含", "属于", "为空", "不为空", "如果(", "四舍五入(", "今天()", "1", "2.5", '"甲"', "#2026-01-31#", "真", "空", " "]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@given(messy | _pieces | st.text(max_size=60), rows)
def test_rubbish_is_refused_and_never_breaks_anything(text, row):
    try:
        expression = parse(text, NAMES)
    except ExpressionError as refused:
        assert refused.message
        assert 0 <= refused.position <= len(text) + 1
        return
    assert parse(expression.canonical, NAMES) == expression
    try:
        expression.evaluate(row | {"x_d": "2026-01-05"})
    except EvaluationError as fault:
        assert fault.message


@given(
    st.dictionaries(
        st.sampled_from(["x_a", "x_b", "x_t", "grade", "x_d", "x_y", "x_m"]), messy | st.integers() | st.none()
    )
)
def test_values_of_the_wrong_kind_are_an_evaluation_error(row):
    for text in (
        "[数甲] + [数乙]",
        "[日期甲] + [数甲]",
        '[多选] 包含 "一"',
        '[等级] = "V" 或 [数甲] > 1',
        "[x_t] & [x_d]",
    ):
        try:
            parse(text, NAMES).evaluate(row)
        except EvaluationError as fault:
            assert fault.message


@pytest.mark.parametrize(
    "text",
    [
        "1" + "+1" * 249,
        "-" * 49 + "1",
        "(" * 49 + "1" + ")" * 49,
        "[数甲]" + "*[数甲]" * 80,
        '"' + "a" * 498 + '"',
        "[" * 500,
        "如果(" * 40,
        "非" * 49 + "真",
    ],
)
def test_the_longest_texts_are_judged_at_once(text):
    began = time.perf_counter()
    try:
        expression = parse(text, NAMES)
        expression.evaluate({"x_a": Decimal("1.000001")})
        assert expression == parse(expression.canonical, NAMES) or len(expression.canonical) > 500
    except (ExpressionError, EvaluationError):
        pass
    assert time.perf_counter() - began < 0.5
