"""Industries by GB/T 4754-2017."""

import pytest

from customers.rules.industries import divisions, industry_choices, industry_code, industry_name, section_of, sections


def test_twenty_sections_and_ninety_seven_divisions():
    assert list(sections()) == list("ABCDEFGHIJKLMNOPQRST")
    assert list(divisions()) == [f"{number:02d}" for number in range(1, 98)]
    assert {section_of(code) for code in divisions()} == set(sections())


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("34", "34"),
        ("C34", "34"),
        ("c34 通用设备制造业", "34"),
        ("通用设备制造业", "34"),
        ("C", "C"),
        ("制造业", "C"),
        ("教育", "83"),
        ("酿酒", ""),
        ("", ""),
    ],
)
def test_an_industry_by_code_or_name(written, code):
    assert industry_code(written) == code


def test_names_and_choices():
    assert (industry_name("C"), industry_name("65"), industry_name("99")) == ("制造业", "软件和信息技术服务业", "")
    choices = industry_choices()
    assert len(choices) == len(dict(choices)) == 117
    assert choices[0] == ("A", "农、林、牧、渔业") and choices[1] == ("01", "农业")
    assert section_of("34") == "C" and len(divisions("C")) == 31 and section_of("") == ""
