"""证照: rows with validity, their state today, and the list of those that end soon."""

from datetime import timedelta

import pytest

from customers.models import Licence
from customers.rules.validity import Validity, validity
from customers.services.edits import PartEdit
from ledgers.services.parameters import change_parameters

pytestmark = pytest.mark.django_db


@pytest.fixture
def licensed(firm, submit, now):
    """A firm with a licence that ended, one that ends in ten days, one without an end, one to come."""
    spans = {"已过期证": (None, -1), "快到期证": (-300, 10), "长期证": (-300, None), "明年证": (30, 400)}

    def day(offset):
        return "" if offset is None else str(now + timedelta(days=offset))

    rows = [
        PartEdit({"kind": "permit", "number": number, "starts_on": day(start), "ends_on": day(end)})
        for number, (start, end) in spans.items()
    ]
    assert not submit(firm, parts={"licences": rows}).refused
    return firm


def test_states_follow_the_days_of_the_set(now):
    def state(start, end, warning=30):
        first, last = (None if each is None else now + timedelta(days=each) for each in (start, end))
        return validity(first, last, now, warning)

    assert state(None, None) == Validity.VALID
    assert state(0, 0) == Validity.ENDING
    assert state(None, -1) == Validity.ENDED
    assert state(1, 400) == Validity.COMING
    assert (state(None, 30), state(None, 31), state(None, 30, 0)) == (Validity.ENDING, Validity.VALID, Validity.VALID)


def test_the_tab_shows_them_with_their_state(licensed, page, ledger):
    text = page("viewer", licensed, "licences")
    assert [word for word in ("已过期", "即将到期", "有效", "未生效") if f">{word}</span>" in text.replace("\n", "")] == [
        "已过期", "即将到期", "有效", "未生效",
    ]  # fmt: skip
    change_parameters(ledger, {"licence_warning_days": 5}, by=None)
    assert "即将到期" not in page("viewer", licensed, "licences")


@pytest.mark.parametrize(
    ("value", "is_found"),
    [("ended", True), ("soon", True), ("10", True), ("9", False), ("60", True), ("x", False), ("99999999999", False)],
)
def test_the_list_finds_customers_whose_licences_end(licensed, add_customer, client_of, value, is_found):
    add_customer(name="没有证照的公司")
    text = client_of("manager").get("/l/HZ01/customers/", {"f-licence": value}).content.decode()
    assert (licensed.name in text) is is_found and "没有证照的公司" not in text


def test_a_licence_needs_a_number_and_days_in_order(firm, submit, codes):
    assert codes(submit(firm, parts={"licences": [PartEdit({"kind": "permit", "issuer": "某局"})]})) == {
        "field.required"
    }
    row = {"number": "浙1", "starts_on": "2026-02-01", "ends_on": "2026-01-01"}
    edit = submit(firm, parts={"licences": [PartEdit(row)]})
    assert [(each.field, each.code) for each in edit.problems] == [("licences.0.ends_on", "dates.order")]


def test_changing_one_day_is_held_against_the_stored_other(licensed, submit, codes):
    row = Licence.objects.get(number="快到期证")
    assert codes(submit(licensed, parts={"licences": [PartEdit({"starts_on": "2001-01-01"}, pk=row.pk)]})) == set()
    edit = submit(licensed, parts={"licences": [PartEdit({"ends_on": "2000-01-01"}, pk=row.pk)]})
    assert codes(edit) == {"dates.order"}


def test_the_form_takes_them(firm, client_of):
    from tests.pages.forms import sent

    browser = client_of("sales1")
    address = f"{firm.get_absolute_url()}edit/"
    form = sent(
        browser.get(address),
        **{
            "licences-TOTAL_FORMS": "1", "licences-0-id": "", "licences-0-kind": "business", "licences-0-number": "3301001",
            "licences-0-issuer": "市监局", "licences-0-starts_on": "2020-01-01", "licences-0-ends_on": "",
            "licences-0-remark": "",
        },
    )  # fmt: skip
    assert browser.post(address, form).status_code == 302
    row = firm.licences.get()
    assert (row.kind, row.number, row.ends_on) == ("business", "3301001", None)


def test_hidden_licences_are_nowhere(licensed, rule, page, client_of):
    for column in ("kind", "number", "issuer", "starts_on", "ends_on", "remark"):
        rule("viewer", f"licences.{column}", 0)
    assert "快到期证" not in page("viewer", licensed) + page("viewer", licensed, "licences") + page(
        "viewer", licensed, "history"
    )
    text = client_of("viewer").get("/l/HZ01/customers/", {"f-licence": "ended"}).content.decode()
    assert "证照到期" not in text
