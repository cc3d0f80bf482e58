"""账套编码规则: the pattern that the codes of all sets of this installation follow, and the next code by it.

What lives here: reading a pattern, matching, proposing. What does not: which characters a code may hold at all, and whether one is taken
(``creating``). The pattern is the row of ``CodeRule``; the setting LEDGER_CODE_PATTERN stands in while there is none.

A pattern is text with places: ``{YYYY}`` or ``{YY}`` the year, ``{MM}`` the month, ``###`` a running number of at least so many digits.
``KHZ_###`` · ``CUST_{YYYY}`` · ``{YY}-##``.
"""

import re
from datetime import date

from django.conf import settings
from django.core import checks
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError

from ..models import CodeRule, Ledger

FALLBACK = "KHZ_###"
_PLACE = re.compile(r"\{(?P<token>[^{}]*)\}|(?P<serial>#+)")
_TOKENS = {"YYYY": (r"\d{4}", "%Y"), "YY": (r"\d{2}", "%y"), "MM": (r"(?:0[1-9]|1[0-2])", "%m")}
LONGEST = 20


def pattern() -> str:
    """The pattern in force; empty when codes are free."""
    row = CodeRule.objects.order_by("pk").first()
    return row.pattern if row else settings.LEDGER_CODE_PATTERN


def check_setting(app_configs, **kwargs) -> list[checks.CheckMessage]:
    """A pattern in the settings that makes no codes stops the start, not the users."""
    try:
        if settings.LEDGER_CODE_PATTERN:
            check_pattern(settings.LEDGER_CODE_PATTERN)
    except BusinessError as fault:
        return [checks.Error(f"LEDGER_CODE_PATTERN: {fault.message}", id="ledgers.E001")]
    return []


def check_pattern(text: str) -> None:
    """Raise BusinessError unless the pattern can make codes."""
    fault = ""
    places = list(_PLACE.finditer(text))
    unknown = next(
        (found["token"] for found in places if found["token"] is not None and found["token"] not in _TOKENS), None
    )
    if unknown is not None:
        fault = _("「{%(token)s}」不可用，可用：{YYYY}、{YY}、{MM} 和 ###。") % {"token": unknown}
    elif sum(1 for found in places if found["serial"]) > 1:
        fault = _("只能有一段流水号（###）。")
    elif not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", _filled(text, 1, date(2026, 1, 1))):
        fault = _("编码须以字母开头，只含字母、数字、下划线和连字符。")
    elif not 2 <= len(_filled(text, 1, date(2026, 1, 1))) <= LONGEST:
        fault = _("编码应为 2 到 %(most)s 位。") % {"most": LONGEST}
    if fault:
        raise BusinessError(fault, code="ledger.code_pattern", field="pattern")


def obeys(code: str) -> bool:
    """Whether a code follows the pattern; any code does where there is none."""
    text = pattern()
    return not text or bool(re.fullmatch(_expression(text), code))


def _expression(text: str) -> str:
    expression, at = "", 0
    for found in _PLACE.finditer(text):
        expression += re.escape(text[at : found.start()])
        at = found.end()
        expression += f"\\d{{{len(found['serial'])},}}" if found["serial"] else _TOKENS[found["token"]][0]
    return expression + re.escape(text[at:])


def _filled(text: str, serial: int, on: date) -> str:
    def place(found: re.Match) -> str:
        return f"{serial:0{len(found['serial'])}d}" if found["serial"] else on.strftime(_TOKENS[found["token"]][1])

    return _PLACE.sub(place, text)


def propose(today: date | None = None) -> str:
    """The next free code by the pattern, else in the form of the newest set's code; empty when the pattern has no free one left."""
    text, day = pattern() or _like_the_newest(), today or timezone.localdate()
    taken = {code.lower() for code in Ledger.objects.values_list("code", flat=True)}
    if "#" not in text:
        only = _filled(text, 1, day)
        return "" if only.lower() in taken else only
    numbers = [int(found[1]) for found in (re.fullmatch(_numbered(text, day), code, re.I) for code in taken) if found]
    serial = max(numbers, default=0) + 1
    proposal = _filled(text, serial, day)
    return proposal if len(proposal) <= LONGEST else ""


def _numbered(text: str, day: date) -> str:
    """An expression for the codes of today, whose one group is the running number."""
    found = next(found for found in _PLACE.finditer(text) if found["serial"])
    before, after = _filled(text[: found.start()], 0, day), _filled(text[found.end() :], 0, day)
    return re.escape(before) + r"(\d+)" + re.escape(after)


def _like_the_newest() -> str:
    last = Ledger.objects.order_by("-pk").values_list("code", flat=True).first()
    match = re.fullmatch(r"(.*?)(\d+)", last or "")
    return f"{match[1]}{'#' * len(match[2])}" if match and match[1] else FALLBACK
