"""Pages of the customers' settings: parameters, categories, tags, the numbering rule.

What lives here: HTTP. What does not: the rules of each (``categories``, ``tags``, ``numbering``, ``services.numbering``).
"""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger, LedgerEvent
from ledgers.pages import attempt, needs, put_on_form, render_settings, told
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from ledgers.views.lists import own_draft, require_creator
from permissions.rights import Right

from ..models import Category, NumberingRule, Tag
from ..rules import numbering as patterns
from ..services import numbering as rules
from . import categories, numbering, parameters, tags
from .forms import CategoryForm, ParametersForm, RuleForm, TagForm, choice_rows

OLD_RULES = 20


# --- parameters -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def customer_parameters(request: HttpRequest) -> HttpResponse:
    """Required fields, policies, grades and sources."""
    ledger, data = request.ledger, request.POST or None
    form = ParametersForm(data, ledger=ledger)
    lists = {key: choice_rows(key, ledger, data) for key in ("grades", "sources")}
    if data and all([form.is_valid(), *(rows.is_valid() for rows in lists.values())]):
        values = form.cleaned_data | {key: rows.pairs() for key, rows in lists.items()}
        try:
            changed = parameters.save(ledger, values, by=request.user)
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            messages.success(
                request, _("已保存：%(what)s。") % {"what": "、".join(changed)} if changed else _("没有改动。")
            )
            return redirect("customer_parameters", ledger.code)
    return render_settings(request, "settings/parameters.html", "customer_parameters", {"form": form, **lists})


# --- categories -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def category_list(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The tree, and the form of one category: a new one, or ``pk``."""
    ledger = request.ledger
    category = get_object_or_404(Category, ledger=ledger, pk=pk) if pk else None
    initial = {"parent": request.GET.get("parent")} if not category else None
    form = CategoryForm(request.POST or None, instance=category, ledger=ledger, initial=initial)
    if request.method == "POST" and form.is_valid():
        stored = Category.objects.get(pk=pk) if pk else None
        try:
            saved = categories.save(ledger, **form.cleaned_data, by=request.user, category=stored)
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            messages.success(request, _("已保存分类「%(name)s」。") % {"name": saved.name})
            return redirect("category_list", ledger.code)
    context = {
        "nodes": categories.tree(ledger),
        "form": form,
        "editing": Category.objects.filter(pk=pk).first() if pk else None,
    }
    return render_settings(request, "settings/categories.html", "category_list", context)


@require_POST
@needs(Right.CONFIGURE)
def category_move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down among its siblings."""
    category = get_object_or_404(Category.objects.select_related("ledger"), ledger=request.ledger, pk=pk)
    try:
        categories.move(category, -1 if request.POST.get("direction") == "up" else 1)
    except BusinessError as problem:
        messages.error(request, told(problem))
    return redirect("category_list", request.ledger.code)


@require_POST
@needs(Right.CONFIGURE)
def category_toggle(request: HttpRequest, pk: int) -> HttpResponse:
    """停用 or 启用: the wanted state is posted, so that pressing twice is pressing once."""
    related = Category.objects.select_related("ledger", "parent")
    category = get_object_or_404(related, ledger=request.ledger, pk=pk)
    active = request.POST.get("active") == "1"
    done = (_("已启用「%(name)s」。") if active else _("已停用「%(name)s」。")) % {"name": category.name}
    attempt(request, lambda: categories.set_active(category, active, by=request.user), done)
    return redirect("category_list", request.ledger.code)


# --- tags -------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def tag_list(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The tags, and the form of one: a new one, or ``pk``."""
    tag = get_object_or_404(Tag, ledger=request.ledger, pk=pk) if pk else None
    form = TagForm(request.POST or None, instance=tag)
    if request.method == "POST" and form.is_valid():
        try:
            saved = tags.save(request.ledger, form.cleaned_data["name"], tag=tag)
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            messages.success(request, _("已保存标签「%(name)s」。") % {"name": saved.name})
            return redirect("tag_list", request.ledger.code)
    context = {"tags": Tag.objects.filter(ledger=request.ledger), "form": form, "editing": tag}
    return render_settings(request, "settings/tags.html", "tag_list", context)


@require_POST
@needs(Right.CONFIGURE)
def tag_remove(request: HttpRequest, pk: int) -> HttpResponse:
    tag = get_object_or_404(Tag.objects.select_related("ledger"), ledger=request.ledger, pk=pk)
    attempt(request, lambda: tags.remove(tag), _("已删除标签「%(name)s」。") % {"name": tag.name})
    return redirect("tag_list", request.ledger.code)


# --- the numbering rule -----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def numbering_rule(request: HttpRequest) -> HttpResponse:
    """The rule in force and the builder; saving makes a new rule, existing numbers stay as they are."""
    ledger = request.ledger
    current = rules.rule_in_force(ledger)
    if current and numbering.errors(current.parts, current.reset):
        current = None  # nothing can be said of a rule that is broken; 账套体检 names the fault
    start = numbering.preset(request.GET.get("preset", "")) or current or numbering.PRESETS[0]
    form = RuleForm(request.POST or None, parts=start.parts, reset=start.reset, name=current.name if current else "")
    if request.method == "POST" and form.is_valid():
        done = _("新的编码规则已生效；已有客户的编号不变。")
        if attempt(request, lambda: _make_rule(request, form), done):
            return redirect("numbering_rule", ledger.code)
    context = {
        "current": current,
        "described": numbering.describe(current.parts) if current else "",
        "upcoming": numbering.upcoming(current) if current else [],
        "capacity": patterns.capacity(current.parts) if current else 0,
        "needs": numbering.unmet_needs(ledger, current.parts) if current else [],
        "rule": form,
        "samples": [] if form.is_bound else numbering.samples(ledger, start.parts),
        "presets": [
            {"preset": each, "samples": numbering.samples(ledger, each.parts, count=1)} for each in numbering.PRESETS
        ],
        "older": [
            {"rule": rule, "described": numbering.describe(rule.parts)}
            for rule in NumberingRule.objects.filter(ledger=ledger, is_active=False)[:OLD_RULES]
        ],
    }
    return render_settings(request, "settings/numbering.html", "numbering_rule", context)


@transaction.atomic
def _make_rule(request: HttpRequest, form: RuleForm) -> None:
    ledger = changeable(request.ledger)
    parts, data = form.rows.parts(), form.cleaned_data
    rules.create_rule(ledger, name=data["name"], parts=parts, reset=data["reset"])
    detail = _("编码规则：%(rule)s") % {"rule": numbering.describe(parts)}
    note(ledger, LedgerEvent.Kind.SETTINGS, by=request.user, detail=detail)


@require_POST
@needs(Right.CONFIGURE)
def numbering_preview(request: HttpRequest) -> HttpResponse:
    """What the rule on the page would give, or what is wrong with it."""
    return _preview(request, request.ledger)


@require_POST
def wizard_numbering_preview(request: HttpRequest, code: str) -> HttpResponse:
    """The same for a draft in the wizard."""
    require_creator(request)
    return _preview(request, own_draft(request, code))


def _preview(request: HttpRequest, ledger: Ledger) -> HttpResponse:
    form = RuleForm(request.POST, parts=[], reset="never")
    sound = form.is_valid()
    context = {
        "faults": [] if sound else form.faults(),
        "samples": numbering.samples(ledger, form.rows.parts()) if sound else [],
        "needs": numbering.unmet_needs(ledger, form.rows.parts()) if sound else [],
        "capacity": patterns.capacity(form.rows.parts()) if sound else 0,
    }
    return render(request, "settings/numbering_preview.html", context)
