"""The pages of the organisation: departments, companies, positions, people.

What lives here: HTTP. What does not: rules (the verbs of each topic) and the spreadsheet import, which crosses the border and stands
higher. No page shows anything of a customer but how many there are.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from erp_site.shared.errors import BusinessError, NotAllowed

from ..models import Company, Department, Position, User
from . import access, companies, departments, following, leaving, people, positions, trees
from .forms import (
    AbsorbForm,
    CompanyForm,
    DepartmentForm,
    FollowForm,
    LeaveForm,
    PersonForm,
    PositionForm,
    proposed_people,
)

PAGE_SIZE = 50
_FORM_METHODS = ["GET", "HEAD", "POST"]


def show(request: HttpRequest, template: str, tab: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page of the organisation: ``context`` plus the tabs, and whether the reader may change anything."""
    may = access.may_change(request.user)
    tabs = [
        ("organisation", _("部门"), "hierarchy"),
        ("people_list", _("人员"), "users"),
        ("company_list", _("公司"), "building"),
        ("position_list", _("职位"), "id-badge-2"),
    ]
    frame = {
        "tabs": [
            {"label": label, "url": reverse(name), "icon": icon, "active": name == tab} for name, label, icon in tabs
        ],
        "may": may,
    }
    return render(request, template, {**frame, **context}, status=status)


def _attempt(request: HttpRequest, act: Callable[[], Any], done: str) -> bool:
    """Run a verb that has no form; its refusal becomes a message."""
    try:
        act()
    except NotAllowed:
        raise
    except BusinessError as problem:
        messages.error(request, f"{problem.message}{problem.remedy}")
        return False
    messages.success(request, done)
    return True


def _text(request: HttpRequest, key: str, longest: int) -> str:
    """A text of the address, cut, without the one sign that a database refuses."""
    return request.GET.get(key, "").replace("\x00", "")[:longest]


def _saved(form: forms.Form, act: Callable[[], Any]) -> Any:
    """What the verb gives, or None with its refusal on the form."""
    try:
        return act()
    except NotAllowed:
        raise
    except BusinessError as problem:
        form.add_error(problem.field if problem.field in form.fields else None, f"{problem.message}{problem.remedy}")
        return None


def _status(form: forms.Form) -> int:
    return 422 if form.is_bound and form.errors else 200


# --- departments --------------------------------------------------------------------------------------------------------


@require_GET
@access.page
def organisation(request: HttpRequest) -> HttpResponse:
    """The tree of departments."""
    query = _text(request, "q", 60)
    nodes = departments.tree(query)
    return show(request, "organisation/departments.html", "organisation", {"nodes": nodes, "query": query})


@require_http_methods(_FORM_METHODS)
@access.page
def department_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One department: its form, what is in it, and the ways out; a new one under ``?parent=``."""
    related = Department.objects.select_related("parent", "company", "head")
    department = get_object_or_404(related, pk=pk) if pk else None
    if department is None:
        access.require_change(request.user)
        initial = {"parent": request.GET.get("parent", "")}
    else:
        names = ("code", "name", "company", "head")
        initial = {name: getattr(department, name) for name in names} | {"parent": department.parent_id}
    form = DepartmentForm(request.POST or None, department=department, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = _saved(form, lambda: departments.save(**form.cleaned_data, by=request.user, department=department))
        if saved:
            messages.success(request, _("已保存部门「%(name)s」。") % {"name": saved.name})
            return redirect("organisation")
    context = {"form": form, "department": department, "people_names": proposed_people()}
    if department:
        context |= {
            "contents": departments.contents(department),
            "people": people.search(department=None).filter(department=department)[:PAGE_SIZE],
            "absorb_form": AbsorbForm(department=department),
        }
    return show(request, "organisation/department.html", "organisation", context, _status(form))


@require_POST
@access.page
def department_toggle(request: HttpRequest, pk: int) -> HttpResponse:
    """停用 or 启用: the wanted state is posted, so that pressing twice is pressing once."""
    department = get_object_or_404(Department, pk=pk)
    active = request.POST.get("active") == "1"
    done = (_("已启用「%(name)s」。") if active else _("已停用「%(name)s」。")) % {"name": department.name}
    _attempt(request, lambda: departments.set_active(department, active, by=request.user), done)
    return redirect("department_edit", pk)


@require_POST
@access.page
def department_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Under another parent, as the tree's own control posts it; an empty parent is the top."""
    department = get_object_or_404(Department, pk=pk)
    parent = request.POST.get("parent", "")
    target = (
        get_object_or_404(Department, pk=parent if parent.isdecimal() and len(parent) < 19 else 0) if parent else None
    )
    done = _("已把「%(name)s」移到「%(parent)s」下。") % {"name": department.name, "parent": target or _("最高一级")}
    _attempt(request, lambda: departments.move(department, target, by=request.user), done)
    return redirect("organisation")


@require_POST
@access.page
def department_absorb(request: HttpRequest, pk: int) -> HttpResponse:
    """全部移到…"""
    department = get_object_or_404(Department, pk=pk)
    form = AbsorbForm(request.POST, department=department)
    if not form.is_valid():
        messages.error(request, _("请选择要移到的部门。"))
        return redirect("department_edit", pk)
    target = form.cleaned_data["target"]
    try:
        moved = departments.absorb(department, target, by=request.user)
    except NotAllowed:
        raise
    except BusinessError as problem:
        messages.error(request, f"{problem.message}{problem.remedy}")
    else:
        text = _("已移到「%(target)s」：%(people)s 人、%(children)s 个下级部门。")
        if moved.sets:
            text += _("%(sets)s 个账套的客户正在后台移交。")
        about = {"target": target.name, "people": moved.people, "children": moved.children, "sets": moved.sets}
        messages.success(request, text % about)
    return redirect("department_edit", pk)


# --- companies and positions ----------------------------------------------------------------------------------------------


@require_http_methods(_FORM_METHODS)
@access.page
def company_list(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The tree of companies, and the form of one: a new one, or ``pk``."""
    company = get_object_or_404(Company.objects.select_related("parent"), pk=pk) if pk else None
    initial = {"parent": request.GET.get("parent", "")}
    if company:
        initial = {name: getattr(company, name) for name in ("code", "name", "uscc")} | {"parent": company.parent_id}
    form = CompanyForm(request.POST or None, company=company, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = _saved(form, lambda: companies.save(**form.cleaned_data, by=request.user, company=company))
        if saved:
            messages.success(request, _("已保存公司「%(name)s」。") % {"name": saved.name})
            return redirect("company_list")
    counted = Count("departments", filter=Q(departments__is_active=True))
    rows = {row.pk: row for row in Company.objects.annotate(used=counted).order_by("code")}
    nodes = [{"company": rows[key], "depth": depth} for key, depth in trees.ordered(trees.parents_of(rows.values()))]
    context = {"nodes": nodes, "form": form, "editing": company}
    return show(request, "organisation/companies.html", "company_list", context, _status(form))


@require_POST
@access.page
def company_toggle(request: HttpRequest, pk: int) -> HttpResponse:
    company = get_object_or_404(Company, pk=pk)
    active = request.POST.get("active") == "1"
    done = (_("已启用「%(name)s」。") if active else _("已停用「%(name)s」。")) % {"name": company.name}
    _attempt(request, lambda: companies.set_active(company, active, by=request.user), done)
    return redirect("company_list")


@require_http_methods(_FORM_METHODS)
@access.page
def position_list(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The positions, and the form of one: a new one, or ``pk``."""
    position = get_object_or_404(Position, pk=pk) if pk else None
    initial = {name: getattr(position, name) for name in ("code", "name", "rank")} if position else None
    form = PositionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = _saved(form, lambda: positions.save(**form.cleaned_data, by=request.user, position=position))
        if saved:
            messages.success(request, _("已保存职位「%(name)s」。") % {"name": saved.name})
            return redirect("position_list")
    counted = Count("users", filter=Q(users__is_active=True))
    context = {"positions": Position.objects.annotate(used=counted), "form": form, "editing": position}
    return show(request, "organisation/positions.html", "position_list", context, _status(form))


@require_POST
@access.page
def position_toggle(request: HttpRequest, pk: int) -> HttpResponse:
    position = get_object_or_404(Position, pk=pk)
    active = request.POST.get("active") == "1"
    done = (_("已启用「%(name)s」。") if active else _("已停用「%(name)s」。")) % {"name": position.name}
    _attempt(request, lambda: positions.set_active(position, active, by=request.user), done)
    return redirect("position_list")


# --- people -------------------------------------------------------------------------------------------------------------


@require_GET
@access.page
def people_list(request: HttpRequest) -> HttpResponse:
    """People page by page, by user name; searched and filtered."""
    query, state = _text(request, "q", 60), _text(request, "state", 10)
    chosen = request.GET.get("department", "")
    department = Department.objects.filter(pk=chosen).first() if chosen.isdecimal() and len(chosen) < 19 else None
    rows = people.search(query, department=department, state=state)
    after = _text(request, "after", 150)
    found = list((rows.filter(username__gt=after) if after else rows)[: PAGE_SIZE + 1])
    kept = {key: value for key, value in (("q", query), ("state", state), ("department", chosen)) if value}
    address = reverse("people_list")
    context = {
        "people": found[:PAGE_SIZE],
        "count": rows.count(),
        "query": query,
        "state": state,
        "department": department,
        "departments": departments.options(),
        "first_url": f"{address}?{urlencode(kept)}" if after else "",
        "next_url": f"{address}?{urlencode(kept | {'after': found[PAGE_SIZE - 1].username})}"
        if len(found) > PAGE_SIZE
        else "",
    }
    return show(request, "organisation/people.html", "people_list", context)


@require_http_methods(_FORM_METHODS)
@access.page
def person_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One person. When a change takes him to another department, his customers are asked about before anything is saved."""
    person = _person(pk) if pk else None
    if person is None:
        access.require_change(request.user)
    names = ("username", "display_name", "email", "position", "superior")
    initial = {name: getattr(person, name) for name in names} | {"department": person.department_id} if person else {}
    form = PersonForm(request.POST or None, person=person, initial=initial)
    if request.method == "POST" and form.is_valid():
        answer = _save_person(request, form, person)
        if answer:
            return answer
    context = {"form": form, "person": person, "people_names": proposed_people()}
    if person:
        context |= _about_person(request, person)
    return show(request, "organisation/person.html", "people_list", context, _status(form))


def _person(pk: int) -> User:
    return get_object_or_404(User.objects.select_related("department", "position", "superior"), pk=pk)


def _about_person(request: HttpRequest, person: User) -> dict[str, Any]:
    may = access.may_change_person(request.user, person)
    return {
        "may_person": may,
        "subordinates": people.subordinates(person)[:PAGE_SIZE],
        "heads": Department.objects.filter(head=person, is_active=True),
        "holdings": following.of_person(person) if may else [],
        "has_password": person.has_usable_password(),
    }


def _save_person(request: HttpRequest, form: PersonForm, person: User | None) -> HttpResponse | None:
    data = form.cleaned_data
    has_moved = person is not None and data["department"] is not None and person.department != data["department"]
    holdings = following.of_person_in(person, person.department) if has_moved else []
    follow = FollowForm(request.POST if "asked" in request.POST else None, holdings=holdings)
    if any(each.is_writable for each in holdings) and not (follow.is_bound and follow.is_valid()):
        context = {"form": form, "person": person, "follow": follow, "holdings": holdings, "target": data["department"]}
        return show(request, "organisation/person_move.html", "people_list", context)
    wanted = follow.cleaned_data["follow"] if follow.is_bound and follow.is_valid() else []
    saved = _saved(form, lambda: people.save(**data, by=request.user, person=person, follow=wanted))
    if saved is None:
        return None
    text = _("已保存「%(person)s」。") % {"person": saved.person}
    if saved.sets:
        text += _("%(sets)s 个账套的客户正在后台变更部门。") % {"sets": saved.sets}
    messages.success(request, text)
    return redirect("person_edit", saved.person.pk)


@require_http_methods(_FORM_METHODS)
@access.change_page
def person_leave(request: HttpRequest, pk: int) -> HttpResponse:
    """办理离职."""
    person = _person(pk)
    access.require_change_person(request.user, person)
    subordinates = people.subordinates(person)
    heads = Department.objects.filter(head=person, is_active=True)
    form = LeaveForm(
        request.POST or None,
        needs_superior=subordinates.exists(),
        needs_head=heads.exists(),
        initial={"superior": person.superior if person.superior and person.superior.is_active else None},
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        saved = _saved(
            form,
            lambda: leaving.leave(
                person, on=data["on"], superior=data.get("superior"), head=data.get("head"), by=request.user
            ),
        )
        if saved:
            done = (
                _("「%(person)s」已离职，登录已停止。")
                if not saved.is_active
                else _("「%(person)s」的离职日期已登记。")
            )
            messages.success(request, done % {"person": saved})
            return redirect("person_edit", pk)
    context = {
        "form": form,
        "person": person,
        "subordinates": subordinates[:PAGE_SIZE],
        "heads": heads,
        "holdings": following.of_person(person),
        "objections": leaving.objections(person),
        "also_ends": [sentence for ask in following.also_ends for sentence in ask(person)],
        "people_names": proposed_people(),
    }
    return show(request, "organisation/leave.html", "people_list", context, _status(form))


@require_POST
@access.page
def person_return(request: HttpRequest, pk: int) -> HttpResponse:
    """恢复在职, or the leaving that was entered for a later day is taken back."""
    person = _person(pk)
    done = _("「%(person)s」已恢复在职；账套成员资格请由各账套重新授予。") % {"person": person}
    _attempt(request, lambda: leaving.come_back(person, by=request.user), done)
    return redirect("person_edit", pk)


@require_POST
@access.page
def person_password(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out a first password. The answer itself shows it, so that it is stored nowhere but as a hash."""
    person = _person(pk)
    try:
        password = people.hand_out_password(person, by=request.user)
    except NotAllowed:
        raise
    except BusinessError as problem:
        messages.error(request, f"{problem.message}{problem.remedy}")
        return redirect("person_edit", pk)
    return show(request, "organisation/password.html", "people_list", {"person": person, "password": password})
