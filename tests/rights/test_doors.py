"""What somebody may not read neither sorts, nor filters, nor is searched for, and a right that is gone is gone between two chunks."""

import pytest
from django.urls import reverse

from customers import listing
from customers.fields import Catalogue, foreign_field
from customers.listing import ListQuery
from customers.models import Customer, CustomerUserShare
from customers.search import finding
from customers.services import pipeline
from customers.services.edits import Edit
from erp_site.shared.errors import NotAllowed
from imports.exports import producing, selecting, services
from permissions import masking
from permissions.models import Delegation, FieldRule, Override, Role, RowScope

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.FILES_DIR, settings.DATA_DIR = tmp_path / "files", tmp_path


@pytest.fixture
def rule(ledger):
    def give(role, key, level):
        where = {"role": ledger.roles.get(code=role), "field": key}
        FieldRule.objects.update_or_create(**where, defaults={"level": level})

    return give


def found(text, actor):
    return list(Customer.objects.visible_to(actor).filter(finding.search(text, actor).condition))


@pytest.mark.parametrize(("order", "key"), [("name", "name"), ("-number", "number"), ("updated_at", "updated_at")])
def test_an_order_by_what_one_may_not_read_is_none(order, key, rule, add_customer, ledger, actor, client_of):
    for name in ("丙公司", "甲公司", "乙公司"):
        add_customer(name=name)
    plain = listing.page(ListQuery(), Catalogue.of(ledger), actor("viewer")).customers
    for level in (0, 1):
        rule("viewer", key, level)
        query = listing.parse({"sort": order}, actor("viewer"))
        assert listing.page(query, Catalogue.of(ledger), actor("viewer")).customers == plain
        html = client_of("viewer").get(reverse("customer_list", args=[ledger.code])).content.decode()
        assert f"sort={order.lstrip('-')}" not in html


def test_a_telephone_of_a_hidden_field_is_found_by_no_other_door(rule, add_customer, ledger, actor):
    customer = add_customer(phone="0571-87654321", mobile="13912345678")
    for text in ("13912345678", "5678"):
        assert found(text, actor("steward")) == [customer]
    rule("data_steward", "contacts.mobile", 0)
    who = actor("steward")
    assert found("13912345678", who) == found("5678", who) == []
    catalogue = Catalogue.of(ledger)
    query = listing.parse({"f-phone": "13912345678"}, who)
    add_customer(name="另一家公司")
    assert len(listing.page(query, catalogue, who).customers) == 2  # the condition is not applied, so it tells nothing


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("short_name", "隐简称", "隐简称"),
        ("english_name", "Hiddenbird", "Hiddenbird"),
        ("mnemonic_code", "YJCHX", "YJCHX"),
        ("uscc", "91330110MA27X8Y91N", "MA27X8Y91N"),
    ],
)
def test_a_hidden_field_is_not_searched_and_its_neighbours_still_are(key, value, word, rule, add_customer, actor):
    customer = add_customer(name="可见机械有限公司", number="KHK77123", **{key: value})
    assert found(word, actor("viewer")) == [customer]
    rule("viewer", key, 0)
    assert found(word, actor("viewer")) == []
    assert found("可见机械", actor("viewer")) == found("KHK77123", actor("viewer")) == [customer]


def test_numbers_of_other_systems_have_a_right_of_their_own(rule, add_customer, ledger, client_of, actor):
    customer = add_customer(**{"foreign:SAP": "SAP0077123"})
    rule("viewer", "foreign_numbers.number", 0)
    page = client_of("viewer").get(reverse("customer_detail", args=[ledger.code, customer.pk])).content.decode()
    assert "SAP0077123" not in page
    edit = Edit(values={foreign_field("SAP").key: "SAP1"}, customer_id=customer.pk)
    rule("service", "foreign_numbers.number", 2)
    pipeline.submit([edit], ledger=ledger, by=actor("service"), kind="edit")
    assert [problem.code for problem in edit.problems] == ["field.not_allowed"]


def test_a_mask_of_one_sign_shows_nothing_of_it():
    assert masking.mask("grade", "A") == "***"
    assert masking.mask("legal_person", "张三") == "张***"


def test_whoever_is_switched_off_lends_nobody_anything(ledger, users, actor):
    day = {"ledger": ledger, "rights": ["view"], "ends_on": "2099-01-01"}
    Delegation.objects.create(delegator=users["manager"], delegate=users["outsider"], **day)
    assert actor("outsider").is_member
    users["manager"].is_active = False
    users["manager"].save()
    assert not actor("outsider").is_member


class TestMeanwhile:
    @pytest.mark.parametrize(
        "change",
        [
            lambda ledger, users: RowScope.objects.create(
                role=ledger.roles.get(code="data_steward"), kind="provinces", values=["浙江省"], is_denied=True
            ),
            lambda ledger, users: Override.objects.create(
                user=users["steward"], ledger=ledger, kind="right", key="export", is_denied=True, reason="x"
            ),
            lambda ledger, users: Override.objects.create(
                user=users["steward"], ledger=ledger, kind="field", key="name", is_denied=True, level=1, reason="x"
            ),
        ],
        ids=["excluded rows", "a personal prohibition", "a personal restriction of a field"],
    )
    def test_what_is_taken_away_stops_a_running_export_and_shuts_a_finished_one(
        self, change, ledger, users, actor, add_customer, monkeypatch
    ):
        for number in range(5):
            add_customer(name=f"第{number}家公司")
        how = {"ledger": ledger, "format": "csv", "keys": ["number", "name"]}
        selection = selecting.parse("", actor("steward"))
        done = services.start(by=actor("steward"), selection=selection, **how)
        monkeypatch.setattr(producing, "CHUNK", 2)
        read, calls = producing.records, []

        def taking(pks, by, fields):
            calls.append(pks)
            if len(calls) == 2:
                change(ledger, users)
            return read(pks, by, fields)

        monkeypatch.setattr(producing, "records", taking)
        with pytest.raises(NotAllowed, match="权限发生了变化"):
            services.start(by=actor("steward"), selection=selection, **how)
        with pytest.raises(NotAllowed):
            services.open_file(done, by=actor("steward"))

    def test_a_share_that_ended_shuts_the_file_that_held_its_customer(self, ledger, users, actor, add_customer):
        from django.contrib.auth.models import Permission

        role = ledger.roles.get(code="sales")
        Role.objects.filter(pk=role.pk).update(rights=[*role.rights, "export"])
        permission = Permission.objects.get(content_type__app_label="customers", codename="view_customer")
        customer = add_customer(owner="sales2")
        share = CustomerUserShare.objects.create(user=users["sales1"], permission=permission, content_object=customer)
        how = {"ledger": ledger, "format": "csv", "keys": ["name"]}
        done = services.start(by=actor("sales1"), selection=selecting.parse("", actor("sales1")), **how)
        assert list(services.open_file(done, by=actor("sales1")))
        share.delete()
        with pytest.raises(NotAllowed):
            services.open_file(done, by=actor("sales1"))

    def test_an_actor_is_asked_again(self, actor, users, ledger):
        who = actor("sales1")
        before = who.given
        Override.objects.create(
            user=users["sales1"], ledger=ledger, kind="right", key="edit", is_denied=True, reason="x"
        )
        assert who.again().given != before
        assert not who.again().can("edit")
