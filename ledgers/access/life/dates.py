"""A last day in words, and how far ahead one may be."""

from datetime import date, timedelta

from django.utils.translation import gettext as _

LONGEST = 366  # days that a request may ask for


def ends_in(day: date | None, today: date) -> str:
    """「7 天后失效」, 「今天失效」, 「已失效」; 「长期」 for no last day."""
    if day is None:
        return _("长期")
    left = (day - today).days
    if left < 0:
        return _("已失效")
    return _("今天失效") if left == 0 else _("%(count)s 天后失效") % {"count": left}


def tone(day: date | None, today: date) -> str:
    """The colour of the badge: red within a week, yellow within a month."""
    if day is None or day - today > timedelta(days=30):
        return ""
    return "danger" if day - today <= timedelta(days=7) else "warning"
