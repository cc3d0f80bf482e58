"""权限说明, 我的权限, 权限试算: pages that answer and change nothing.

What lives here: HTTP. What does not: the answers (``explaining``, ``reasons``, ``remedies``, ``whatif``).
"""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ledgers import refusals
from ledgers.pages import needs, render_settings
from ledgers.services import simulating
from permissions import everybody, naming
from permissions.actor import Actor, Door
from permissions.loading import grants_of
from permissions.models import Role
from permissions.rights import Right, Scope

from ..fields import Catalogue
from ..models import Customer
from ..presenting import Presenter
from ..services import blocks, lifecycle, reviews, status
from ..services import naming as names
from . import asking, explaining, remedies, whatif
from .forms import ExplainForm, RoleChangeForm, WhatIfForm
from .reasons import Reasons

PAGE = "rights_explain"
_HOLDERS = 5  # holders of a changed role who are told one by one


@never_cache
@require_safe
@needs(Right.MEMBERS)
def rights_explain(request: HttpRequest) -> HttpResponse:
    """What a chosen person may, and why; about one customer or field, if asked."""
    form = ExplainForm(request.GET or None, ledger=request.ledger)
    context: dict[str, Any] = {"form": form, "tabs": _tabs(request, PAGE), "is_own": False}
    if form.is_bound and form.is_valid():
        person = form.cleaned_data["user"]
        actor = Actor.of(person, request.ledger.pk, Door.WEB)
        context |= {"objection": simulating.objection(actor, request.actor)}
        context |= _explained(request, actor, form.cleaned_data)
    return render_settings(request, "settings/access/explain.html", PAGE, context, status=_status(form))


@never_cache
@require_safe
def my_rights(request: HttpRequest) -> HttpResponse:
    """我的权限: the same about oneself, for everybody in the set."""
    form = ExplainForm(request.GET or None, ledger=request.ledger, with_person=False)
    asked = form.cleaned_data if form.is_bound and form.is_valid() else {"customer": "", "field": ""}
    own = replace(request.actor, seen_by=None)
    context = {"form": form, "is_own": True, "apply_urls": _apply_urls(request)}
    return render(request, "customers/my_rights.html", context | _explained(request, own, asked), status=_status(form))


def _status(form) -> int:
    return 422 if form.is_bound and not form.is_valid() else 200


def _tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    code, person = request.ledger.code, request.GET.get("user", "")
    tabs = ((PAGE, _("权限说明"), "help"), ("rights_whatif", _("试算"), "git-compare"), ("rights_whatif_role", _("改角色试算"), "users"),
            ("simulation_start", _("以他人身份查看"), "eye"))  # fmt: skip
    query = f"?user={person}" if person.isdecimal() else ""
    return [
        {"label": label, "url": reverse(name, args=[code]) + (query if name != "rights_whatif_role" else ""),
         "active": name == current, "icon": icon}
        for name, label, icon in tabs
    ]  # fmt: skip


def _apply_urls(request: HttpRequest) -> dict[str, str]:
    """Right → where one asks for it, of those that the reader has not."""
    return {
        str(right): url
        for right in Right
        if not request.actor.can(right) and (url := refusals.apply_url(request, right=right))
    }


def _field_apply_url(request: HttpRequest, actor: Actor, key: str) -> str:
    """Where the reader asks for a field that he may not read whole himself."""
    is_own = actor.user_id == request.user.pk
    return refusals.apply_url(request, field=key) if key and is_own and not actor.may_read(key) else ""


def _explained(request: HttpRequest, actor: Actor, asked: dict[str, Any]) -> dict[str, Any]:
    """Template variables about a person, the customer that is asked about, and the field."""
    ledger, reader = request.ledger, request.actor
    named = {each.key: each for each in naming.fields_of(ledger.pk)}
    context = {
        "person": actor.user,
        "explained": explaining.explain(ledger, actor, reader),
        "field": explaining.field_line(actor, named[asked["field"]]) if asked["field"] else None,
        "field_apply_url": _field_apply_url(request, actor, asked["field"]),
        "is_member": actor.is_member,
        "may_view": actor.can(Right.VIEW),
    }
    text, pk = asked["customer"].strip(), request.GET.get("pk", "")
    if not (text or pk):
        return context
    chosen = asking.by_pk(reader, pk) if pk else None
    found = [chosen] if chosen else asking.by_text(reader, text, Catalogue.of(ledger)) if text else []
    if len(found) == 1:
        return context | _about_customer(request, actor, found[0])
    presenter = Presenter(Catalogue.of(ledger), reader)
    return context | {
        "text": text,
        "not_found": not found,
        "choices": [_choice(request, each, presenter) for each in found],
    }


def _choice(request: HttpRequest, customer: Customer, presenter: Presenter) -> dict[str, str]:
    query = request.GET.copy()
    query["pk"] = str(customer.pk)
    return {"url": f"?{query.urlencode()}", "label": _called(customer, presenter)}


def _called(customer: Customer, presenter: Presenter) -> str:
    """Number and name, as the reader may know them."""
    fields = presenter.catalogue.readable(presenter.actor, [presenter.catalogue.get(key) for key in ("number", "name")])
    cells = presenter.row(customer, fields)
    return " ".join(each.text for each in cells if each.text) or _("（无权查看名称）")


def _about_customer(request: HttpRequest, actor: Actor, customer: Customer) -> dict[str, Any]:
    reasons = Reasons(customer, request.actor)
    verdict = reasons.of(actor)
    is_own = actor.user_id == request.actor.user_id
    manages = request.actor.can(Right.MEMBERS) and not request.simulation
    viewers = reasons.viewers(everybody.actors_of(request.ledger.pk)) if manages and not is_own else []
    return {
        "customer": customer,
        "called": _called(customer, reasons.presenter),
        "verdict": verdict,
        "remedies": remedies.for_customer(reasons, verdict, actor) if not is_own else [],
        "card_buttons": _buttons(customer, actor) if verdict.sees else [],
        "viewers": viewers,
        "viewer_count": sum(each.count for each in viewers),
    }


def _buttons(customer: Customer, actor: Actor) -> list[dict[str, Any]]:
    """The buttons on the customer's page, and whether this person gets them."""
    is_active = customer.ledger.is_active
    found = (
        (_("编辑"), actor.can(Right.EDIT) and is_active),
        (_("改变合作状态"), status.may_change(customer, actor)),
        (_("改名"), names.may_rename(customer, actor)),
        (_("冻结"), blocks.may_block(customer, actor)),
        (_("已复核"), reviews.may_confirm(customer, actor)),
        (_("停用"), lifecycle.can_deactivate(customer, actor)),
        (_("恢复"), lifecycle.can_reactivate(customer, actor)),
    )
    return [{"label": label, "has": has} for label, has in found]


# --- 试算 ---------------------------------------------------------------------------------------------------------------------


@never_cache
@require_safe
@needs(Right.MEMBERS)
def rights_whatif(request: HttpRequest) -> HttpResponse:
    """If somebody also had these roles, or had not those."""
    has_asked = "added" in request.GET or "removed" in request.GET or "ask" in request.GET
    form = WhatIfForm(request.GET if has_asked else None, ledger=request.ledger, initial=request.GET.dict())
    context: dict[str, Any] = {"form": form, "tabs": _tabs(request, "rights_whatif")}
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        before = Actor.of(data["user"], request.ledger.pk, Door.WEB)
        chosen = {key: [int(pk) for pk in data[key]] for key in ("added", "removed")}
        result = whatif.compare(request.ledger, before, whatif.with_roles(before, **chosen))
        context |= {"person": data["user"], "result": result}
    return render_settings(request, "settings/access/whatif.html", PAGE, context, status=_status(form))


@never_cache
@require_safe
@needs(Right.MEMBERS)
def rights_whatif_role(request: HttpRequest) -> HttpResponse:
    """If a role were so: what each of its holders would gain or lose."""
    roles = list(Role.objects.filter(ledger=request.ledger, is_active=True).order_by("code"))
    role = next((each for each in roles if str(each.pk) == request.GET.get("role", "")), None)
    context: dict[str, Any] = {"roles": roles, "role": role, "tabs": _tabs(request, "rights_whatif_role")}
    if role is None:
        return render_settings(request, "settings/access/whatif_role.html", PAGE, context)
    (grant,) = grants_of([(role.pk, "")])
    begin = {"rights": sorted(grant.rights), "sensitive_level": grant.sensitive_level}
    form = RoleChangeForm(request.GET if "sensitive_level" in request.GET else None, initial=begin)
    if form.is_bound and form.is_valid():
        context |= _with_changed(request, grant, form.cleaned_data)
    context |= {"form": form, "scopes": whatif.scope_words(request.ledger, grant)}
    return render_settings(request, "settings/access/whatif_role.html", PAGE, context, status=_status(form))


def _with_changed(request: HttpRequest, grant, data: dict[str, Any]) -> dict[str, Any]:
    """The first holders of the role, each with what would change; and how many hold it."""
    scopes = ((Scope(data["scope"]), ()),) if data["scope"] else grant.scopes
    changed = replace(
        grant, rights=frozenset(data["rights"]), own_rights=frozenset(data["rights"]), scopes=scopes,
        sensitive_level=data["sensitive_level"], denied=grant.denied,
    )  # fmt: skip
    holders = [each for each in everybody.actors_of(request.ledger.pk) if any(r.pk == grant.pk for r in each.roles)]
    told = [
        {"person": each.user, "result": whatif.compare(request.ledger, each, whatif.with_changed_role(each, changed))}
        for each in holders[:_HOLDERS]
    ]
    return {"told": told, "holders": len(holders), "asked": True}
