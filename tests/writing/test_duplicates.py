"""Exact duplicates at every door: found through the match keys, judged by the set's policy."""

import pytest

from customers.models import Customer
from customers.services import pipeline
from customers.services.edits import Edit
from customers.services.pipeline import Policy

pytestmark = pytest.mark.django_db

USCC = "91330100799655058B"


def submit(ledger, by, *rows, reason="", policy=None):
    edits = [Edit(values=dict(row), reason=reason) for row in rows]
    return pipeline.submit(edits, ledger=ledger, by=by, kind="edit", policy=policy)


@pytest.fixture
def known(add_customer):
    return add_customer(name="温州鹿城皮革有限公司", uscc=USCC, mobile="13700001234", email="a@example.com")


def test_the_same_name_wants_a_reason(ledger, system, known):
    refused = submit(ledger, system, {"name": "温州鹿城皮革 有限公司"}).refused[0]
    assert [problem.code for problem in refused.problems] == ["name.taken"]
    assert refused.hits[0].customer_id == known.pk
    assert submit(ledger, system, {"name": "温州鹿城皮革 有限公司"}, reason="分厂").added


def test_the_same_credit_code_is_blocked_whatever_the_reason(ledger, system, known):
    refused = submit(ledger, system, {"name": "另一家公司", "uscc": USCC.lower()}, reason="坚持").refused[0]
    assert "uscc.taken" in [problem.code for problem in refused.problems]


def test_a_tax_number_of_eighteen_characters_is_the_credit_code(ledger, system, known):
    refused = submit(ledger, system, {"name": "另一家公司", "tax_number": USCC}).refused[0]
    assert "uscc.taken" in [problem.code for problem in refused.problems]


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("phone", "+86 137 0000 1234", "phone"),
        ("mobile", "１３７００００１２３４", "phone"),
        ("email", "A@EXAMPLE.com", "email"),
    ],
)
def test_phones_and_mails_hit_but_do_not_refuse(ledger, system, known, field, value, kind):
    added = submit(ledger, system, {"name": "新公司", field: value}).added[0]
    assert [(hit.kind, hit.customer_id) for hit in added.hits] == [(kind, known.pk)]


def test_duplicates_within_one_list_are_found(ledger, system):
    first, second = {"name": "金华火腿厂", "mobile": "13611112222"}, {"name": "金华火腿厂"}
    outcome = submit(ledger, system, first, second, policy=Policy(report_duplicates=True))
    assert [hit.other for hit in outcome.added[1].hits] == [outcome.added[0]]
    assert outcome.added[1].problems[0].severity == "warning"


def test_another_set_is_another_world(ledger, other_ledger, system, known, add_customer):
    add_customer(ledger=other_ledger, name=known.name, uscc=USCC)
    assert Customer.objects.filter(uscc=USCC).count() == 2


def test_a_changed_value_moves_its_key(ledger, system, known):
    edit = Edit(values={"mobile": "13788889999"}, customer_id=known.pk)
    pipeline.submit([edit], ledger=ledger, by=system, kind="edit")
    assert not submit(ledger, system, {"name": "甲公司", "mobile": "13700001234"}).added[0].hits
    assert submit(ledger, system, {"name": "乙公司", "mobile": "13788889999"}).added[0].hits
