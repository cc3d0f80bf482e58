"""What a category gives, and how a background work stands, in words for the pages.

What lives here: texts and small view models. What does not: HTML, and the rules.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.jobs.models import Job
from permissions.actor import Actor

from ..fields import Catalogue
from ..models import Category, NumberingRule
from ..presenting import Presenter
from ..services import categories as inheritance
from ..services import mass_edits
from . import giving

_SHOWN_FOR = timedelta(hours=1)  # how long a work that has ended stays on the page
_MOST_SHOWN = 5


@dataclass(frozen=True)
class Given:
    """One thing that customers of a category get; ``origin`` is the name of the category above that says so, "" if its own."""

    label: str
    value: str
    origin: str


def given(category: Category, actor: Actor) -> list[Given]:
    """Everything a customer of the category begins with or must have, with where it comes from; a constant number of queries."""
    ledger = category.ledger
    told = inheritance.inherited(ledger).get(category.pk) or inheritance.CategoryDefaults()
    catalogue = Catalogue.of(ledger)
    presenter = Presenter(catalogue, actor)
    names = dict(Category.objects.filter(pk__in=set(told.origins.values())).values_list("pk", "name"))

    def origin(key: str) -> str:
        owner = told.origins[key]
        return "" if owner == category.pk else names.get(owner, "")

    found = []
    if told.numbering_rule_id:
        rule = NumberingRule.objects.filter(pk=told.numbering_rule_id).values_list("name", flat=True).first()
        found.append(Given(_("编码规则"), rule or "", origin("numbering_rule")))
    if told.review_months is not None:
        months = _("每 %(count)s 个月") % {"count": told.review_months} if told.review_months else _("不复核")
        found.append(Given(_("复核周期"), months, origin("review_months")))
    for key in told.required_fields:
        if each := catalogue.get(key):
            found.append(Given(_("必填"), str(each.label), origin(f"required:{key}")))
    for each in giving.fillable(catalogue):
        if each.key in told.defaults:
            text = presenter.text(each, told.defaults[each.key])
            found.append(Given(str(each.label), text, origin(f"default:{each.key}")))
    return found


@dataclass(frozen=True)
class Work:
    """A background work as the page shows it."""

    job: Job
    label: str
    poll_url: str
    outcome: str

    @property
    def done(self) -> str:
        return f"{self.job.progress_done:,}"

    @property
    def total(self) -> str:
        return f"{self.job.progress_total:,}" if self.job.progress_total else ""


def works(ledger, *names: str) -> list[Work]:
    """What goes on in the background of these kinds (``kinds.MOVE`` …), and what of it ended within the hour."""
    rows = Job.objects.filter(ledger_code=ledger.code, kind=mass_edits.JOB).order_by("-created_at")[:20]
    fresh = timezone.now() - _SHOWN_FOR
    shown = [
        work_of(ledger, job)
        for job in rows
        if job.params.get("name") in names and (not job.is_finished or (job.finished_at or fresh) > fresh)
    ]
    return shown[:_MOST_SHOWN]


def work_of(ledger, job: Job) -> Work:
    return Work(job, job.params.get("reason", ""), reverse("category_work", args=[ledger.code, job.pk]), _outcome(job))


def _outcome(job: Job) -> str:
    if not job.is_finished:
        return ""
    if job.status != Job.Status.SUCCEEDED:
        return job.error or job.message
    result: dict[str, Any] = job.result or {}
    text = _("%(count)s 位客户已改") % {"count": f"{result.get('changed', 0):,}"}
    if refused := result.get("refused"):
        first = next(iter(result.get("samples") or []), {})
        about = {"count": f"{refused:,}", "customer": first.get("customer", ""), "why": first.get("message", "")}
        text += _("，%(count)s 位未能改（如 %(customer)s：%(why)s）") % about
    return text
