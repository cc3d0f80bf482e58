"""Background work about numbers: trials, 编号体检, renumbering, and what a day brings.

What lives here: handlers, and asking for them. What does not: the work. A handler that is cut off is simply run again.
"""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.jobs import queue
from erp_site.jobs.models import Job
from erp_site.jobs.registry import job
from erp_site.jobs.running import JobCancelled, JobFailed, RunningJob
from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from permissions.actor import Actor, Door

from ..models import NumberingRule, NumberReservation, Renumbering
from . import renumbering, scanning, trying, versions
from .facts import everybody

TRY, SCAN, PREPARE, RENUMBER = "numbers.try", "numbers.scan", "numbers.prepare", "numbers.renumber"
AT_ONCE = 3_000  # customers that are looked through while somebody waits for the page


def is_small(ledger: Ledger) -> bool:
    """Whether a pass over all customers is over before anybody would look for a progress bar."""
    return len(everybody(ledger).values_list("pk", flat=True)[: AT_ONCE + 1]) <= AT_ONCE


def ask_for_trial(rule: NumberingRule, by: Actor) -> Job:
    return queue.enqueue(
        TRY, {"rule": rule.pk}, by=by.user, ledger_code=rule.ledger.code, unique_key=f"{TRY}:{rule.pk}"
    )


def ask_for_scan(ledger: Ledger, by: Actor) -> Job:
    return queue.enqueue(
        SCAN, {"ledger": ledger.pk}, by=by.user, ledger_code=ledger.code, unique_key=f"{SCAN}:{ledger.pk}"
    )


def ask_for_plan(plan: Renumbering, by: Actor) -> Job:
    asked = queue.enqueue(
        PREPARE, {"plan": plan.pk}, by=by.user, ledger_code=plan.ledger.code, unique_key=f"{PREPARE}:{plan.pk}"
    )
    plan.job = asked
    plan.save(update_fields=["job"])
    return asked


def ask_for_renumbering(plan: Renumbering, by: Actor) -> Job:
    return queue.enqueue(
        RENUMBER, {"plan": plan.pk}, by=by.user, ledger_code=plan.ledger.code, unique_key=f"{RENUMBER}:{plan.pk}"
    )


def latest(ledger: Ledger, kind: str, /, **params: Any) -> Job | None:
    """The newest job of a kind about the set (and these parameters)."""
    jobs = Job.objects.filter(ledger_code=ledger.code, kind=kind).order_by("-pk")
    return next((each for each in jobs[:20] if params.items() <= each.params.items()), None)


@job(TRY)
def try_rule(running: RunningJob) -> dict[str, Any]:
    """A draft on all customers; params: ``rule``."""
    rule = NumberingRule.objects.select_related("ledger", "replaces").filter(pk=running.params["rule"]).first()
    if rule is None:
        raise JobFailed(_("编码规则已不存在。"))
    total = everybody(rule.ledger).count()
    return trying.run(rule, lambda done: running.report(done, total))


@job(SCAN)
def scan(running: RunningJob) -> dict[str, Any]:
    """编号体检 of a set; params: ``ledger``."""
    ledger = Ledger.objects.get(pk=running.params["ledger"])
    total = everybody(ledger).count()
    return scanning.scan(ledger, lambda done: running.report(done, total))


@job(PREPARE)
def prepare(running: RunningJob) -> dict[str, Any]:
    """Draw the plan of a renumbering; params: ``plan``."""
    plan = _plan(running)
    try:
        renumbering.prepare(plan, _actor(running, plan), lambda done, total: running.report(done, total))
    except BusinessError as fault:
        raise JobFailed(f"{fault.message}{fault.remedy}") from fault
    return {"plan": plan.pk, **plan.counts}


@job(RENUMBER)
def renumber(running: RunningJob) -> dict[str, Any]:
    """Carry a plan out; params: ``plan``."""
    plan = _plan(running)
    try:
        renumbering.carry_out(plan, _actor(running, plan), running.report, running.check)
    except JobCancelled:
        renumbering.stopped(plan)
        raise
    return {"plan": plan.pk, **plan.counts}


def _plan(running: RunningJob) -> Renumbering:
    plan = Renumbering.objects.select_related("ledger", "batch").filter(pk=running.params["plan"]).first()
    if plan is None:
        raise JobFailed(_("改号方案已不存在。"))
    return plan


def _actor(running: RunningJob, plan: Renumbering) -> Actor:
    """Whoever asked for the job, with the rights that he has now."""
    user = running.job.created_by
    return Actor.of(user, plan.ledger_id, Door.JOB) if user else Actor.system(plan.ledger_id, Door.JOB)


@job("numbers.daily", cron="7 0 * * *")
def daily(running: RunningJob) -> dict[str, int]:
    """Versions whose day has come take the place of those before; plans that nobody confirmed are given up."""
    begun = versions.begin_due()
    past = Renumbering.objects.filter(
        state=Renumbering.State.READY,
        pk__in=NumberReservation.objects.filter(ends_on__lt=timezone.localdate()).values("renumbering"),
    )
    for plan in past:
        renumbering.cancel(plan)
    return {"begun": begun, "given_up": len(past)}
