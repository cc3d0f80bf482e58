"""Where the heading is, what its columns are called, and which rows below are no data."""

import pytest

from imports.reading.cells import RawRow, fault
from imports.reading.headingrows import combine, guess, is_total


def _rows(*rows):
    return [RawRow(number, list(cells), None, 0) for number, cells in rows]


def _labels(rows, merged=()):
    rows = _rows(*rows)
    chosen = guess(rows, merged)
    return chosen, combine([row for row in rows if row.number in chosen], merged).labels


DATA = ("KH001", "上海恒源机械有限公司", "张三", 13_800_138_000, "老客户")


@pytest.mark.parametrize(
    ("rows", "numbers", "labels"),
    [
        ([(1, ("编号", "客户名称", "电话")), (2, DATA[:3])], (1,), ("编号", "客户名称", "电话")),
        ([(1, ("客户资料表",)), (3, ("编号", "名称", "电话")), (4, DATA[:3])], (3,), ("编号", "名称", "电话")),
        ([(5, ("编号", "名称")), (6, DATA[:2])], (5,), ("编号", "名称")),
        ([(1, ("name", "uscc", "registered_on")), (2, DATA[:3])], (1,), ("name", "uscc", "registered_on")),
        ([(1, ("制表：张三", None, "日期：2024-01-05")), (2, ("编号", "名称", "地址", "电话")), (3, DATA)],
         (2,), ("编号", "名称", "地址", "电话")),
        ([(1, ("品牌", "渠道")), (2, ("甲", "乙"))], (1,), ("品牌", "渠道")),
        ([(1, ("KH001", "上海恒源机械有限公司", "13800138000")), (2, ("KH002", "北京甲", "13900139000"))], (), ()),
        ([(1, (" 客户名称\u3000", "联系\n电话", "\ufeff编号")), (2, DATA[:3])], (1,), ("客户名称", "联系 电话", "编号")),
        ([(1, ("编号", None, "名称")), (2, DATA[:3])], (1,), ("编号", "", "名称")),
        ([], (), ()),
    ],
)  # fmt: skip
def test_one_heading_row(rows, numbers, labels):
    assert _labels(rows) == (numbers, labels)


TWO_STOREYS = ("编号", "名称", "联系人/姓名", "联系人/电话", "备注")


@pytest.mark.parametrize(
    ("rows", "merged"),
    [
        ([(1, ("编号", "名称", "联系人", None, "备注")), (2, (None, None, "姓名", "电话")), (3, DATA)], ()),
        ([(1, ("编号", "名称", "联系人", None, "备注")), (2, (None, None, "姓名", "电话")), (3, DATA)],
         [(1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 1, 3), (1, 4, 2, 4)]),
        ([(1, ("客户资料登记表",)), (2, ("编号", "名称", "联系人", None, "备注")), (3, (None, None, "姓名", "电话")), (4, DATA)],
         [(1, 0, 1, 4), (2, 0, 3, 0), (2, 1, 3, 1), (2, 2, 2, 3), (2, 4, 3, 4)]),
    ],
)  # fmt: skip
def test_heading_of_two_storeys(rows, merged):
    numbers, labels = _labels(rows, merged)
    assert len(numbers) == 2
    assert labels == TWO_STOREYS


def test_duplicates_are_found():
    found = combine(_rows((1, ("名称", "电话", "名称 ", "电话", "地址"))))
    assert found.duplicates == {"名称": (0, 2), "电话": (1, 3)}


def test_faulty_and_numeric_heading_cells():
    assert combine(_rows((1, (fault("cell.error", "#N/A"), 2024, "名称")))).labels == ("", "2024", "名称")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["合计", None, 5], True), (["合 计", 5], True), (["总计："], True), (["小计(元)"], True), ([None, "本页合计"], True),
        (["Total"], True), (["Grand Total:"], True), (["合计公司"], False), (["总计科技有限公司"], False), ([5, "合计"], False),
        (["KH001", "合计"], False), ([None, None], False),
    ],
)  # fmt: skip
def test_total_rows(cells, expected):
    assert is_total(cells) is expected
