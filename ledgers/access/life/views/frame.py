"""The frame of pages that everybody of a set opens: 账套设置 for who manages members, a small one of its own for the others."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError, NotAllowed
from permissions.rights import Right

from ....pages import put_on_form, render_settings


def show(request: HttpRequest, template: str, current: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """``template`` extends ``frame`` and fills the block ``settings``; ``current`` is a url name."""
    if request.actor.can(Right.MEMBERS):
        return render_settings(request, template, current, {"frame": "settings/base.html", **context}, status)
    tabs = [
        {"label": label, "url": reverse(name, args=[request.ledger.code]), "active": name == current}
        for name, label in (("right_request_list", _("权限申请")), ("delegation_list", _("代理")))
    ]
    frame = {
        "frame": "access/life/frame.html",
        "tabs": tabs,
        "read_only": request.ledger.state == request.ledger.State.ARCHIVED,
    }
    return render(request, template, {**frame, **context}, status=status)


def put(form: forms.Form, problem: BusinessError) -> None:
    """A verb's refusal on the form; a missing right is no fault of the form and passes through."""
    if isinstance(problem, NotAllowed):
        raise problem
    put_on_form(form, problem)


def status_of(form: forms.Form) -> int:
    """422 for a form that was posted and refused."""
    return 422 if form.is_bound and form.errors else 200
