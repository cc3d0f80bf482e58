"""Own fields in the writer: two people at once, uniqueness, encryption, history."""

import json

import pytest
from django.db import connection

from customers.fields import Catalogue
from customers.models import Customer, CustomValue, Event
from customers.presenting import Presenter
from customers.services import pipeline, timeline, writing
from customers.services.edits import Edit
from erp_site.shared.errors import BusinessError, StaleVersion


def test_two_people_and_two_fields_merge(own, save, add_customer, stored, sound):
    own("x_a", "text")
    own("x_b", "text")
    customer = add_customer(x_a="1", x_b="1")
    seen = customer.version
    assert not save({"x_a": "2"}, of=customer, base_version=seen).problems
    assert not save({"x_b": "2"}, of=customer, base_version=seen).problems
    assert stored(customer) == {"x_a": "2", "x_b": "2"}
    sound()


def test_two_people_and_one_field_is_a_conflict_that_names_it(own, save, add_customer, stored):
    own("x_a", "text")
    own("x_b", "text")
    customer = add_customer(x_a="1")
    seen = customer.version
    save({"x_a": "2"}, of=customer, base_version=seen)
    with pytest.raises(StaleVersion) as stale:
        save({"x_a": "3", "x_b": "9"}, of=customer, base_version=seen)
    assert stale.value.conflicts == ["x_a"]
    assert stored(customer) == {"x_a": "2"}


def test_an_event_names_the_field_and_not_the_column(own, save, add_customer):
    own("x_a", "text")
    customer = add_customer()
    save({"x_a": "2", "remark": "三"}, of=customer)
    assert Event.objects.filter(customer_id=customer.pk).order_by("pk").last().fields == ["remark", "x_a"]


@pytest.mark.parametrize(
    ("type", "first", "again"),
    [
        ("text", "HT-2024-1", "ｈｔ-2024-1"),
        ("integer", "12", "12"),
        ("decimal", "1.5", "1.50"),
        ("date", "2024-01-05", "2024/1/5"),
        ("email", "A@example.com", "a@EXAMPLE.com"),
        ("phone", "13800138000", "138-0013-8000"),
    ],
)
@pytest.mark.parametrize("is_sensitive", [False, True])
def test_a_unique_value_exists_once(own, save, add_customer, sound, type, first, again, is_sensitive):
    own("x_once", type, label="合同号", is_unique=True, is_sensitive=is_sensitive)
    holder = add_customer(x_once=first)
    other = add_customer()
    edit = save({"x_once": again}, of=other)
    assert [(each.field, each.code) for each in edit.problems] == [("x_once", "own.taken")]
    assert "合同号" in edit.problems[0].message
    if is_sensitive:
        assert again not in edit.problems[0].message
    assert not save({"x_once": first}, of=holder).problems, "its own value is his"
    assert not save({"x_once": ""}, of=holder).problems
    assert not save({"x_once": again}, of=other).problems, "a value given up is free"
    sound()


def test_hyphens_make_two_values(own, save, add_customer):
    own("x_once", "text", is_unique=True)
    add_customer(x_once="HT-2024-1")
    assert not save({"x_once": "HT-20241"}, of=add_customer()).problems


def test_a_list_with_a_value_twice_refuses_the_second(own, ledger, system):
    own("x_once", "text", label="合同号", is_unique=True)
    edits = [Edit(values={"name": f"公司{n}", "x_once": value}) for n, value in enumerate(["a", "b", "A"])]
    outcome = pipeline.submit(edits, ledger=ledger, by=system, kind="edit")
    assert (len(outcome.added), [each.code for each in edits[2].problems]) == (2, ["own.repeated"])


def test_who_comes_second_between_look_and_write_is_told_which_field(own, ledger, system, add_customer):
    own("x_once", "text", label="合同号", is_unique=True)
    one, two = add_customer(), add_customer()
    edits = [Edit(values={"x_once": "甲"}, customer_id=each.pk) for each in (one, two)]
    writing.write(edits[:1], ledger=ledger, by=system, kind="edit")
    with pytest.raises(BusinessError) as refused:
        writing.write(edits[1:], ledger=ledger, by=system, kind="edit")
    assert (refused.value.code, refused.value.field) == ("own.taken", "x_once")
    assert "合同号「甲」" in refused.value.message


def test_customers_may_exchange_a_unique_value_in_one_write(own, ledger, system, add_customer, stored, sound):
    own("x_once", "text", is_unique=True)
    one, two = add_customer(x_once="甲"), add_customer(x_once="乙")
    edits = [Edit(values={"x_once": "乙"}, customer_id=one.pk), Edit(values={"x_once": "甲"}, customer_id=two.pk)]
    writing.write(edits, ledger=ledger, by=system, kind="edit")
    assert (stored(one), stored(two)) == ({"x_once": "乙"}, {"x_once": "甲"})
    sound()


def test_a_sensitive_value_stands_nowhere_in_plain(own, save, add_customer, sound):
    own("x_secret", "text", is_sensitive=True)
    own("x_pay", "money", is_sensitive=True)
    customer = add_customer(x_secret="机密内容甲乙丙", x_pay="98765.43")
    save({"x_secret": "机密内容丁戊己"}, of=customer)
    with connection.cursor() as cursor:
        for table in ("customers_customer", "customers_historicalcustomer", "customers_customvalue", "customers_event"):
            cursor.execute(f"SELECT * FROM {table}")
            text = json.dumps(cursor.fetchall(), default=str, ensure_ascii=False)
            assert "机密内容" not in text
            assert "98765" not in text
    assert CustomValue.objects.filter(customer=customer).count() == 2
    sound()


def test_history_has_each_field_in_its_own_line(own, save, add_customer, ledger, actor):
    own("x_level", "choice", label="级别")
    own("x_area", "decimal", label="面积")
    gone = own("x_gone", "text", label="旧字段")
    customer = add_customer(x_level="甲级", x_gone="旧")
    save({"x_level": "乙级", "x_area": "1,200"}, of=customer)
    gone.state = gone.State.DISABLED
    gone.save()
    entries = timeline.page(customer, Presenter(Catalogue.of(ledger), actor("manager"))).entries
    assert [(each.label, each.old, each.new) for each in entries[0].changes] == [
        ("级别", "甲级", "乙级"), ("面积", "", "1,200.00")]  # fmt: skip
    assert ("旧字段", "", "旧") in [(each.label, each.old, each.new) for each in entries[1].changes]


def test_a_thousand_customers_cost_as_many_queries_as_ten(own, ledger, system, django_assert_num_queries):
    from django.test.utils import CaptureQueriesContext

    own("x_once", "text", is_unique=True)
    own("x_level", "choice")
    own("x_parent", "customer")
    counts = []
    for size in (10, 40):
        rows = [
            {"name": f"批量{size}-{n}公司", "x_once": f"{size}-{n}", "x_level": "甲级", "x_parent": "KH000001"}
            for n in range(size)
        ]
        with CaptureQueriesContext(connection) as queries:
            outcome = pipeline.submit([Edit(values=row) for row in rows], ledger=ledger, by=system, kind="edit")
        assert len(outcome.added) in (0, size)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_the_same_unique_value_at_once_one_wins(own, ledger, add_customer):
    from threading import Barrier, Thread

    from django.db import connections

    from permissions.actor import Actor

    own("x_once", "text", label="合同号", is_unique=True)
    customers = [add_customer() for _n in range(8)]
    gate, ends = Barrier(8), []

    def run(customer):
        try:
            gate.wait()
            edit = Edit(values={"x_once": "同一个"}, customer_id=customer.pk)
            outcome = pipeline.submit([edit], ledger=ledger, by=Actor.system(ledger.pk), kind="edit")
            ends.append("saved" if outcome.updated else edit.problems[0].code)
        except BusinessError as refused:
            ends.append(refused.code)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(each,)) for each in customers]
    [each.start() for each in threads]
    [each.join() for each in threads]
    assert sorted(ends) == ["own.taken"] * 7 + ["saved"]
    assert CustomValue.objects.filter(field__key="x_once").count() == 1
    assert Customer.objects.filter(custom_values__x_once="同一个").count() == 1
