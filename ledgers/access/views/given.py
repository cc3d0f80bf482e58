"""账套设置 → 部门授权 and 个人例外: what is given past a person's own roles.

What lives here: pages. What does not: the verbs (``access.departments``, ``access.exceptions``).
"""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from erp_site.shared.errors import BusinessError
from permissions import naming
from permissions.models import Department, DepartmentRole, Override, User
from permissions.organisation import trees
from permissions.organisation.forms import label_of, proposed_people
from permissions.rights import Right

from ...pages import attempt, needs, put_on_form, render_settings
from .. import dating, departments, exceptions
from ..forms import DepartmentRoleForm, OverrideForm

DEPARTMENTS, EXCEPTIONS = "department_role_list", "override_list"
ON_A_PAGE = 50


@require_http_methods(["GET", "POST"])
@needs(Right.MEMBERS)
def department_role_list(request: HttpRequest) -> HttpResponse:
    """Which departments have which roles, and how many people that reaches; posting gives one, or changes it."""
    form = DepartmentRoleForm(request.POST or None, ledger=request.ledger)
    if request.method == "POST" and form.is_valid() and _given(request, form):
        return redirect(DEPARTMENTS, request.ledger.code)
    context = {"form": form, "rows": _department_rows(request)}
    return render_settings(request, "settings/access/departments.html", DEPARTMENTS, context)


def _given(request: HttpRequest, form: DepartmentRoleForm) -> bool:
    data = form.cleaned_data
    department = get_object_or_404(Department, pk=data["department"])
    role = get_object_or_404(request.ledger.roles, pk=data["role"])
    more = {name: data[name] for name in ("with_below", "starts_on", "ends_on")}
    try:
        departments.give(request.ledger, department, role, by=request.user, **more)
    except BusinessError as problem:
        put_on_form(form, problem)
        return False
    words = {"department": department, "role": role}
    messages.success(request, _("部门「%(department)s」的人现在都有角色「%(role)s」。") % words)
    return True


def _department_rows(request: HttpRequest) -> list[dict[str, Any]]:
    rows = DepartmentRole.objects.filter(ledger=request.ledger).select_related("department", "role")
    above = dict(Department.objects.values_list("pk", "parent_id"))
    people: dict[int, int] = {}
    for department in User.objects.filter(is_active=True).exclude(department=None).values_list("department", flat=True):
        people[department] = people.get(department, 0) + 1
    found = []
    for row in rows.order_by("department__code", "role__code"):
        reached = trees.below(above, row.department_id) if row.with_below else {row.department_id}
        state = dating.state(row, is_blocked=not row.role.is_active, why=_("角色已停用"))
        found.append({"row": row, "state": state, "people": sum(people.get(pk, 0) for pk in reached)})
    return found


@require_POST
@needs(Right.MEMBERS)
def department_role_remove(request: HttpRequest, pk: int) -> HttpResponse:
    rows = DepartmentRole.objects.select_related("ledger", "department", "role")
    given = get_object_or_404(rows, ledger=request.ledger, pk=pk)
    done = _("部门「%(department)s」不再有角色「%(role)s」。") % {"department": given.department, "role": given.role}
    attempt(request, lambda: departments.take(given, by=request.user), done)
    return redirect(DEPARTMENTS, request.ledger.code)


@require_http_methods(["GET", "POST"])
@needs(Right.MEMBERS)
def override_list(request: HttpRequest) -> HttpResponse:
    """Who has what by exception, until when and why; posting makes one. ``user`` in the address fills the form in."""
    asked = request.GET.get("user", "")
    initial = {"user": int(asked)} if asked.isdecimal() and len(asked) < 10 else {}
    form = OverrideForm(request.POST or None, ledger=request.ledger, initial=initial)
    if request.method == "POST" and form.is_valid() and _excepted(request, form):
        return redirect(EXCEPTIONS, request.ledger.code)
    rows = Override.objects.filter(ledger=request.ledger).select_related("user", "given_by").order_by("-pk")
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    labels = naming.labels_of(request.ledger.pk)
    page.object_list = [
        {"row": row, "told": exceptions.told(row, labels), "state": dating.state(row)} for row in page.object_list
    ]
    context = {"form": form, "page": page, "people_names": proposed_people()}
    return render_settings(request, "settings/access/exceptions.html", EXCEPTIONS, context)


def _excepted(request: HttpRequest, form: OverrideForm) -> bool:
    user = form.cleaned_data["user"]
    try:
        exceptions.give(request.ledger, user, by=request.user, **form.values())
    except BusinessError as problem:
        put_on_form(form, problem)
        return False
    messages.success(request, _("已为「%(user)s」设置例外。") % {"user": label_of(user)})
    return True


@require_POST
@needs(Right.MEMBERS)
def override_remove(request: HttpRequest, pk: int) -> HttpResponse:
    made = get_object_or_404(Override.objects.select_related("ledger", "user"), ledger=request.ledger, pk=pk)
    done = _("已取消「%(user)s」的例外。") % {"user": made.user}
    attempt(request, lambda: exceptions.take(made, by=request.user), done)
    return redirect(EXCEPTIONS, request.ledger.code)
