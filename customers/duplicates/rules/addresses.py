"""Addresses made comparable: the place, the rest without it, and the numbers in it.

What lives here: ``take_apart``. What does not: divisions (``customers.rules.regions``), comparing (``customers.duplicates.evidence``).
"""

import re
import unicodedata
from typing import NamedTuple

from customers.rules.regions import read_place
from customers.rules.text import fold


class AddressParts(NamedTuple):
    """``core`` is folded, without province, city and district; ``numbers`` in the order in which they stand."""

    place: str = ""
    core: str = ""
    numbers: tuple[str, ...] = ()


NO_ADDRESS = AddressParts()
_leading = re.compile("^[省市县区]")
_digits = re.compile("[0-9]+")
_FILLING = str.maketrans("", "", "号之第的")
_PLACEHOLDERS = frozenset(("", "无", "na", "null", "none", "暂无", "不详", "未知", "同上", "测试", "test"))


def take_apart(address: str) -> AddressParts:
    """The parts of an address in one line; placeholders give nothing."""
    folded = fold(address)
    if folded in _PLACEHOLDERS or len(folded) < 4:
        return NO_ADDRESS
    code, rest = "", folded
    for _again in range(2):
        region, end = read_place(rest)
        if not region.code:
            break
        code, rest = region.code if len(region.code.rstrip("0")) >= len(code.rstrip("0")) else code, rest[end:]
        rest = _leading.sub("", rest)
    # The numbers are read where they are still apart: 62-376, 12号3幢.
    numbers = tuple(each.lstrip("0") for each in _digits.findall(unicodedata.normalize("NFKC", address)))
    return AddressParts(code, rest.translate(_FILLING) or folded, numbers)
