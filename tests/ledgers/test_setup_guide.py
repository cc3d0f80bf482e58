"""建账指引: what a new set still lacks, said on its first page until it is ready."""

import pytest

from customers.models import Category, NumberingRule
from customers.settings import guide

pytestmark = pytest.mark.django_db


def _state(ledger, actor, title: str) -> str:
    return next(each.state for each in guide.steps(ledger, actor("manager")) if str(each.step.title) == title)


def test_a_new_set_says_what_is_there_and_what_is_missing(ledger, actor, client_of):
    assert "级" in _state(ledger, actor, "客户分类")
    assert _state(ledger, actor, "第一批客户") == ""
    page = client_of("manager").get("/l/HZ01/").content.decode()
    assert "建账指引" in page
    assert "自己的字段" in page


def test_it_goes_when_nothing_is_left_but_what_is_optional(ledger, actor, client_of, add_customer):
    add_customer()
    assert guide.is_finished(guide.steps(ledger, actor("manager")))
    assert "guide-steps" not in client_of("manager").get("/l/HZ01/").content.decode()
    assert "guide-steps" in client_of("manager").get("/l/HZ01/settings/guide/").content.decode()


def test_a_step_that_is_undone_comes_back(ledger, actor, add_customer):
    add_customer()
    NumberingRule.objects.filter(ledger=ledger).update(state="retired")
    Category.objects.filter(ledger=ledger).update(is_active=False)
    assert _state(ledger, actor, "编码规则") == _state(ledger, actor, "客户分类") == ""
    assert not guide.is_finished(guide.steps(ledger, actor("manager")))


def test_who_may_not_configure_is_not_bothered(ledger, client_of):
    assert "建账指引" not in client_of("sales1").get("/l/HZ01/").content.decode()
