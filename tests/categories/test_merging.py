"""Customers to another category, merging, retiring: decided at once, carried out in the background."""

import pytest
from django.urls import reverse

from customers.categorising import merging
from customers.models import Category, Customer
from customers.services import mass_edits
from customers.settings import categories
from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(tree, add_customer):
    return [add_customer(category="0101") for _each in range(3)]


def categories_of(customers):
    pks = [customer.pk for customer in customers]
    return set(Customer.objects.filter(pk__in=pks).values_list("category__name", flat=True))


def test_customers_move_in_the_background_with_history(ledger, tree, three, actor, work):
    job = merging.send(tree["0101"], to=tree["02"], by=actor("manager"))
    assert categories_of(three) == {"华东分公司"}  # not yet
    work()
    job.refresh_from_db()
    assert categories_of(three) == {"海外"}
    assert job.result["changed"] == 3
    assert Customer.history.filter(id=three[0].pk, category_id=tree["02"].pk).exists()
    assert Customer.objects.get(pk=three[0].pk).number == three[0].number


def test_who_was_moved_by_hand_meanwhile_stays_there(ledger, tree, three, actor, work, monkeypatch):
    from customers.services import pipeline
    from customers.services.edits import Edit

    merging.send(tree["0101"], to=tree["02"], by=actor("manager"))
    by_hand = Edit({"category": "0102"}, customer_id=three[0].pk)
    pipeline.submit([by_hand], ledger=ledger, by=actor("manager"), kind="edit")
    work()
    assert categories_of(three[:1]) == {"华北分公司"}
    assert categories_of(three[1:]) == {"海外"}


def test_a_move_that_was_cut_off_goes_on(ledger, tree, three, actor, work, monkeypatch):
    monkeypatch.setattr(mass_edits, "CHUNK", 1)
    merging.send(tree["0101"], to=tree["02"], by=actor("manager"))
    write, calls = mass_edits.writing.write, []

    def dies_second(*args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("killed")
        return write(*args, **kwargs)

    monkeypatch.setattr(mass_edits.writing, "write", dies_second)
    from erp_site.jobs import runner

    runner.run_pending()
    assert categories_of(three) == {"华东分公司", "海外"}
    Job.objects.update(run_after=None)
    work()
    assert categories_of(three) == {"海外"}


def test_the_same_wish_twice_is_one_work(tree, three, actor):
    first = merging.send(tree["0101"], to=tree["02"], by=actor("manager"))
    assert merging.send(tree["0101"], to=tree["02"], by=actor("manager")).pk == first.pk


@pytest.mark.parametrize("target", ["0101", "retired", "other"])
def test_where_customers_cannot_go(ledger, other_ledger, tree, three, actor, target):
    categories.set_active(tree["02"], False, by=None)
    other = Category.objects.filter(ledger=other_ledger).first()
    to = {"0101": tree["0101"], "retired": tree["02"], "other": other}[target]
    with pytest.raises(BusinessError):
        merging.send(tree["0101"], to=to, by=actor("manager"))
    assert not Job.objects.exists()


def test_retiring_says_how_many_stay_and_can_send_them(client_of, ledger, tree, three, work):
    categories.set_active(tree["010101"], False, by=None)
    browser = client_of("manager")
    page = browser.get(reverse("category_edit", args=[ledger.code, tree["0101"].pk]))
    assert "仍有 3 个客户" in page.content.decode()
    toggle = reverse("category_toggle", args=[ledger.code, tree["0101"].pk])
    browser.post(toggle, {"active": "0", "to": tree["02"].pk})
    work()
    assert not Category.objects.get(pk=tree["0101"].pk).is_active
    assert categories_of(three) == {"海外"}


def test_retiring_keeps_the_customers_when_nothing_else_is_said(client_of, ledger, tree, three):
    categories.set_active(tree["010101"], False, by=None)
    toggle = reverse("category_toggle", args=[ledger.code, tree["0101"].pk])
    answer = client_of("manager").post(toggle, {"active": "0"}, follow=True)
    assert "仍有 3 个客户留在其中" in answer.content.decode()
    assert categories_of(three) == {"华东分公司"}


def test_not_while_those_below_are_in_use(tree):
    with pytest.raises(BusinessError, match="杭州"):
        categories.set_active(tree["0101"], False, by=None)


# --- merging --------------------------------------------------------------------------------------------------------


def test_one_category_of_two(ledger, tree, three, actor, work, fresh):
    merging.merge(tree["0101"], into=tree["02"], by=actor("manager"))
    names = [(node.category.name, node.depth) for node in categories.tree(ledger)]
    assert names == [("国内", 0), ("华北分公司", 1), ("海外", 0), ("杭州", 1)]
    work()
    assert categories_of(three) == {"海外"}
    assert fresh(tree["02"]).former_codes == ["0101"]


def test_its_name_and_code_find_the_other_one(ledger, tree, three, actor, work, add_customer):
    merging.merge(tree["0101"], into=tree["02"], by=actor("manager"))
    for text in ("0101", "华东分公司"):
        assert add_customer(category=text).category_id == tree["02"].pk


def test_its_code_is_free_again(ledger, tree, actor):
    merging.merge(tree["010101"], into=tree["02"], by=actor("manager"))
    again = categories.save(ledger, code="010101", name="杭州二部", parent=tree["0101"], by=None)
    assert again.code == "010101"


def test_not_into_its_own_branch(tree, actor):
    with pytest.raises(BusinessError, match="自己的下级"):
        merging.merge(tree["01"], into=tree["010101"], by=actor("manager"))


def test_not_where_the_branch_would_be_too_deep(ledger, tree, actor):
    deep = tree["02"]
    for code in ("D1", "D2", "D3", "D4", "D5"):
        deep = categories.save(ledger, code=code, name=code, parent=deep, by=None)
    with pytest.raises(BusinessError, match="最多 6 级"):
        merging.merge(tree["0101"], into=deep, by=actor("manager"))
    assert Category.objects.get(pk=tree["0101"].pk).merged_into_id is None


def test_merging_twice_is_merging_once(tree, actor):
    merging.merge(tree["010101"], into=tree["02"], by=actor("manager"))
    with pytest.raises(BusinessError, match="已经并入"):
        merging.merge(tree["010101"], into=tree["0102"], by=actor("manager"))


def test_what_names_the_category_is_shown_before(client_of, ledger, tree, three):
    from permissions.models import Role, RowScope
    from permissions.rights import Scope

    role = Role.objects.filter(ledger=ledger, code="sales").first()
    RowScope.objects.create(role=role, kind=Scope.CATEGORIES, values=[tree["0101"].pk])
    page = client_of("manager").get(reverse("category_customers", args=[ledger.code, tree["0101"].pk]))
    assert role.name in page.content.decode()
    assert "3 个客户，1 个下级分类" in page.content.decode()


def test_the_page_moves_and_merges(client_of, ledger, tree, three, work):
    browser, address = client_of("manager"), reverse("category_customers", args=[ledger.code, tree["0101"].pk])
    browser.post(address, {"act": "move", "move-to": tree["0102"].pk})
    work()
    assert categories_of(three) == {"华北分公司"}
    browser.post(address, {"act": "merge", "merge-to": tree["02"].pk})
    assert Category.objects.get(pk=tree["0101"].pk).merged_into_id == tree["02"].pk


def test_the_page_shows_how_the_work_stands(client_of, ledger, tree, three, actor, work):
    job = merging.send(tree["0101"], to=tree["02"], by=actor("manager"))
    browser, address = client_of("manager"), reverse("category_work", args=[ledger.code, job.pk])
    assert "job-progress" in browser.get(reverse("category_list", args=[ledger.code])).content.decode()
    assert browser.get(address).status_code == 200
    work()
    assert "3 位客户已改" in browser.get(address).content.decode()


def test_a_work_that_waits_is_taken_back(client_of, ledger, tree, three, actor):
    job = merging.send(tree["0101"], to=tree["02"], by=actor("manager"))
    client_of("manager").post(reverse("category_work_cancel", args=[ledger.code, job.pk]))
    job.refresh_from_db()
    assert job.status == Job.Status.CANCELLED


def test_works_of_another_set_are_not_to_be_seen(client_of, ledger, other_ledger, tree, three, actor, users):
    job = merging.send(tree["0101"], to=tree["02"], by=actor("manager"))
    theirs = reverse("category_work", args=[other_ledger.code, job.pk])
    assert client_of("other_manager").get(theirs).status_code == 404
