"""编码级次: reading them, proposing the next code, new codes for a tree. Pure."""

import pytest

from customers.rules import category_codes as codes
from customers.rules.category_codes import COUNT, KEEP, Entry

TREE = [
    Entry(1, "01", "国内", None, 0),
    Entry(2, "0101", "华东", 1, 1),
    Entry(3, "0102", "华北", 1, 1),
    Entry(4, "02", "海外", None, 0),
]


@pytest.mark.parametrize(
    ("text", "levels"), [("", ()), ("2-2-3", (2, 2, 3)), (" 2，2，3 ", (2, 2, 3)), ("2 2", (2, 2)), ("3", (3,))]
)
def test_levels_as_people_write_them(text, levels):
    assert codes.parse(text) == levels


@pytest.mark.parametrize("text", ["a", "0-2", "10", "-", "2-2-2-2-2-2-2", "9-9-9", "2-x"])
def test_what_are_no_levels(text):
    with pytest.raises(codes.BadLevels):
        codes.parse(text)


@pytest.mark.parametrize(
    ("above", "siblings", "depth", "levels", "wanted"),
    [
        ("", [], 0, (2, 2), "01"),
        ("", ["01", "02"], 0, (2, 2), "03"),
        ("01", ["0101"], 1, (2, 2), "0102"),
        ("01", ["0199", "0101"], 1, (2, 2), "0102"),  # the row is used up to its end: the first gap
        ("ZD", [], 1, (), "ZD01"),
        ("", ["ZD", "PT"], 0, (), ""),  # letters: nobody can know how it goes on
        ("", ["001", "007"], 0, (), "008"),
        ("", [], 0, (), "01"),
    ],
)
def test_the_next_code(above, siblings, depth, levels, wanted):
    assert codes.next_code(above, siblings, siblings, depth, levels) == wanted


def test_no_room_for_one_more():
    with pytest.raises(codes.Full, match="已用完"):
        codes.next_code("", [str(number) for number in range(1, 10)], [str(n) for n in range(1, 10)], 0, (1,))
    with pytest.raises(codes.Full, match="只有 1 级"):
        codes.next_code("1", [], [], 1, (1,))


@pytest.mark.parametrize(
    ("code", "above", "depth", "words"),
    [("0101", "01", 1, ""), ("01011", "01", 1, "4 位"), ("0201", "01", 1, "开头"), ("010101", "0101", 2, "只有 2 级")],
)
def test_what_does_not_fit_the_levels(code, above, depth, words):
    fault = codes.fault(code, above, depth, (2, 2))
    assert words in fault
    assert bool(words) == bool(fault)


def new(rows):
    return [row.new for row in rows]


def test_wider_levels_pad_each_own_segment():
    assert new(codes.recode(TREE, (3, 4), KEEP)) == ["001", "0010001", "0010002", "002"]


def test_narrower_levels_take_zeros_off():
    assert new(codes.recode(TREE, (1, 1), KEEP)) == ["1", "11", "12", "2"]


def test_counting_goes_through_in_the_order_of_the_tree():
    entries = [Entry(9, "ZD", "重点", None, 0), Entry(8, "PT", "普通", None, 0), Entry(7, "X", "小", 8, 1)]
    assert new(codes.recode(entries, (2, 2), COUNT)) == ["01", "02", "0201"]


def test_a_segment_that_is_too_long_is_named():
    rows = codes.recode([Entry(1, "VIP", "贵宾", None, 0)], (2,), KEEP)
    assert "「VIP」有 3 位" in rows[0].faults[0]


def test_two_that_would_get_the_same_code_are_named():
    rows = codes.recode([Entry(1, "1", "甲", None, 0), Entry(2, "01", "乙", None, 0)], (2,), KEEP)
    assert ["乙" in rows[0].faults[0], "甲" in rows[1].faults[0]] == [True, True]


def test_a_category_deeper_than_the_levels_is_named():
    assert "只有 1 级" in codes.recode(TREE, (2,), KEEP)[1].faults[0]


def test_the_top_of_a_branch_keeps_its_code():
    branch = [Entry(2, "0105", "华东", 1, 1), Entry(5, "010509", "杭州", 2, 2)]
    assert new(codes.recode(branch, (2, 2, 2), COUNT, {"01": "国内"})) == ["0105", "010501"]


def test_a_branch_does_not_take_a_code_from_outside():
    branch = [Entry(2, "01", "国内", None, 0), Entry(5, "0109", "杭州", 2, 1)]
    rows = codes.recode(branch, (2, 2), COUNT, {"0101": "别处"})
    assert "别处" in rows[1].faults[0]


def test_two_thousand_categories_take_no_time():
    entries = [Entry(0, "01", "顶", None, 0)]
    entries += [Entry(n, f"01{n:04}", f"分类{n}", 0, 1) for n in range(1, 2000)]
    assert len(codes.recode(entries, (2, 4), COUNT)) == 2000
