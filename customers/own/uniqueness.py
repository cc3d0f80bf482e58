"""Own fields whose value may exist once in a set: who has it, and what a writer who comes second is told.

What lives here: the question to the claims and its answer in words. What does not: the constraint itself (the side table has it).
"""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from ..fields import Catalogue, Field
from ..models import CustomValue
from ..services.edits import Edit
from . import values as own_values

Claims = dict[tuple[int, str], tuple[Field, Any, Edit]]


def check(edits: Iterable[Edit], catalogue: Catalogue) -> None:
    """Tell edits whose value another customer, or an earlier edit of the list, has; one query."""
    claims, repeated = _claims(edits, catalogue)
    for field, value, edit in repeated:
        edit.problem(field.key, "own.repeated", _("%(label)s「%(value)s」在本次内容中重复，该字段不可重复。") % _words(field, value),
                     value=_text(field, value))  # fmt: skip
    for key, holder in _holders(claims).items():
        field, value, edit = claims[key]
        if holder != edit.customer_id:
            edit.problem(field.key, "own.taken", _("%(label)s「%(value)s」已被另一个客户使用，该字段不可重复。") % _words(field, value),
                         suggestion=_("请核对是否为同一客户，或改用别的内容。"), value=_text(field, value))  # fmt: skip


def clash(edits: Iterable[Edit], catalogue: Catalogue) -> BusinessError | None:
    """What to tell when the database refused a second bearer and it was one of these values; None when it was something else."""
    claims, repeated = _claims(edits, catalogue)
    taken = [claims[key] for key, holder in _holders(claims).items() if holder != claims[key][2].customer_id]
    for field, value, _edit in (*taken, *repeated):
        return BusinessError(
            _("刚刚有其他人保存了相同的%(label)s「%(value)s」，该字段不可重复。") % _words(field, value),
            code="own.taken",
            field=field.key,
            remedy=_("请刷新后核对。"),
        )
    return None


def _claims(edits: Iterable[Edit], catalogue: Catalogue) -> tuple[Claims, list[tuple[Field, Any, Edit]]]:
    """(first bearer of each claim among the edits, the later ones)."""
    unique = [each for each in catalogue.own if each.custom.is_unique]
    claims: Claims = {}
    repeated = []
    if not unique:
        return claims, repeated
    for edit in edits:
        wrong = {problem.field for problem in edit.problems if problem.severity == "error"}
        for field in unique:
            value = edit.values.get(field.key)
            if own_values.is_blank(value) or field.key in wrong:
                continue
            key = (field.custom.pk, own_values.claim_of(field, value))
            if claims.setdefault(key, (field, value, edit))[2] is not edit:
                repeated.append((field, value, edit))
    return claims, repeated


def _holders(claims: Claims) -> dict[tuple[int, str], int]:
    """claim → the customer that has it now."""
    if not claims:
        return {}
    rows = CustomValue.objects.filter(
        field_id__in={field for field, _claim in claims}, claim__in={claim for _field, claim in claims}
    ).values_list("field_id", "claim", "customer_id")
    return {(field, claim): customer for field, claim, customer in rows if (field, claim) in claims}


def _words(field: Field, value: Any) -> dict[str, str]:
    return {"label": str(field.label), "value": _text(field, value)}


def _text(field: Field, value: Any) -> str:
    return "***" if field.sensitive else str(value)[:60]
