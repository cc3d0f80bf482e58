"""Handing the customers' sections to the account sets, and the words and codes that only customers know."""

from django.utils.translation import gettext as _

from ledgers.services import configuration, sections
from permissions.rights import Scope

from ..access import filters
from ..models import Customer
from . import fields, lists, numbers, tree
from .codes import CATEGORY, REGION, Codes, labels


def register() -> None:
    """Called once, from ``CustomersConfig.ready``."""
    for section in (*lists.SECTIONS, tree.SECTION, *fields.SECTIONS, numbers.SECTION):
        configuration.register(section)
    sections.scope_words[Scope.CATEGORIES] = (
        lambda ledger, ids: Codes(ledger).codes(CATEGORY, ids),
        lambda ledger, codes: Codes(ledger).pks(CATEGORY, codes),
    )
    sections.scope_words[Scope.SALES_REGIONS] = (
        lambda ledger, ids: Codes(ledger).codes(REGION, ids),
        lambda ledger, codes: Codes(ledger).pks(REGION, codes),
    )
    sections.scope_words[Scope.FILTER] = (filters.as_words, filters.of_words)
    sections.parameter_words |= {
        "required_fields": labels,
        "shared_fields": labels,
        "required_by_kind": _by_kind,
        "status_steps": _steps,
    }


def _by_kind(value: dict[str, list[str]]) -> str:
    kinds = dict(Customer.Kind.choices)
    return "；".join(f"{kinds.get(kind, kind)}：{labels(keys)}" for kind, keys in sorted(value.items()) if keys) or _(
        "无"
    )


def _steps(value: dict[str, dict[str, list[str]]]) -> str:
    """潜在 → 意向、合作中（manager）; …"""
    names = {**{key: str(name) for key, name in Customer.Status.choices}, "": _("新增")}
    rows = []
    for origin, targets in sorted(value.items()):
        told = (
            names.get(to, to) + (f"（{'、'.join(roles)}）" if roles else "") for to, roles in sorted(targets.items())
        )
        rows.append(f"{names.get(origin, origin)} → {'、'.join(told) or _('无')}")
    return "；".join(rows)
