"""Pages of 授权共享: the shares of one customer, and sharing several that were ticked in the list.

What lives here: HTTP and the form's shape. What does not: who may share, and the verbs (``sharing``).
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from erp_site.shared.errors import BusinessError, NotAllowed
from ledgers.pages import attempt, put_on_form
from permissions.actor import Actor
from permissions.models import Role, User
from permissions.rights import Right

from ..fields import Catalogue
from ..models import Customer
from ..presenting import Presenter
from ..services.changing import is_view_only
from ..views.fetching import visible_customer
from . import sharing


class ShareForm(forms.Form):
    """With whom, how much, until when, why; ``holders`` are "u12" or "r5"."""

    holders = forms.ChoiceField(label=gettext_lazy("共享给"))
    level = forms.ChoiceField(
        label=gettext_lazy("可以"),
        choices=[("view", gettext_lazy("查看")), ("edit", gettext_lazy("查看和编辑"))],
        help_text=gettext_lazy("能看哪些字段、能做什么，仍按对方自己的角色"),
    )
    ends_on = forms.DateField(
        label=gettext_lazy("共享到"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reason = forms.CharField(
        label=gettext_lazy("原因"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args, ledger, by: Actor, may_share_edit: bool = True, **kwargs):
        super().__init__(*args, **kwargs)
        people, roles = sharing.holders(ledger, by)
        self._known = {sharing.key_of(each): each for each in (*people, *roles)}
        self.fields["holders"].choices = [
            ("", _("请选择")),
            (_("人员"), [(sharing.key_of(each), _person(each)) for each in people]),
            (_("角色（该角色的全部成员）"), [(sharing.key_of(each), str(each)) for each in roles]),
        ]
        if not may_share_edit:
            self.fields["level"].choices = self.fields["level"].choices[:1]
        self.initial.setdefault("ends_on", sharing.usual_day(ledger))
        self.fields["ends_on"].help_text = _("最晚 %(day)s，到期自动失效") % {"day": sharing.last_day(ledger)}

    def given(self) -> dict[str, Any]:
        """The arguments of ``sharing.share``."""
        data = self.cleaned_data
        return {
            "holders": [self._known[data["holders"]]],
            "may_edit": data["level"] == "edit",
            "ends_on": data["ends_on"],
            "reason": data["reason"],
        }


def _person(user: User) -> str:
    return f"{user}（{user.department}）" if user.department else str(user)


class DayForm(forms.Form):
    ends_on = forms.DateField(label=gettext_lazy("共享到"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def customer_shares(request: HttpRequest, pk: int) -> HttpResponse:
    """共享: who sees the customer through a share, and the form that gives another."""
    customer, actor = visible_customer(request, pk), request.actor
    why_not = sharing.objection(customer, actor)
    if request.method == "POST" and why_not:
        raise NotAllowed(_("您不能共享这位客户。"), rule=why_not, remedy=_("请联系客户的负责人或账套主管。"))
    may_share_edit = actor.can(Right.EDIT) and not is_view_only(customer, actor)
    form = (
        None
        if why_not
        else ShareForm(request.POST or None, ledger=request.ledger, by=actor, may_share_edit=may_share_edit)
    )
    if form is not None and form.is_bound and form.is_valid() and _share([customer], form, actor):
        messages.success(request, _("已共享。"))
        return redirect("customer_shares", request.ledger.code, pk)
    context = {
        "customer": customer,
        "form": form,
        "why_not": why_not,
        **_called(request, customer),
        **sharing.card(customer, actor),
    }
    return render(request, "customers/sharing/customer.html", context, status=422 if form and form.errors else 200)


def _share(customers: list[Customer], form: ShareForm, by: Actor) -> bool:
    """Whether the verb agreed; what speaks against it stands on the form."""
    try:
        sharing.share(customers, by=by, **form.given())
    except NotAllowed:
        raise
    except BusinessError as problem:
        put_on_form(form, problem)
        return False
    return True


def _called(request: HttpRequest, customer: Customer) -> dict[str, str]:
    presenter = Presenter(Catalogue.of(request.ledger), request.actor)
    fields = {key: presenter.catalogue.get(key) for key in ("name", "number", "owner", "department")}
    return {
        key: presenter.shown(field, presenter.value(customer, field)).text if field else ""
        for key, field in fields.items()
    }


def _holder(request: HttpRequest) -> User | Role:
    """The holder that a form names; raises BusinessError for one that is not there."""
    key = request.POST.get("holder", "")
    pk = int(key[1:]) if key[1:].isdecimal() and len(key) < 20 else 0
    rows = Role.objects.filter(ledger=request.ledger) if key[:1] == "r" else User.objects.all()
    found = rows.filter(pk=pk).first()
    if found is None:
        raise BusinessError(_("这项共享已经结束。"), code="share.gone", remedy=_("请刷新页面查看最新情况。"))
    return found


@require_POST
def customer_share_end(request: HttpRequest, pk: int) -> HttpResponse:
    """结束共享. Who ends what was shared with himself may see the customer no more."""
    customer, reason = visible_customer(request, pk), request.POST.get("reason", "")
    attempt(
        request, lambda: sharing.end(customer, _holder(request), by=request.actor, reason=reason), _("已结束共享。")
    )
    if not Customer.objects.visible_to(request.actor).filter(pk=pk).exists():
        return redirect("customer_list", request.ledger.code)
    return redirect("customer_shares", request.ledger.code, pk)


@require_POST
def customer_share_extend(request: HttpRequest, pk: int) -> HttpResponse:
    """延长 (or shorten) a share."""
    customer, form = visible_customer(request, pk), DayForm(request.POST)
    day = form.cleaned_data["ends_on"] if form.is_valid() else None
    attempt(request, lambda: sharing.extend(customer, _holder(request), day, by=request.actor), _("已更改共享期限。"))
    return redirect("customer_shares", request.ledger.code, pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def share_many(request: HttpRequest) -> HttpResponse:
    """共享选中的客户: those ticked in the list (``ids``), as far as the actor sees and may share them."""
    actor = request.actor
    actor.require(Right.VIEW)
    given = request.POST.get("ids", "") if request.method == "POST" else request.GET.get("ids", "")
    customers = _picked(given, actor)
    if not customers:
        messages.warning(request, _("请先在列表中勾选客户。"))
        return redirect("customer_list", request.ledger.code)
    refused = sharing.objections(customers, actor)
    allowed = [customer for customer in customers if customer.pk not in refused]
    form = ShareForm(request.POST or None, ledger=request.ledger, by=actor) if allowed else None
    if form is not None and form.is_bound and form.is_valid() and _share(allowed, form, actor):
        messages.success(request, _("已共享 %(count)s 位客户。") % {"count": len(allowed)})
        return redirect("customer_list", request.ledger.code)
    presenter = Presenter(Catalogue.of(request.ledger), actor)
    rows = [{"customer": each, "why": refused.get(each.pk, ""), **_names(each, presenter)} for each in customers]
    context = {"form": form, "rows": rows, "count": len(allowed), "ids": " ".join(str(each.pk) for each in customers)}
    return render(request, "customers/sharing/many.html", context, status=422 if form and form.errors else 200)


def _picked(text: str, actor: Actor) -> list[Customer]:
    ids = {
        int(each) for each in text.replace(",", " ").split()[: sharing.AT_ONCE] if each.isdecimal() and len(each) < 19
    }
    return (
        list(Customer.objects.visible_to(actor).filter(pk__in=ids).select_related("ledger").order_by("-id"))
        if ids
        else []
    )


def _names(customer: Customer, presenter: Presenter) -> dict[str, str]:
    return {
        key: presenter.shown(field, presenter.value(customer, field)).text
        for key in ("number", "name")
        if (field := presenter.catalogue.get(key))
    }
