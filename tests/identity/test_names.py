"""曾用名: kept whenever a name changes, dated, and a way to the customer as good as the present name."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from customers.models import Customer, FormerName
from customers.services import invariants, naming
from customers.services.edits import PartEdit
from erp_site.shared.errors import BusinessError, NotAllowed

pytestmark = pytest.mark.django_db

NEW = "杭州恒源智能装备有限公司"


@pytest.fixture
def old_firm(firm) -> Customer:
    """Entered a year ago."""
    entered = timezone.make_aware(datetime(timezone.localdate().year - 1, 3, 5, 12))
    Customer.objects.filter(pk=firm.pk).update(created_at=entered)
    firm.refresh_from_db()
    return firm


def names(customer) -> list[tuple]:
    return [(row.name, row.from_on, row.until_on) for row in customer.former_names.order_by("pk")]


def test_a_changed_name_becomes_a_former_one(old_firm, submit, now):
    submit(old_firm, name=NEW)
    entered = timezone.localtime(old_firm.created_at).date()
    assert names(old_firm) == [("杭州恒源机械有限公司", entered, now - timedelta(days=1))]
    submit(old_firm, name="杭州恒源集团有限公司")
    assert names(old_firm)[1:] == [(NEW, None, None)]  # of the same day: nobody was called so
    assert FormerName.history.count() == 2


def test_a_business_date_says_from_when_on(old_firm, actor, now):
    since = now.replace(day=1)
    naming.rename(old_firm, NEW, by=actor("sales1"), since=since, reason="工商变更")
    assert names(old_firm)[0][2] == since - timedelta(days=1)
    again = Customer.objects.get(pk=old_firm.pk)
    assert naming.name_as_of(again, since) == NEW
    assert naming.name_as_of(again, since - timedelta(days=1)) == "杭州恒源机械有限公司"
    assert naming.names_as_of([again], since - timedelta(days=400)) == {again.pk: "杭州恒源机械有限公司"}


def test_a_spelling_put_right_is_no_new_name(old_firm, submit):
    submit(old_firm, name="杭州恒源机械 有限公司（）")
    assert names(old_firm) == []


def test_old_names_may_be_typed_and_put_right(old_firm, submit, codes):
    rows = [{"name": "杭州恒源农机厂", "from_on": "1998-03-01", "until_on": "2005-06-30"}]
    edit = submit(old_firm, parts={"former_names": [PartEdit(row) for row in rows]})
    assert not edit.refused
    row = old_firm.former_names.get()
    assert naming.name_as_of(old_firm, date(2001, 1, 1)) == "杭州恒源农机厂"
    submit(old_firm, parts={"former_names": [PartEdit({"until_on": "2006-06-30"}, pk=row.pk)]})
    assert naming.name_as_of(old_firm, date(2006, 1, 1)) == "杭州恒源农机厂"


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (("2000-01-01", "2005-12-31"), ("2005-12-31", "2010-12-31"), "former_name.overlap"),
        (("2000-01-01", "2005-12-31"), ("2001-01-01", "2002-12-31"), "former_name.overlap"),
        (("2000-01-01", "2005-12-31"), ("", "2005-12-31"), "former_name.overlap"),
        (("2000-01-01", "2005-12-31"), ("2010-12-31", "2006-12-31"), "dates.order"),
        (("2000-01-01", "2005-12-31"), ("2006-01-01", "2999-12-31"), "former_name.not_over"),
        (("2000-01-01", "2005-12-31"), ("2006-01-01", "2007-12-31"), ""),
        (("2000-01-01", "2005-12-31"), ("", ""), ""),
    ],
)
def test_no_two_names_at_a_time(old_firm, submit, codes, first, second, code):
    rows = [PartEdit({"name": f"旧名{at}厂", "from_on": a, "until_on": b}) for at, (a, b) in enumerate((first, second))]
    assert codes(submit(old_firm, parts={"former_names": rows})) == ({code} if code else set())
    # The same when one of them is stored already.
    if not code:
        return
    FormerName.objects.all().delete()
    submit(old_firm, parts={"former_names": rows[:1]})
    assert codes(submit(old_firm, parts={"former_names": rows[1:]})) == {code}


def test_an_imported_column_adds_a_former_name_once(old_firm, submit):
    submit(old_firm, former_name="杭州恒源农机厂")
    assert submit(old_firm, former_name="杭州恒源农机厂").changed == []
    submit(old_firm, former_name="杭州农机二厂")
    assert {name for name, _from, _until in names(old_firm)} == {"杭州恒源农机厂", "杭州农机二厂"}


def test_every_old_name_finds_the_customer(old_firm, submit, client_of):
    submit(old_firm, name=NEW)
    for words in ("恒源机械", "杭州恒源机械有限公司"):
        text = client_of("sales1").get(f"/l/{old_firm.ledger.code}/customers/", {"q": words}).content.decode()
        assert NEW in text and "曾用名：杭州恒源机械有限公司" in text
    text = client_of("sales1").get(f"/l/{old_firm.ledger.code}/customers/", {"q": "恒源智能"}).content.decode()
    assert NEW in text and "曾用名：" not in text
    assert list(invariants.broken()) == []


def test_a_new_customer_under_an_old_name_is_a_suspected_duplicate(old_firm, submit, codes):
    submit(old_firm, name=NEW)
    edit = submit(name="杭州恒源机械有限公司")
    assert edit.refused and codes(edit, "reason") == {"name.taken"}
    other = submit(name="别的公司", former_name="杭州恒源机械有限公司")
    assert not other.refused and codes(other, "warning") == {"former_name.known"}


def test_going_back_to_an_old_name_is_no_duplicate_of_oneself(old_firm, submit):
    submit(old_firm, name=NEW)
    assert not submit(old_firm, name="杭州恒源机械有限公司").refused


def test_renaming_is_refused_where_it_makes_no_sense(old_firm, actor, now):
    def refused(name=NEW, since=None):
        with pytest.raises(BusinessError) as error:
            naming.rename(Customer.objects.get(pk=old_firm.pk), name, by=actor("sales1"), since=since)
        return error.value.code

    assert refused(since=now + timedelta(days=1)) == "name.future"
    assert refused(since=date(1995, 1, 1)) == "period.missing"
    assert refused(name=old_firm.name) == "name.same"
    naming.rename(old_firm, NEW, by=actor("sales1"), since=now)
    assert refused(name="又一个名称", since=now) == "name.before_last"
    with pytest.raises(NotAllowed):
        naming.rename(old_firm, NEW, by=actor("viewer"))


def test_the_card_shows_old_names_and_the_name_of_a_day(old_firm, client_of, page, now):
    browser = client_of("sales1")
    url = f"{old_firm.get_absolute_url()}rename/"
    assert browser.get(url).status_code == 200
    assert browser.post(url, {"name": NEW, "since": now, "reason": "工商变更"}).status_code == 302
    card = page("sales1", old_firm, name_on=str(now - timedelta(days=30)))
    assert "曾用名：杭州恒源机械有限公司" in card and "时名称：<strong>杭州恒源机械有限公司</strong>" in card
    assert "时名称：" not in page("sales1", old_firm, name_on="nonsense")
    assert browser.post(url, {"name": "", "since": now}).status_code == 422


def test_who_may_not_read_the_name_reads_no_former_one(old_firm, submit, rule, page, client_of):
    submit(old_firm, name=NEW)
    rule("viewer", "name", 0)
    seen = page("viewer", old_firm) + page("viewer", old_firm, "history")
    seen += client_of("viewer").get(f"/l/{old_firm.ledger.code}/customers/", {"q": "恒源机械"}).content.decode()
    assert "恒源机械有限公司" not in seen
    rule("viewer", "name", 1)
    assert "恒源机械有限公司" not in page("viewer", old_firm) + page("viewer", old_firm, "history")


def test_who_may_not_edit_the_name_adds_no_former_one(old_firm, submit, rule, actor, codes):
    rule("sales", "name", 2)
    edit = submit(old_firm, by=actor("sales1"), parts={"former_names": [PartEdit({"name": "某厂"})]})
    assert codes(edit) == {"field.not_allowed"}
    assert codes(submit(old_firm, by=actor("sales1"), former_name="某厂")) == {"field.not_allowed"}
