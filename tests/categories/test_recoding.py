"""改变编码级次: shown first, done at one stroke; customers and numbers stay, old codes go on finding."""

import pytest
from django.urls import reverse

from customers.categorising import recoding
from customers.models import Category, Customer
from customers.rules.category_codes import COUNT, KEEP
from customers.services import pipeline
from customers.services.edits import Edit
from customers.settings import categories
from erp_site.shared.errors import BusinessError

pytestmark = pytest.mark.django_db


def recode(ledger, levels, how=KEEP, top=None):
    preview = recoding.preview(ledger, levels=levels, how=how, top=top)
    return recoding.apply(ledger, levels=levels, how=how, top=top, mark=preview.mark, by=None)


def codes_of(ledger):
    return [node.category.code for node in categories.tree(ledger)]


def meant(ledger, system, text):
    """What an import of this category text makes: the name of the category, or the complaint."""
    edit = Edit({"name": "试导入有限公司", "category": text})
    pipeline.Pipeline(ledger, system).prepare([edit])
    complaint = next((problem.message for problem in edit.problems if problem.field == "category"), "")
    pk = edit.values["category_id"]
    return (Category.objects.get(pk=pk).name if isinstance(pk, int) else None), complaint


def test_the_preview_says_what_changes_and_who_uses_it(ledger, tree, add_customer):
    add_customer(category="0101")
    add_customer(category="02")
    preview = recoding.preview(ledger, levels="3-3-3", how=KEEP)
    told = {line.recoded.entry.code: (line.recoded.new, line.customers) for line in preview.lines}
    assert told == {
        "01": ("001", 0), "0101": ("001001", 1), "010101": ("001001001", 0), "0102": ("001002", 0), "02": ("002", 1),
    }  # fmt: skip
    assert (preview.changed, preview.faults, preview.customers) == (5, 0, 2)
    assert codes_of(ledger) == ["01", "0101", "010101", "0102", "02"]  # a look changes nothing


def test_customers_their_numbers_and_history_stay(ledger, tree, add_customer):
    customer = add_customer(category="0101")
    assert recode(ledger, "3-3-3") == 5
    ledger.refresh_from_db()
    assert codes_of(ledger) == ["001", "001001", "001001001", "001002", "002"]
    assert ledger.parameter("category_levels") == "3-3-3"
    now = Customer.objects.get(pk=customer.pk)
    assert (now.number, now.version, now.category_id) == (customer.number, customer.version, tree["0101"].pk)
    assert ledger.events.filter(detail__contains="3-3-3").exists()


def test_old_codes_still_find_and_new_ones_too(ledger, tree, system):
    recode(ledger, "3-3-3")
    assert meant(ledger, system, "0101") == ("华东分公司", "")
    assert meant(ledger, system, "001001") == ("华东分公司", "")


def test_two_codes_change_places(ledger, tree, system):
    categories.set_codes(ledger, {tree["01"].pk: "02", tree["02"].pk: "01"})
    found, doubt = meant(ledger, system, "01")
    assert found == "海外"
    assert "以前是「国内」" in doubt


def test_an_old_code_of_two_categories_is_refused_with_both_named(ledger, tree, system):
    for code in ("02", "0102"):
        row = tree[code]
        row.former_codes = ["K9"]
        row.save()
    found, complaint = meant(ledger, system, "K9")
    assert found is None
    assert "海外（02）" in complaint and "国内/华北分公司（0102）" in complaint


def test_a_name_of_two_categories_wants_its_path(ledger, tree, system):
    categories.save(ledger, code="0201", name="杭州", parent=tree["02"], by=None)
    found, complaint = meant(ledger, system, "杭州")
    assert found is None
    assert "海外/杭州（0201）" in complaint
    assert meant(ledger, system, "海外/杭州") == ("杭州", "")


@pytest.mark.parametrize(("levels", "words"), [("2-2", "只有 2 级"), ("1-1-1", "")])
def test_levels_that_do_not_hold_the_tree(ledger, tree, levels, words):
    preview = recoding.preview(ledger, levels=levels, how=KEEP)
    faults = [fault for line in preview.lines for fault in line.recoded.faults]
    assert (words in "".join(faults)) if words else not faults
    if words:
        with pytest.raises(BusinessError, match=words):
            recoding.apply(ledger, levels=levels, how=KEEP, mark=preview.mark, by=None)


def test_a_tree_that_changed_since_the_preview_is_asked_again(ledger, tree):
    mark = recoding.preview(ledger, levels="3-3-3", how=KEEP).mark
    categories.save(ledger, code="03", name="新的", parent=None, by=None)
    with pytest.raises(BusinessError, match="又有改动"):
        recoding.apply(ledger, levels="3-3-3", how=KEEP, mark=mark, by=None)
    assert "01" in codes_of(ledger)


def test_a_branch_is_counted_through(ledger, tree, levels):
    levels("2-2-2")
    categories.set_codes(ledger, {tree["0101"].pk: "0107", tree["010101"].pk: "010733", tree["0102"].pk: "0109"})
    assert recode(ledger, "2-2-2", COUNT, top=Category.objects.get(pk=tree["01"].pk)) == 3
    assert codes_of(ledger) == ["01", "0101", "010101", "0102", "02"]


def test_a_rule_with_category_codes_is_named(ledger, tree):
    from customers.models import NumberingRule

    rule = NumberingRule.objects.filter(ledger=ledger).first()
    rule.parts = [{"type": "category"}, {"type": "serial", "width": 5, "start": 1, "step": 1}]
    rule.save()
    assert recoding.preview(ledger, levels="3-3-3", how=KEEP).rules == [rule]


def test_free_codes_again_change_no_code(ledger, tree, levels):
    levels("2-2-2")
    assert recode(ledger, "") == 0
    ledger.refresh_from_db()
    assert ledger.parameter("category_levels") == ""


# --- under levels ---------------------------------------------------------------------------------------------------


def test_codes_must_fit_and_a_free_one_is_offered(ledger, tree, levels):
    levels("2-2-2")
    ledger.refresh_from_db()
    with pytest.raises(BusinessError, match="4 位") as refused:
        categories.save(ledger, code="01021", name="华南", parent=tree["01"], by=None)
    assert "0103" in refused.value.remedy
    assert categories.proposed_code(ledger, tree["01"]) == "0103"


def test_those_below_follow_a_changed_code(ledger, tree, levels, fresh):
    levels("2-2-2")
    ledger.refresh_from_db()
    top = tree["01"]
    categories.save(ledger, code="07", name=top.name, parent=None, by=None, category=top)
    assert codes_of(ledger) == ["07", "0701", "070101", "0702", "02"]
    assert fresh(tree["010101"]).former_codes == ["010101"]


def test_a_branch_that_moves_takes_codes_of_its_new_place(ledger, tree, levels):
    levels("2-2-2")
    ledger.refresh_from_db()
    categories.place(tree["0101"], tree["02"], categories.INSIDE, by=None)
    assert codes_of(ledger) == ["01", "0102", "02", "0201", "020101"]


# --- the page -----------------------------------------------------------------------------------------------------------


def test_the_page_shows_then_does(client_of, ledger, tree):
    browser, address = client_of("manager"), reverse("category_codes", args=[ledger.code])
    shown = browser.post(address, {"levels": "3-3-3", "how": "keep"})
    assert "001001001" in shown.content.decode()
    mark = shown.context["preview"].mark
    browser.post(address, {"levels": "3-3-3", "how": "keep", "mark": mark})
    assert codes_of(ledger)[0] == "001"


def test_bad_levels_stand_on_their_field(client_of, ledger, tree):
    answer = client_of("manager").post(reverse("category_codes", args=[ledger.code]), {"levels": "x", "how": "keep"})
    assert "2-2-3" in str(answer.context["form"].errors["levels"])


def test_an_archived_set_changes_nothing(client_of, ledger, tree):
    mark = recoding.preview(ledger, levels="3-3-3", how=KEEP).mark
    ledger.state = ledger.State.ARCHIVED
    ledger.save(update_fields=["state"])
    address = reverse("category_codes", args=[ledger.code])
    client_of("manager").post(address, {"levels": "3-3-3", "how": "keep", "mark": mark})
    assert codes_of(ledger)[0] == "01"
