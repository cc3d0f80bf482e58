"""职责分离 as pages: rules, the matrix, exceptions; only for who manages members."""

import pytest
from django.urls import reverse

from permissions.models import DutyException, DutyRule

pytestmark = pytest.mark.django_db


def test_rules_and_exceptions(client_of, ledger, users, in_days):
    boss = client_of("manager")
    page = reverse("duty_matrix", args=[ledger.code])
    save = reverse("duty_rule_save", args=[ledger.code])
    assert boss.post(save, {"one": "add", "other": "add", "how": "warn"}).status_code == 422
    assert boss.post(save, {"one": "add", "other": "approve", "how": "forbid", "note": "不自审"}).status_code == 302
    boss.post(reverse("duty_templates", args=[ledger.code]))
    rule = DutyRule.objects.get(one="add", other="approve")
    assert "老李" in boss.get(f"{page}?rule={rule.pk}&user=supervisor").content.decode()
    exception = reverse("duty_exception_save", args=[ledger.code])
    wanted = {"rule": rule.pk, "user": "supervisor", "ends_on": in_days(5), "reason": "人手不足"}
    assert boss.post(exception, {**wanted, "user": "manager"}).status_code == 422
    assert boss.post(exception, wanted).status_code == 302
    given = DutyException.objects.get()
    assert "人手不足" in boss.get(page).content.decode()
    boss.post(reverse("duty_exception_end", args=[ledger.code, given.pk]))
    boss.post(reverse("duty_rule_remove", args=[ledger.code, rule.pk]))
    assert not DutyException.objects.exists() and not DutyRule.objects.filter(pk=rule.pk).exists()


def test_another_sets_rules_are_not_found(client_of, ledger, other_ledger):
    rule = DutyRule.objects.create(ledger=other_ledger, one="add", other="approve")
    boss = client_of("manager")
    assert boss.post(reverse("duty_rule_remove", args=[ledger.code, rule.pk])).status_code == 404
    answer = boss.post(reverse("duty_exception_save", args=[ledger.code]), {"rule": rule.pk})
    assert answer.status_code == 422 and DutyRule.objects.filter(pk=rule.pk).exists()
