"""What a refusal tells besides its reason: who can give what is lacking, and where one asks for it.

What lives here: the answer for ``erp_site.shared.errors``, and the address of the application. What does not: deciding
(``permissions.actor``), and the application itself.
"""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from erp_site.shared.errors import NotAllowed
from permissions import everybody
from permissions.rights import Right

APPLY = "right_request_new"
_NAMED = 5


def about(request: HttpRequest, refusal: NotAllowed) -> dict[str, Any]:
    """``givers`` and ``apply_url`` for a refusal within a set; nothing outside, and nothing to ask for in a simulation."""
    if getattr(request, "ledger", None) is None:
        return {}
    said: dict[str, Any] = {"givers": givers(request.ledger.pk)}
    asked = {"right": refusal.right, "field": refusal.field_key}
    if any(asked.values()) and (url := apply_url(request, **asked)):
        said["apply_url"] = url
    return said


def givers(ledger_id: int) -> list[str]:
    """Names of those who manage the rights of the set, five at most."""
    return [str(user) for user in everybody.holders(ledger_id, Right.MEMBERS)[:_NAMED]]


def apply_url(request: HttpRequest, *, right: str = "", field: str = "") -> str:
    """Where somebody asks for a right or a field; empty where there is no such page, or nothing may be changed."""
    if getattr(request, "simulation", None) or not request.ledger.is_active:
        return ""
    try:
        address = reverse(APPLY, args=[request.ledger.code])
    except NoReverseMatch:
        return ""
    return f"{address}?{urlencode({key: value for key, value in (('right', right), ('field', field)) if value})}"
