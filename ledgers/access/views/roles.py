"""账套设置 → 角色: the list, one role on one page, one field over all roles.

What lives here: pages. What does not: what a role may be (``access.roles``), and the shape of what is posted (``access.forms``).
"""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erp_site.shared.errors import BusinessError
from permissions import everybody, naming
from permissions.loading import grants_of
from permissions.models import Role
from permissions.rights import ROLE_TEMPLATES, Level, Right

from ...forms.members import role_descriptions
from ...pages import attempt, needs, put_on_form, render_settings
from .. import fields, own, roles, wording
from ..forms import RoleForm, Sheet, levels_of_roles, posted
from ..life import duties
from ..scoping import Words

PAGE = "role_list"


@require_safe
@needs(Right.MEMBERS)
def role_list(request: HttpRequest) -> HttpResponse:
    """Every role in words, with how many people have it."""
    rows = list(request.ledger.roles.select_related("parent"))
    order = list(ROLE_TEMPLATES)
    rows.sort(key=lambda row: (not row.is_active, order.index(row.code) if row.code in order else len(order), row.code))
    words, counts = Words(request.ledger), own.headcounts(everybody.actors_of(request.ledger.pk))
    grants = {each.pk: each for each in grants_of((row.pk, "") for row in rows)}
    lines = [_line(row, grants.get(row.pk), words, counts.get(row.pk, 0)) for row in rows]
    return render_settings(request, "settings/access/roles.html", PAGE, {"lines": lines})


def _line(role: Role, grant: Any, words: Words, people: int) -> dict[str, Any]:
    """``grant`` is None for a role that is switched off: it gives nothing."""
    if grant is None:
        return {"role": role, "rights": role.rights_text(), "scope": "", "people": people, "warnings": []}
    scope = words.text(grant.scopes, grant.denied_scopes)
    shown = {"role": role, "rights": wording.rights_text(grant), "scope": scope, "people": people}
    return shown | {"warnings": wording.warnings(grant)}


@require_http_methods(["GET", "POST"])
@needs(Right.MEMBERS)
def role_new(request: HttpRequest) -> HttpResponse:
    """First from what: a template, a copy of a role (``from``=role:PK), or empty; then the page of the role."""
    source = request.GET.get("from", "")
    if not source and request.method == "GET":
        templates = zip(ROLE_TEMPLATES, role_descriptions(), strict=True)
        context = {"templates": [{"code": code, **about} for code, about in templates]}
        return render_settings(request, "settings/access/role_new.html", PAGE, context)
    return _role_page(request, None, roles.beginning(request.ledger, _beginning(request, source)))


def _beginning(request: HttpRequest, source: str) -> roles.Draft:
    kind, _colon, key = source.partition(":")
    if kind == "template" and key in ROLE_TEMPLATES:
        return roles.of_template(key)
    if kind == "role" and key.isdecimal():
        copied = get_object_or_404(request.ledger.roles, pk=int(key))
        draft = roles.of_role(copied)
        return replace(draft, code=f"{draft.code}_copy"[:30])
    if kind in ("", "empty"):
        return roles.Draft()
    raise Http404(_("没有这个模板。"))


@require_http_methods(["GET", "POST"])
@needs(Right.MEMBERS)
def role_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """One role: name, superior role, rights, scopes, fields."""
    role = get_object_or_404(request.ledger.roles.select_related("ledger", "parent"), pk=pk)
    return _role_page(request, role, roles.of_role(role))


def _role_page(request: HttpRequest, role: Role | None, draft: roles.Draft) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = RoleForm(data, ledger=request.ledger, draft=draft, role=role)
    words = Words(request.ledger)
    if data is not None and form.is_valid():
        try:
            wanted = posted(form, words, draft)
            saved = roles.save(request.ledger, wanted, by=request.user, role=role, seen=data.get("seen", ""))
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            return _saved(request, saved)
    context = _role_context(request, role, draft, form, Sheet(words, draft, data))
    status = 422 if form.is_bound and form.errors else 200
    return render_settings(request, "settings/access/role.html", PAGE, context, status)


def _role_context(request, role: Role | None, draft: roles.Draft, form: RoleForm, sheet: Sheet) -> dict[str, Any]:
    groups = sheet.levels()
    return {
        "form": form,
        "role": role,
        "rights": sheet.rights(),
        "scopes": sheet.scopes(),
        "excluded": sheet.excluded(),
        "groups": groups,
        "level_choices": Level.choices,
        # What the user saw: kept over a refused attempt, so that pressing the button twice does not overwrite somebody else's change.
        "seen": request.POST.get("seen", "") or (draft.mark if role else ""),
        "objections": roles.objections(role) if role else [],
        "warnings": _odd(role) if role else [],
    }


def _saved(request: HttpRequest, role: Role) -> HttpResponse:
    messages.success(request, _("已保存角色「%(name)s」。") % {"name": role.name})
    for sentence in _odd(role):
        messages.warning(request, sentence)
    return redirect(PAGE, request.ledger.code)


def _odd(role: Role) -> list[str]:
    """What makes the role useless, and which of its rights should not come together (职责分离)."""
    found = []
    for grant in grants_of([(role.pk, "")]):
        found += wording.warnings(grant)
        broken = duties.conflicts_of(role.ledger, grant.rights - grant.denied)
        found += [_("职责分离：%(rule)s") % {"rule": rule} for rule in broken]
    return found


@require_POST
@needs(Right.MEMBERS)
def role_state(request: HttpRequest, pk: int) -> HttpResponse:
    """停用 or 启用."""
    role = get_object_or_404(request.ledger.roles.select_related("ledger"), pk=pk)
    active = request.POST.get("active") == "1"
    done = _("角色「%(name)s」已启用。") if active else _("角色「%(name)s」已停用，不再给任何人权限。")
    attempt(request, lambda: roles.set_active(role, active, by=request.user), done % {"name": role.name})
    return redirect(PAGE, request.ledger.code)


@require_POST
@needs(Right.MEMBERS)
def role_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a role that nothing uses."""
    role = get_object_or_404(request.ledger.roles.select_related("ledger"), pk=pk)
    done = _("已删除角色「%(name)s」。") % {"name": role.name}
    attempt(request, lambda: roles.remove(role, by=request.user), done)
    return redirect(PAGE, request.ledger.code)


@require_http_methods(["GET", "POST"])
@needs(Right.MEMBERS)
def role_field(request: HttpRequest) -> HttpResponse:
    """One field over all roles; ``field`` in the address says which."""
    named = naming.fields_of(request.ledger.pk)
    chosen = next((each for each in named if each.key == request.GET.get("field")), named[0])
    rows = fields.cells(request.ledger, chosen)
    if request.method == "POST":
        pks = [each.role.pk for each in rows]
        wanted, seen = (levels_of_roles(request.POST, prefix, pks) for prefix in ("level", "seen"))
        done = _("已保存字段「%(label)s」的权限。") % {"label": chosen.label}
        act = lambda: fields.set_field(request.ledger, chosen.key, wanted, seen=seen, by=request.user)  # noqa: E731
        if attempt(request, act, done):
            return redirect(f"{request.path}?field={chosen.key}")
        rows = fields.cells(request.ledger, chosen)
    groups: dict[str, list[naming.NamedField]] = {}
    for each in named:
        groups.setdefault(each.group, []).append(each)
    context = {"chosen": chosen, "groups": groups.items(), "level_choices": Level.choices, "rows": _shown(rows)}
    return render_settings(request, "settings/access/field.html", PAGE, context)


def _shown(rows: list[fields.Cell]) -> list[dict[str, Any]]:
    return [
        {
            "role": each.role,
            "own": "" if each.own is None else str(each.own),
            "default": Level(each.default).label,
            "why": each.why,
        }
        for each in rows
    ]
