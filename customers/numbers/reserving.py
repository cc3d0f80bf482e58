"""保留号段: serials kept back for a migration, a branch or forms on paper, and given out by hand.

What lives here: the verbs and what is still free in a range. What does not: who may take numbers out of one (``services.number_checks``).
"""

from dataclasses import replace
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger, LedgerEvent
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from permissions.models import Department, User

from ..models import NumberCounter, NumberGap, NumberingRule, NumberReservation
from ..rules.numbering import MissingPart, Plan
from ..services.number_rules import plan_of
from ..services.numbering import lock_counter, number_key, taken
from .wording import example_context

MOST = 1_000_000
_DAY_FORMS = {"year": "%Y", "month": "%Y%m", "day": "%Y%m%d"}  # how a counter that begins anew is named


@transaction.atomic
def reserve(
    ledger: Ledger,
    rule: NumberingRule,
    *,
    first: str,
    last: str,
    purpose: str,
    scope: str | None = None,
    department: Department | None = None,
    ends_on: date | None = None,
    by: User | None,
) -> NumberReservation:
    """Keep serials back (as they are written in numbers); ``scope``: whose counter, by default that of the example customer.

    Raises BusinessError (``field``) for a counter or a range that the rule does not have, that was given already, or that is kept back.
    """
    current = changeable(ledger)
    plan = plan_of(rule)
    bounds = [_serial(plan, text, name) for text, name in ((first, "first"), (last, "last"))]
    if bounds[1] < bounds[0]:
        raise BusinessError(_("号段的止号小于起号。"), code="reservation.range", field="last")
    if bounds[1] - bounds[0] >= MOST:
        raise BusinessError(_("一次最多保留 %(most)s 个。") % {"most": MOST}, code="reservation.size", field="last")
    if ends_on and ends_on < timezone.localdate():
        raise BusinessError(_("到期日不能早于今天。"), code="reservation.ends_on", field="ends_on")
    if not purpose.strip():
        raise BusinessError(_("请写明用途。"), code="reservation.purpose", field="purpose")
    scope = plan.scope(example_context(current, rule.parts)) if scope is None else _scope(plan, rule, scope)
    counter = lock_counter(rule, scope, plan.serial.first)
    if bounds[0] < counter.next_serial:
        about = {"next": plan.serial.text(min(counter.next_serial, plan.serial.limit - 1))}
        raise BusinessError(
            _("流水号已经发到 %(next)s 之前，请从它开始或往后保留。") % about, code="reservation.given", field="first"
        )
    others = NumberReservation.objects.filter(rule=rule, scope=scope, first__lte=bounds[1], last__gte=bounds[0])
    if other := others.first():
        raise BusinessError(
            _("与已有的保留号段（%(purpose)s）重叠。") % {"purpose": other.purpose},
            code="reservation.twice",
            field="first",
        )
    made = NumberReservation.objects.create(
        rule=rule, scope=scope, first=bounds[0], last=bounds[1], purpose=purpose.strip()[:100], department=department,
        ends_on=ends_on, by=by,
    )  # fmt: skip
    detail = _("保留号段「%(rule)s」%(first)s–%(last)s：%(purpose)s")
    about = {"rule": rule.name, "first": first, "last": last, "purpose": made.purpose}
    note(current, LedgerEvent.Kind.SETTINGS, by=by, detail=detail % about)
    return made


def _scope(plan: Plan, rule: NumberingRule, text: str) -> str:
    """The counter that somebody named; BusinessError when the rule can have none of that name."""
    scope = f"{text}*" if rule.reset == NumberingRule.Reset.PREFIX and "*" not in text else text
    frame = _frame(plan, rule, scope)
    reading = plan.read(plan.number(frame, plan.serial.at_or_after(plan.serial.first))) if frame else None
    if reading and reading.scope == scope:
        return scope
    if NumberCounter.objects.filter(rule=rule, scope=scope).exists():
        return scope
    example = plan.scope(example_context(rule.ledger, rule.parts))
    raise BusinessError(
        _("这条规则没有计数范围「%(scope)s」。") % {"scope": text},
        code="reservation.scope",
        field="scope",
        remedy=_("写法如 %(example)s。") % {"example": example} if example else _("这条规则只有一个流水号，请留空。"),
    )


def _frame(plan: Plan, rule: NumberingRule, scope: str) -> tuple[str, str] | None:
    """What stands before and behind the serials of a counter; None for a counter whose numbers do not begin alike."""
    if rule.reset == NumberingRule.Reset.PREFIX:
        before, _star, after = scope.partition("*")
        return before, after
    context = example_context(rule.ledger, rule.parts)
    if rule.reset in _DAY_FORMS:
        try:
            context = replace(context, on=datetime.strptime(scope, _DAY_FORMS[rule.reset]).date())  # noqa: DTZ007
        except ValueError:
            return None
    try:
        return plan.frame(context) if plan.scope(context) == scope else None
    except MissingPart:
        return None


def _serial(plan, text: str, field: str) -> int:
    text = text.strip().upper()
    serial = plan.serial
    value = serial.value(text.rjust(serial.width, serial.digits[0])) if 0 < len(text) <= serial.width else None
    if value is None or not serial.first <= value <= serial.last:
        about = {"text": text, "first": serial.text(serial.first), "last": serial.text(serial.last)}
        message = _("「%(text)s」不是这条规则的流水号（%(first)s 至 %(last)s）。")
        raise BusinessError(message % about, code="reservation.range", field=field)
    return value


@transaction.atomic
def release(row: NumberReservation, *, by: User | None) -> None:
    """End a reservation; what was not used before the counter passed it is written down as a gap."""
    ledger = changeable(row.rule.ledger)
    counter = lock_counter(row.rule, row.scope, plan_of(row.rule).serial.first)
    if row.first < counter.next_serial:
        NumberGap.objects.create(
            rule=row.rule, scope=row.scope, first=row.first, last=min(row.last, counter.next_serial - 1),
            cause=NumberGap.Cause.RESERVED, note=row.purpose, by=by,
        )  # fmt: skip
    detail = _("释放保留号段「%(rule)s」：%(purpose)s") % {"rule": row.rule.name, "purpose": row.purpose}
    row.delete()
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=detail)


def free_numbers(row: NumberReservation, count: int = 20) -> list[str]:
    """The first numbers of a range that nobody has; none where each customer's number begins in its own way."""
    plan, ledger = plan_of(row.rule), row.rule.ledger
    frame = _frame(plan, row.rule, row.scope)
    if frame is None:
        return []
    found: list[str] = []
    first = row.first
    while len(found) < count:
        serials = [serial for serial in plan.serial.run(first, 500) if serial <= row.last]
        if not serials:
            break
        numbers = [plan.number(frame, serial) for serial in serials]
        held = taken(ledger.pk, [number_key(number) for number in numbers])
        found += [number for number in numbers if number_key(number) not in held]
        first = serials[-1] + 1
    return found[:count]
