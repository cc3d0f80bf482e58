"""Made-up firms: the same for the same seed, and sound in every field."""

import re
from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import islice

import pytest

from customers.generator import firms
from customers.rules import identifiers
from customers.rules.industries import divisions
from customers.rules.regions import region_by_code, region_of
from customers.rules.text import clean_text

KEYS = {
    *(
        "name",
        "short_name",
        "english_name",
        "kind",
        "category",
        "grade",
        "industry",
        "uscc",
        "province",
        "city",
        "address",
    ),
    *(
        "phone",
        "email",
        "contact",
        "mobile",
        "bank_name",
        "bank_account",
        "registered_on",
        "registered_capital",
        "remark",
    ),
}


@pytest.fixture(scope="module")
def made() -> list[dict]:
    return list(firms(12_000, seed=2026))


def test_the_same_seed_gives_the_same_firms():
    assert list(firms(50, seed=5)) == list(firms(50, seed=5)) != list(firms(50, seed=6))


def test_every_firm_has_every_key(made):
    assert all(set(firm) == KEYS for firm in made)


def test_names_and_codes_are_distinct(made):
    assert len({firm["name"] for firm in made}) == len(made)
    codes = [firm["uscc"] for firm in made if firm["uscc"]]
    assert len(set(codes)) == len(codes) > 11_000


def test_names_look_like_names(made):
    for firm in made:
        assert clean_text(firm["name"]) == firm["name"] and 4 <= len(firm["name"]) <= 60
        assert not re.search(r"测试|示例|某某|[0-9]$", firm["name"])
        assert 2 <= len(firm["short_name"]) <= 24


def test_codes_are_valid_and_of_the_place(made):
    for firm in made:
        if firm["kind"] == "overseas":
            assert firm["uscc"] == "" and firm["english_name"] == firm["name"]
            continue
        assert identifiers.uscc(firm["uscc"]) == (firm["uscc"], None)
        region = region_by_code(firm["uscc"][2:8])
        assert (region.province, region.city) == (firm["province"], firm["city"])
        assert region_of(firm["address"]).city == firm["city"]


def test_every_field_passes_the_rules_unchanged(made):
    rules = {
        "phone": identifiers.phone,
        "mobile": identifiers.mobile,
        "email": identifiers.email,
        "bank_account": identifiers.bank_account,
    }
    for firm in made:
        for key, rule in rules.items():
            assert rule(firm[key]) == (firm[key], None), (key, firm[key])
        assert firm["industry"] in divisions()
        assert isinstance(firm["registered_on"], date) and firm["registered_on"].year >= 1950
        assert firm["registered_capital"] is None or isinstance(firm["registered_capital"], Decimal)


def test_cards_of_sole_traders_pass_luhn(made):
    cards = [firm["bank_account"] for firm in made if firm["kind"] == "sole_trader"]
    assert len(cards) > 500 and all(map(identifiers.bank_luhn_ok, cards))


def test_there_is_some_of_everything(made):
    assert set(Counter(firm["kind"] for firm in made)) == {"company", "sole_trader", "public", "overseas"}
    assert set(Counter(firm["grade"] for firm in made)) == {"VIP", "A", "B", "C"}
    assert {"重点客户", "普通客户", "渠道客户", "政府事业", "终端客户"} <= {firm["category"] for firm in made}
    assert any("分公司" in firm["name"] for firm in made) and any("（" in firm["name"] for firm in made)
    assert all("example." in firm["email"] for firm in made if firm["email"])


def test_a_long_run_can_be_read_piece_by_piece():
    assert len(list(islice(firms(10**6, seed=1), 20))) == 20
