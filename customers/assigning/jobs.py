"""Background runs of assigning: copies follow their masters, and many customers are assigned at once."""

from typing import Any

from django.utils.translation import gettext as _

from erp_site.jobs.registry import job
from erp_site.jobs.running import JobFailed, RunningJob
from ledgers.models import Ledger
from permissions.actor import Actor, Door
from permissions.models import User

from . import services

_LOGGED = 50  # refusals written into the log of one run


@job(services.FOLLOW)
def follow_masters(running: RunningJob) -> dict[str, Any]:
    """Bring every copy up to its master; params: ``ledger`` (the group set). Run again, it goes on with those still behind."""
    group = Ledger.objects.filter(pk=running.params["ledger"]).first()
    if group is None:
        raise JobFailed(_("账套已不存在。"))
    changed = done = logged = 0
    for company in group.company_ledgers.filter(state=Ledger.State.ACTIVE):
        while True:
            rows = services.behind(group).filter(ledger=company).select_related("master", "copy", "ledger")
            rows = list(rows.order_by("copy_id")[: services.CHUNK])
            if not rows:
                break
            count, kept_out = services.follow(rows, group, check=running.check)
            for line in kept_out[: _LOGGED - logged]:
                running.log(line)
            logged += len(kept_out)
            changed, done = changed + count, done + len(rows)
            running.report(done)
    return {"changed": changed, "kept_out": logged}


@job(services.ASSIGN)
def assign_many(running: RunningJob) -> dict[str, Any]:
    """Assign the active customers of a category, or all that the asker sees; params: ``ledger``, ``to``, ``category``, ``reason``."""
    params = running.params
    ledgers = Ledger.objects.in_bulk([params["ledger"], params["to"]])
    user = User.objects.filter(pk=running.job.created_by_id, is_active=True).first()
    if len(ledgers) < 2 or user is None:
        raise JobFailed(_("账套或提交人已不存在。"))
    to = ledgers[params["to"]]
    by = Actor.of(user, params["ledger"], Door.JOB, request_id=f"job:{running.job.pk}")
    rows = services.assignable(by, to, params.get("category")).select_related("ledger")
    total, last = rows.count(), 0
    result = {"added": 0, "linked": 0, "refused": 0, "samples": []}
    while masters := list(rows.filter(pk__gt=last).order_by("pk")[: services.CHUNK]):
        running.check()
        made = services.assign(masters, to, by=by, reason=params.get("reason", ""))
        result["added"] += len(made.new)
        result["linked"] += len(made.linked)
        result["refused"] += len(made.refused)
        for master, why in made.refused[: 20 - len(result["samples"])]:
            result["samples"].append({"customer": master.number, "message": why})
        last = masters[-1].pk
        running.report(result["added"] + result["linked"] + result["refused"], total)
    return result
