"""Copying a set's configuration, without its data, into a draft.

What lives here: parameters, roles, calendar, currencies. What does not: categories, tags and the numbering rule; the customers app copies them
through ``on_copy``.
"""

from collections.abc import Callable

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import FieldRule, Role, RowScope

from ..models import Ledger, LedgerCurrency
from .creating import WIZARD
from .locking import changeable

# Filled by higher apps in AppConfig.ready: (source, target) → copies what they keep for a set.
on_copy: list[Callable[[Ledger, Ledger], None]] = []

# A scope or a rule that names rows of the source set (its categories) would mean nothing in another set.
_FOREIGN_SCOPES = ("categories",)


@transaction.atomic
def copy_configuration(source: Ledger, target: Ledger) -> None:
    """Bring the configuration of ``source`` into the draft ``target``; raises BusinessError when it is no draft."""
    target_now = changeable(target)
    if target_now.state != Ledger.State.DRAFT:
        raise BusinessError(_("只能复制到草稿账套。"), code="ledger.not_draft")
    kept = {key: value for key, value in source.parameters.items() if key != WIZARD}
    target.parameters = {**target_now.parameters, **kept}
    target.kind = source.kind
    target.save(update_fields=["parameters", "kind"])
    wanted = source.currencies.exclude(code=target.base_currency).values_list("code", flat=True)
    have = set(target.currencies.values_list("code", flat=True))
    LedgerCurrency.objects.bulk_create(LedgerCurrency(ledger=target, code=code) for code in wanted if code not in have)
    _copy_roles(source, target)
    for copy in on_copy:
        copy(source, target)


def _copy_roles(source: Ledger, target: Ledger) -> None:
    have = set(target.roles.values_list("code", flat=True))
    for role in source.roles.prefetch_related("scopes", "field_rules"):
        if role.code in have:
            continue
        made = Role.objects.create(
            ledger=target, code=role.code, name=role.name, rights=role.rights, sensitive_level=role.sensitive_level
        )
        scopes = [scope for scope in role.scopes.all() if scope.kind not in _FOREIGN_SCOPES]
        RowScope.objects.bulk_create(RowScope(role=made, kind=scope.kind, values=scope.values) for scope in scopes)
        FieldRule.objects.bulk_create(
            FieldRule(role=made, field=rule.field, level=rule.level) for rule in role.field_rules.all()
        )
