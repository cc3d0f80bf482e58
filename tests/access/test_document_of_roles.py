"""The configuration document holds all of a role, so that copying and comparing sets stay complete; merged rows are followed."""

import pytest

from customers.categorising import merging, regions
from customers.models import Category, SalesRegion
from erp_site.shared.errors import BusinessError
from ledgers.access import departments as department_roles
from ledgers.access import roles
from ledgers.services import configuration, copying, creating
from permissions.models import DepartmentRole, RowScope

pytestmark = pytest.mark.django_db


@pytest.fixture
def full(ledger, departments, role):
    """销售 with something of everything."""
    draft = roles.replace(
        roles.of_role(role("sales")),
        description="跑外勤",
        parent_id=role("reader").pk,
        denied=("export",),
        excluded=(("departments", (departments["D12"].pk,)), ("provinces", ("西藏自治区",))),
        levels={"credit_limit": 0},
    )
    saved = roles.save(ledger, draft, by=None, role=role("sales"))
    department_roles.give(ledger, departments["D11"], saved, by=None, with_below=False)
    roles.set_active(role("entry"), False, by=None)
    return saved


def test_everything_travels_by_code(ledger, full, users):
    item = configuration.read(ledger)["roles"]["sales"]
    assert (item["parent"], item["denied"], item["description"]) == ("reader", ["export"], "跑外勤")
    assert {"kind": "departments", "values": ["D12"]} in item["excluded_scopes"]
    assert item["departments"] == [{"department": "D11", "with_below": False}]
    copy = creating.create_draft(code="COPY1", name="复制的账套", by=users["manager"], fiscal_year=2026)
    copying.copy_configuration(ledger, copy)
    creating.activate(copy, by=users["manager"])
    assert configuration.read(copy)["roles"] == configuration.read(ledger)["roles"]
    assert DepartmentRole.objects.get(ledger=copy).role.code == "sales"
    assert not copy.roles.get(code="entry").is_active


def test_the_comparison_tells_it_in_words(ledger, full, other_ledger):
    found = configuration.compare(configuration.read(ledger), configuration.read(other_ledger), other_ledger)
    row = next(row for row in found["roles"] if row.key == "sales")
    told = {label: there for label, _here, there in row.lines}
    assert told["说明"] == "跑外勤" and told["明确禁止"] == "导出" and "D12" in told["排除的范围"]


def test_a_file_without_the_new_parts_is_a_role_without_them(ledger):
    text = configuration.dump({"format": 1, "sections": {"roles": {"plain": {"name": "简单", "rights": ["view"]}}}})
    content = configuration.parse(text, "x.json")["sections"]
    configuration.apply(ledger, content, by=None)
    made = ledger.roles.get(code="plain")
    assert (made.parent, made.denied, made.is_active) == (None, [], True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parent": "plain"}, "循环"),
        ({"denied": ["view"]}, "既允许又禁止"),
        ({"denied": ["king"]}, "king"),
        ({"departments": [{"department": "D11", "ends_on": "2026-02-31"}]}, "日期不存在"),
        ({"excluded_scopes": [{"kind": "galaxy"}]}, "galaxy"),
    ],
)
def test_a_broken_file_is_refused_with_the_place(change, words):
    item = {"name": "简单", "rights": ["view"], **change}
    text = configuration.dump({"format": 1, "sections": {"roles": {"plain": item}}})
    with pytest.raises(BusinessError, match=words):
        configuration.parse(text, "x.json")


def test_a_parent_or_department_that_is_not_there(ledger):
    item = configuration.filled({"roles": {"plain": {"name": "简单", "rights": ["view"]}}})["roles"]["plain"]
    for change in ({"parent": "nobody"}, {"departments": [{"department": "D99", "with_below": True}]}):
        with pytest.raises(BusinessError, match="nobody|D99"):
            configuration.apply(ledger, {"roles": {"plain": {**item, **change}}}, by=None)
    assert not ledger.roles.filter(code="plain").exists()


def test_a_circle_with_roles_that_the_set_has(ledger, full):
    item = configuration.read(ledger)["roles"]["reader"]
    with pytest.raises(BusinessError, match="循环"):
        configuration.apply(ledger, {"roles": {"reader": {**item, "parent": "sales"}}}, by=None)


def test_a_merged_category_is_followed(ledger, role, system):
    old, new = (Category.objects.create(ledger=ledger, code=code, name=code) for code in ("ZA", "ZB"))
    RowScope.objects.create(role=role("reader"), kind="categories", values=[old.pk, new.pk])
    merging.merge(old, into=new, by=system)
    assert RowScope.objects.get(role=role("reader"), kind="categories").values == [new.pk]


def test_a_removed_region_opens_nothing_any_more(ledger, role, system):
    region = SalesRegion.objects.create(ledger=ledger, code="HD", name="华东")
    RowScope.objects.filter(role=role("reader")).update(kind="sales_regions", values=[region.pk])
    regions.remove(region, by=system)
    assert RowScope.objects.get(role=role("reader")).values == []
