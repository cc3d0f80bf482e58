"""Pages of assigning: the settings of group and companies, and one customer's sets."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError, NotAllowed
from ledgers.models import Ledger
from ledgers.pages import attempt, needs, put_on_form, render_settings, told
from ledgers.services.parameters import change_parameters
from permissions.actor import Actor, Door
from permissions.rights import Right

from ..models import Assignment, Customer
from ..services.changing import require_change
from ..views.fetching import visible_customer
from . import services
from .forms import GroupForm, ManyForm, SharedFieldsForm


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def assigning_settings(request: HttpRequest) -> HttpResponse:
    """集团与分配: the group of this set, or its companies and what is kept for them."""
    ledger, what = request.ledger, request.POST.get("what", "")
    forms = {
        "group": GroupForm(request.POST if what == "group" else None, ledger=ledger, user=request.user),
        "shared": SharedFieldsForm(request.POST if what == "shared" else None, ledger=ledger),
        "many": ManyForm(request.POST if what == "many" else None, ledger=ledger, user=request.user),
    }
    form = forms.get(what)
    if form is not None and form.is_valid():
        try:
            answer = _ACTS[what](request, form)
        except NotAllowed:
            raise
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            return redirect(answer)
    context = {
        **{f"{name}_form": form for name, form in forms.items()},
        "companies": _companies(request),
        "copies": Assignment.objects.filter(ledger=ledger, ended_at=None).count() if ledger.group_id else 0,
        "job": _job(request),
    }
    return render_settings(request, "settings/assigning.html", "assigning_settings", context)


def _join(request: HttpRequest, form: GroupForm) -> str:
    done = services.join(request.ledger, form.chosen, by=request.user)
    messages.success(request, _("已保存。") if done else _("没有改动。"))
    return reverse("assigning_settings", args=[request.ledger.code])


def _keep(request: HttpRequest, form: SharedFieldsForm) -> str:
    change_parameters(request.ledger, form.cleaned_data, by=request.user)
    messages.success(request, _("已保存。之后的修改会同步到各公司账套。"))
    return reverse("assigning_settings", args=[request.ledger.code])


def _many(request: HttpRequest, form: ManyForm) -> str:
    category = form.cleaned_data["category"]
    job = services.ask_for_many(
        request.ledger,
        form.chosen,
        category.pk if category else None,
        by=request.actor,
        reason=form.cleaned_data["reason"],
    )
    return f"{reverse('assigning_settings', args=[request.ledger.code])}?job={job.pk}"


_ACTS = {"group": _join, "shared": _keep, "many": _many}


def _companies(request: HttpRequest) -> list[dict]:
    """Company sets of this group, with how many customers each carries; a link only where the reader belongs."""
    counts = dict(
        Assignment.objects.filter(master__ledger=request.ledger, ended_at=None)
        .values_list("ledger_id")
        .annotate(Count("pk"))
    )
    mine = set(Ledger.objects.of_member(request.user).values_list("pk", flat=True))
    return [
        {"ledger": each, "count": counts.get(each.pk, 0), "is_member": each.pk in mine}
        for each in request.ledger.company_ledgers.order_by("code")
    ]


def _job(request: HttpRequest) -> Job | None:
    asked = request.GET.get("job", "")
    if not asked.isdecimal() or len(asked) > 18:
        return None
    return Job.objects.filter(pk=asked, kind=services.ASSIGN, ledger_code=request.ledger.code).first()


@require_http_methods(["GET", "POST"])
def customer_assign(request: HttpRequest, pk: int) -> HttpResponse:
    """分配: in which company sets the customer stands, and in which he may be put."""
    request.actor.require(Right.EDIT)
    customer = visible_customer(request, pk)
    require_change(customer, request.actor)
    if request.method == "POST":
        _act(request, customer)
        return redirect("customer_assign", request.ledger.code, customer.pk)
    context = {
        "customer": customer,
        "assignments": standing(customer, request.user),
        "offers": _offers(request, customer),
    }
    return render(request, "customers/assign.html", context)


def _act(request: HttpRequest, customer: Customer) -> None:
    if "end" in request.POST:
        rows = Assignment.objects.filter(master=customer, ended_at=None).select_related("master__ledger")
        row = get_object_or_404(rows, ledger__code=request.POST["end"])
        attempt(request, lambda: services.unassign(row, by=request.actor), _("已取消分配，对方账套中的客户保留。"))
        return
    companies = {each.code: each for each in services.company_ledgers(request.ledger, request.user)}
    to = companies.get(request.POST.get("to", ""))
    if to is None:
        messages.error(request, _("没有可分配的公司账套。"))
        return
    try:
        made = services.assign([customer], to, by=request.actor, reason=request.POST.get("reason", ""))
    except NotAllowed:
        raise
    except BusinessError as problem:
        messages.error(request, told(problem))
        return
    for _master, why in made.refused:
        messages.error(request, _("未能分配到 %(code)s：%(why)s") % {"code": to.code, "why": why})
    if made.new or made.linked:
        messages.success(request, _("已分配到 %(code)s。") % {"code": to.code})


def standing(customer: Customer, user) -> list[dict]:
    """The company sets that carry the customer: {ledger, number, url, at, by}; number and link only for who belongs there."""
    rows = Assignment.objects.filter(master=customer, ended_at=None).select_related("ledger", "copy", "by")
    mine = {each.pk: Actor.of(user, each.pk, Door.WEB) for each in Ledger.objects.of_member(user)}
    found = []
    for row in rows.order_by("ledger__code"):
        actor = mine.get(row.ledger_id)
        sees = actor is not None and Customer.objects.visible_to(actor).filter(pk=row.copy_id).exists()
        found.append(
            {
                "ledger": row.ledger,
                "number": row.copy.number if sees and actor.may_read("number") else "",
                "url": reverse("customer_detail", args=[row.ledger.code, row.copy_id]) if sees else "",
                "at": row.at,
                "by": row.by,
            }
        )
    return found


def _offers(request: HttpRequest, customer: Customer) -> list[dict]:
    """Company sets that do not carry the customer: what would happen there."""
    offers = []
    for company in services.company_ledgers(request.ledger, request.user):
        made = services.plan([customer], company, by=request.actor)
        if made.already:
            continue
        linked = made.linked[0][1] if made.linked else None
        why = made.refused[0][1] if made.refused else ""
        offers.append({"ledger": company, "linked": linked, "refused": why})
    return offers
