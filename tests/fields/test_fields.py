"""The verbs of own fields: making, changing, tightening, states, order, choice sets; what each refuses and what it leaves in the log."""

import pytest

from customers.fields import Catalogue
from customers.models import ChoiceSet, Customer, CustomField, CustomValue
from customers.own import designing as verbs
from customers.own import indexing as own_indexing
from erp_site.shared.errors import BusinessError, NotAllowed
from ledgers.models import LedgerEvent


def test_a_new_field_is_in_force_at_once(create, ledger, save, add_customer, stored):
    field = create("营业面积", "decimal", decimals=1, lowest="0")
    assert field.key.startswith("x_ying")
    customer = add_customer()
    assert not save({field.key: "12.5"}, of=customer).problems
    assert stored(customer) == {field.key: "12.5"}
    assert Catalogue.of(ledger).get(field.key).filterable
    assert "营业面积" in LedgerEvent.objects.filter(ledger=ledger).order_by("pk").last().detail


def test_only_who_may_configure(ledger, actor):
    with pytest.raises(NotAllowed):
        verbs.create(ledger, "text", {"label": "面积"}, by=actor("sales1"))


@pytest.mark.parametrize(
    ("type", "values", "setting"),
    [
        ("text", {"label": ""}, "label"),
        ("text", {"label": "已有"}, "label"),
        ("nonsense", {"label": "甲"}, "type"),
        ("text", {"label": "甲", "pattern": "(a"}, "pattern"),
        ("text", {"label": "甲", "pattern": "(?=a)b"}, "pattern"),
        ("text", {"label": "甲", "pattern": "((a{500}){500}){500}"}, "pattern"),
        ("text", {"label": "甲", "max_length": 9_999}, "max_length"),
        ("text", {"label": "甲", "min_length": 9, "max_length": 5}, "min_length"),
        ("integer", {"label": "甲", "lowest": "很小"}, "lowest"),
        ("integer", {"label": "甲", "lowest": "9", "highest": "1"}, "lowest"),
        ("date", {"label": "甲", "highest": "2024-02-30"}, "highest"),
        ("decimal", {"label": "甲", "decimals": 9}, "decimals"),
        ("choice", {"label": "甲"}, "choice_set"),
        ("choice", {"label": "甲", "choice_set": 10**9}, "choice_set"),
        ("boolean", {"label": "甲", "is_unique": True}, "is_unique"),
        ("choice", {"label": "甲", "is_searchable": True}, "is_searchable"),
        ("text", {"label": "甲", "is_searchable": True, "is_sensitive": True}, "is_searchable"),
        ("file", {"label": "甲", "is_sensitive": True}, "is_sensitive"),
        ("integer", {"label": "甲", "default": "很多"}, "default"),
        ("formula", {"label": "甲", "formula": ""}, "formula"),
        ("formula", {"label": "甲", "formula": "[没有这个字段] + 1"}, "formula"),
        ("formula", {"label": "甲", "formula": "[电话]"}, "formula"),
    ],
)
def test_a_setting_that_cannot_be_is_named(create, ledger, boss, type, values, setting):
    create("已有")
    if type == "choice" and "choice_set" not in values and setting != "choice_set":
        values["choice_set"] = ChoiceSet.objects.create(ledger=ledger, code="s", name="s", options=[])
    with pytest.raises(BusinessError) as refused:
        verbs.create(ledger, type, values, by=boss)
    assert refused.value.field == setting
    assert CustomField.objects.count() == 1


def test_a_formula_that_comes_back_to_itself_is_refused_with_the_chain(create, boss):
    create("售价", "money")
    one = create("毛利", "formula", formula="[售价] * 2")
    two = create("再加", "formula", formula="[毛利] + 1")
    with pytest.raises(BusinessError) as refused:
        verbs.change(one, {"formula": "[再加] + 1"}, by=boss)
    assert "→" in refused.value.message
    assert (one.formula_kind, two.formula_kind) == ("number", "number")


def test_a_key_is_given_once_and_never_again(create, ledger, boss):
    first = verbs.create(ledger, "text", {"label": "甲"}, by=boss, key="x_mine")
    verbs.delete(first, by=boss)
    with pytest.raises(BusinessError) as refused:
        verbs.create(ledger, "text", {"label": "乙"}, by=boss, key="X_MINE")
    assert refused.value.field == "key"
    for bad in ("mine", "x_", "x_a b", "x_" + "a" * 39):
        with pytest.raises(BusinessError):
            verbs.create(ledger, "text", {"label": "丙"}, by=boss, key=bad)


def test_tightening_lists_what_no_longer_fits_and_changes_nothing(create, add_customer, boss, save, stored):
    field = create("合同号")
    long, short = add_customer(**{field.key: "一二三四五"}), add_customer(**{field.key: "一二"})
    found = verbs.unfit(field, {"max_length": 3}, by=boss)
    assert (found.count, found.samples[0].number, found.samples[0].value) == (1, long.number, "一二三四五")
    with pytest.raises(BusinessError) as refused:
        verbs.change(field, {"max_length": 3}, by=boss)
    assert (refused.value.code, refused.value.found.count) == ("field.unfit", 1)
    verbs.change(field, {"max_length": 3}, by=boss, accept_unfit=True)
    assert stored(long) == {field.key: "一二三四五"}
    assert save({field.key: "一二三四"}, of=short).refused
    for values, count in (({"min_length": 3}, 1), ({"pattern": "一二.*"}, 0), ({"pattern": "[a-z]+"}, 2)):
        assert verbs.unfit(field, values, by=boss).count >= count


def test_bounds_and_decimals_are_looked_at_too(create, add_customer, boss):
    number, day = create("面积", "decimal"), create("日期", "date")
    add_customer(**{number.key: "12.34", day.key: "2024-01-05"})
    assert verbs.unfit(number, {"highest": "10"}, by=boss).count == 1
    assert verbs.unfit(number, {"decimals": 1}, by=boss).count == 1
    assert verbs.unfit(number, {"decimals": 3}, by=boss).count == 0
    assert verbs.unfit(day, {"lowest": "2024-02-01"}, by=boss).count == 1


def test_a_field_becomes_unique_only_when_no_value_repeats(create, add_customer, boss, run_jobs, save, sound):
    field = create("合同号")
    one = add_customer(**{field.key: "A-1"})
    add_customer(**{field.key: "a-1"})
    assert verbs.duplicates(field, by=boss).count == 2
    with pytest.raises(BusinessError) as refused:
        verbs.change(field, {"is_unique": True}, by=boss)
    assert (refused.value.field, refused.value.found.count) == ("is_unique", 2)
    save({field.key: "B-2"}, of=one)
    changed = verbs.change(field, {"is_unique": True}, by=boss)
    assert changed.job is not None
    run_jobs()
    field.refresh_from_db()
    assert field.is_indexed
    assert CustomValue.objects.filter(field=field, claim=None).count() == 0
    sound()


def test_a_filter_is_offered_when_its_copies_are_made(create, ledger, add_customer, boss, run_jobs, sound, actor):
    from customers import listing

    field = create("备注二", is_filterable=False)
    customer = add_customer(**{field.key: "甲"})
    assert not CustomValue.objects.exists()
    verbs.change(field, {"is_filterable": True}, by=boss)
    assert not Catalogue.of(ledger).get(field.key).filterable
    later = add_customer(**{field.key: "乙"})
    run_jobs()
    assert Catalogue.of(ledger).get(field.key).filterable
    query = listing.ListQuery(filters={field.key: "甲"})
    assert list(listing.rows(query, Catalogue.of(ledger), actor("manager"))) == [customer]
    assert CustomValue.objects.filter(customer=later).count() == 1
    sound()
    field.refresh_from_db()
    verbs.change(field, {"is_filterable": False}, by=boss)
    run_jobs()
    assert not CustomValue.objects.exists()
    sound()


def test_making_copies_goes_on_where_it_was_killed(create, add_customer, boss, monkeypatch, sound):
    from types import SimpleNamespace

    monkeypatch.setattr(own_indexing, "STEP", 2)
    field = create("备注二", is_filterable=False)
    for n in range(5):
        add_customer(**{field.key: f"值{n}"})
    verbs.change(field, {"is_filterable": True}, by=boss)
    seen = []

    def report(done, total=None, message=None):
        seen.append(done)
        if len(seen) == 1:
            raise KeyboardInterrupt

    running = SimpleNamespace(params={"field": field.pk}, check=lambda: None, report=report, log=print)
    with pytest.raises(KeyboardInterrupt):
        own_indexing.run(running)
    assert CustomValue.objects.count() == 2
    assert own_indexing.run(running) == {"done": 5}
    assert seen == [2, 4, 5, 5]
    assert CustomValue.objects.count() == 5
    sound()


def test_a_field_becomes_searchable_for_what_is_stored(create, add_customer, boss, run_jobs, actor, sound):
    from customers.search import finding

    field = create("车牌")
    customer = add_customer(**{field.key: "浙A12345"})
    who = actor("manager")
    find = lambda: list(Customer.objects.visible_to(who).filter(finding.search("A12345", who).condition))  # noqa: E731
    assert find() == []
    verbs.change(field, {"is_searchable": True}, by=boss)
    run_jobs()
    assert find() == [customer]
    sound()


def test_disabled_deleted_and_back(create, add_customer, boss, ledger, stored, sound):
    field = create("合同号")
    customer = add_customer(**{field.key: "甲"})
    verbs.disable(field, by=boss)
    assert Catalogue.of(ledger).get(field.key) is None
    with pytest.raises(BusinessError):
        verbs.disable(field, by=boss)
    verbs.enable(field, by=boss)
    verbs.delete(field, by=boss)
    with pytest.raises(BusinessError):
        verbs.enable(field, by=boss)
    restored = verbs.restore(field, by=boss)
    assert restored.state == CustomField.State.DISABLED
    verbs.enable(restored, by=boss)
    assert stored(customer) == {field.key: "甲"}
    sound()


def test_a_field_that_a_formula_names_is_not_deleted(create, boss):
    price = create("售价", "money")
    create("毛利", "formula", formula="[售价] * 2")
    with pytest.raises(BusinessError) as refused:
        verbs.delete(price, by=boss)
    assert "毛利" in refused.value.message


def test_order_and_group(create, ledger, boss):
    a, b, c = (create(label) for label in "甲乙丙")
    verbs.reorder(ledger, [c.key, a.key], by=boss, group="经营情况")
    assert [each.key for each in Catalogue.of(ledger).own] == [c.key, a.key, b.key]
    assert Catalogue.of(ledger).groups["经营情况"] == "经营情况"
    with pytest.raises(BusinessError):
        verbs.reorder(ledger, ["x_nobody"], by=boss)


def test_what_a_field_that_becomes_required_will_ask_for(create, add_customer, boss):
    field = create("合同号")
    add_customer(**{field.key: "甲"})
    bare = add_customer()
    found = verbs.lacking(field, by=boss)
    assert (found.count, [each.number for each in found.samples]) == (1, [bare.number])


def test_an_option_in_use_can_only_be_switched_off(ledger, boss, create, add_customer, stored):
    levels = verbs.save_choice_set(ledger, [{"label": "甲级"}, {"label": "乙级"}], by=boss, name="级别")
    field = create("级别", "multi_choice", choice_set=levels)
    customer = add_customer(**{field.key: "甲级"})
    with pytest.raises(BusinessError) as refused:
        verbs.save_choice_set(ledger, [{"label": "乙级"}], by=boss, row=levels)
    assert "甲级" in refused.value.message
    verbs.save_choice_set(ledger, [{"value": "甲级", "label": "头等", "is_active": False}], by=boss, row=levels)
    assert verbs.options_in_use(levels) == {"甲级": 1}
    assert stored(customer) == {field.key: ["甲级"]}
    with pytest.raises(BusinessError):
        verbs.delete_choice_set(levels, by=boss)


@pytest.mark.parametrize(
    "options",
    [[{"label": ""}], [{"label": "甲"}, {"label": "甲"}], [{"value": "a,b", "label": "甲"}], [{"label": "长" * 61}]],
)
def test_options_that_cannot_be(ledger, boss, options):
    with pytest.raises(BusinessError) as refused:
        verbs.save_choice_set(ledger, options, by=boss, name="级别")
    assert refused.value.field == "options"


def test_an_archived_set_changes_nothing(create, ledger, boss):
    field = create("合同号")
    ledger.state = ledger.State.ARCHIVED
    ledger.save()
    for act in (
        lambda: verbs.create(ledger, "text", {"label": "新"}, by=boss),
        lambda: verbs.change(field, {"label": "改"}, by=boss),
        lambda: verbs.disable(field, by=boss),
        lambda: verbs.reorder(ledger, [field.key], by=boss),
        lambda: verbs.save_choice_set(ledger, [{"label": "甲"}], by=boss, name="级别"),
    ):
        with pytest.raises(BusinessError):
            act()


def test_sensitive_cannot_be_switched_once_there_are_values(create, add_customer, boss):
    field = create("合同号")
    verbs.change(field, {"is_sensitive": True}, by=boss)
    field = verbs.change(field, {"is_sensitive": False}, by=boss).field
    add_customer(**{field.key: "甲"})
    with pytest.raises(BusinessError) as refused:
        verbs.change(field, {"is_sensitive": True}, by=boss)
    assert refused.value.field == "is_sensitive"
