"""From and until a day: the same checks and words for memberships, departments' roles and exceptions.

What lives here: days of what is given. What does not: whether something holds on a day (``permissions.models.given.DatedQuerySet``).
"""

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import Dated


def check(starts_on: date | None, ends_on: date | None) -> None:
    """BusinessError (``field`` ends_on) for a last day before the first, or one that is over."""
    if starts_on and ends_on and ends_on < starts_on:
        raise BusinessError(_("失效日期早于生效日期。"), code="member.dates", field="ends_on")
    if ends_on and ends_on < timezone.localdate():
        raise BusinessError(_("失效日期已经过去。"), code="member.dates", field="ends_on")


def told(given: Dated, before: str = "") -> str:
    """2026-01-01 – 2026-03-31 with ``before`` in front; "" for what has no bounds."""
    if not given.starts_on and not given.ends_on:
        return ""
    return f"{before}{given.starts_on or ''} – {given.ends_on or ''}"


def state(given: Dated, *, is_blocked: bool = False, why: str = "") -> tuple[str, str]:
    """(code, words) of how something given stands today."""
    today = timezone.localdate()
    if is_blocked:
        return "blocked", why
    if given.starts_on and given.starts_on > today:
        return "pending", _("未到期")
    if given.ends_on and given.ends_on < today:
        return "expired", _("已失效")
    return "active", _("有效")
