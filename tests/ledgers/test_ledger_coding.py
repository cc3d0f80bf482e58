"""账套编码规则: patterns, the next code, what is refused; without a rule the proposal follows the newest set."""

from datetime import date

import pytest

from erp_site.shared.errors import BusinessError
from ledgers.models import CodeRule, Ledger
from ledgers.services import coding, creating

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 22)


def taken(*codes):
    Ledger.objects.bulk_create(Ledger(code=code, name=code) for code in codes)


def test_without_a_rule_the_proposal_follows_the_newest_set(ledger):
    assert coding.propose() == "HZ02"
    creating.create_draft(code="CUST_2024", name="二〇二四", by=None)
    assert coding.propose() == "CUST_2025"
    creating.create_draft(code="cust_2025", name="小写", by=None)
    assert coding.propose() == "cust_2026"


def test_the_first_proposal():
    assert coding.propose() == "KHZ_001"


def test_a_proposal_is_always_a_code_that_may_be_used():
    creating.create_draft(code="A" + "9" * 19, name="最长", by=None)
    assert coding.propose() == ""


@pytest.mark.parametrize(
    ("pattern", "have", "proposal"),
    [
        ("KHZ_###", [], "KHZ_001"),
        ("KHZ_###", ["KHZ_001", "khz_007", "HZ01"], "KHZ_008"),
        ("KHZ_###", ["KHZ_999"], "KHZ_1000"),
        ("CUST_{YYYY}", [], "CUST_2026"),
        ("CUST_{YYYY}", ["CUST_2026"], ""),
        ("C{YY}{MM}-##", ["C2611-01", "C2610-09"], "C2611-02"),
    ],
)
def test_the_next_code_by_a_pattern(settings, pattern, have, proposal):
    settings.LEDGER_CODE_PATTERN = pattern
    taken(*have)
    assert coding.propose(DAY) == proposal
    assert not proposal or coding.obeys(proposal)


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("KHZ_###", ["KHZ_001", "KHZ_1000"], ["KHZ_01", "HZ_001", "KHZ_0A1", "KHZ_001x"]),
        ("CUST_{YYYY}", ["CUST_2024"], ["CUST_24", "CUST_"]),
        ("C{YY}{MM}", ["C2612"], ["C2613", "C261"]),
        ("A.###", [], ["AB001"]),  # a point is a point
    ],
)
def test_codes_obey(settings, pattern, good, bad):
    settings.LEDGER_CODE_PATTERN = pattern
    assert all(map(coding.obeys, good))
    assert not any(map(coding.obeys, bad))


def test_a_code_against_the_rule_is_refused_with_one_that_fits(settings):
    settings.LEDGER_CODE_PATTERN = "KHZ_###"
    creating.check_code("KHZ_001")
    with pytest.raises(BusinessError, match="账套编码规则") as refused:
        creating.check_code("HZ01")
    assert "KHZ_001" in refused.value.remedy


def test_the_rule_is_about_new_codes(ledger, settings):
    settings.LEDGER_CODE_PATTERN = "KHZ_###"
    creating.check_code("HZ01", besides=ledger)
    with pytest.raises(BusinessError):
        creating.check_code("HZ09", besides=ledger)


@pytest.mark.parametrize("pattern", ["###", "{YYYY}", "账套###", "KHZ {YY}", "A{DD}", "A##B##", "A" * 30, "A", "1##"])
def test_patterns_that_make_no_codes(pattern, settings):
    with pytest.raises(BusinessError):
        coding.check_pattern(pattern)
    settings.LEDGER_CODE_PATTERN = pattern
    assert coding.check_setting(None)


def test_the_administrator_sets_the_rule_of_the_house(client_of, settings):
    from permissions import duties
    from permissions.models import User

    settings.LEDGER_CODE_PATTERN = "ENV_###"
    admin = User.objects.create_superuser("root", password="x")
    browser = client_of("root")
    refused = browser.post("/admin/ledgers/coderule/add/", {"pattern": "A{DD}"})
    assert "不可用" in refused.text
    browser.post("/admin/ledgers/coderule/add/", {"pattern": "KHZ_###"})
    assert CodeRule.objects.get().pattern == coding.pattern() == "KHZ_###"  # the row goes before the setting
    assert browser.get("/admin/ledgers/coderule/add/").status_code == 403  # one rule, not two
    assert "ledgers.change_coderule" in duties.DUTIES[duties.SYSTEM][1]
    assert admin.is_superuser
