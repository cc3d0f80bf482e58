"""Problems speak: every sentence is filled with what it names."""

import pytest

from customers.rules import amounts, choices, dates, identifiers, numbering_checks
from customers.rules.checked import Problem

PROBLEMS = [
    identifiers.uscc("123").problem,
    identifiers.uscc("1.2E+17").problem,
    identifiers.tax_number("1").problem,
    identifiers.id_card("1").problem,
    identifiers.phone("1").problem,
    identifiers.bank_account("12").problem,
    identifiers.cnaps("12").problem,
    identifiers.email("a").problem,
    identifiers.website("a").problem,
    identifiers.number_text("a#b%").problem,
    identifiers.number_text("a" * 99).problem,
    identifiers.postal_code("1").problem,
    amounts.money("x").problem,
    amounts.percent("0.5").problem,
    dates.date("x").problem,
    choices.boolean("也许").problem,
    *numbering_checks.validate([{"type": "literal", "text": "%"}, {"type": "x"}, {"type": "region"}], "never"),
    *numbering_checks.validate([{"type": "literal", "text": "K" * 30}, {"type": "serial", "width": 3}], "never"),
    *numbering_checks.validate([{"type": "serial", "width": 3}], "day"),
]


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.code)
def test_every_message_is_a_whole_sentence(problem):
    message = problem.message
    assert message and "%(" not in message and "%%" not in message
    assert message[-1] in "。：？" or ":" in message or "：" in message


def test_a_message_names_what_it_found():
    assert "3 位" in identifiers.uscc("123").problem.message
    assert "# %" in identifiers.number_text("a#b%").problem.message
    assert Problem("x", "共 %(count)s 个", params={"count": 2}).message == "共 2 个"
    assert Problem("x", "100% 正确").message == "100% 正确"
