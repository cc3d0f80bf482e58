"""The tree of categories, the form of one, its order and its state, what it gives, where its customers go."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from erp_site.shared.errors import BusinessError
from ledgers.pages import attempt, needs, put_on_form, render_settings, told
from permissions.rights import Right

from ...models import Category
from ...rules import category_codes as codes
from ...rules.text import fold
from ...settings import categories
from .. import counting, giving, kinds, merging, wording
from ..forms import CategoryForm, GivingForm, TargetForm

PAGE = "category_list"
FOLDED_FROM = 200  # nodes: a larger tree begins folded


@dataclass(frozen=True)
class Row:
    """A node of the tree as the page shows it; ``key`` is what the search on the page looks into."""

    node: categories.Node
    url: str
    key: str
    own: int
    total: int

    @property
    def own_text(self) -> str:
        return f"{self.own:,}"

    @property
    def total_text(self) -> str:
        return f"{self.total:,}"


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def category_list(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The tree, and the form of one category: a new one, or ``pk``."""
    ledger = request.ledger
    related = Category.objects.select_related("parent", "ledger").filter(merged_into=None)
    category = get_object_or_404(related, ledger=ledger, pk=pk) if pk else None
    form = CategoryForm(request.POST or None, instance=category, ledger=ledger, initial=_beginning(request, category))
    if request.method == "POST" and form.is_valid():
        stored = Category.objects.get(pk=pk) if pk else None
        wanted = form.cleaned_data["code"].strip()
        try:
            saved = categories.save(ledger, **form.cleaned_data, by=request.user, category=stored)
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            _tell_saved(request, saved, wanted)
            return _to_tree(request, saved.pk if pk else None)
    editing = Category.objects.select_related("ledger", "parent").filter(pk=pk).first() if pk else None
    context = _tree_of(request) | {
        "form": form,
        "editing": editing,
        "given": wording.given(editing, request.actor) if editing else [],
        "uses": merging.uses(editing) if editing else None,
        "works": wording.works(ledger, kinds.MOVE, kinds.REVIEWS),
        "levels": codes.text_of(categories.levels_of(ledger)),
    }
    return render_settings(request, "settings/categories.html", PAGE, context)


def _beginning(request: HttpRequest, category: Category | None) -> dict:
    """A new category stands where the address says, under the next code of that place."""
    if category is not None:
        return {}
    asked = request.GET.get("parent", "")
    above = Category.objects.filter(ledger=request.ledger, pk=asked).first() if asked.isdecimal() else None
    return {"parent": above.pk if above else "", "code": categories.proposed_code(request.ledger, above)}


def _tell_saved(request: HttpRequest, saved: Category, wanted: str) -> None:
    if saved.code == wanted:
        messages.success(request, _("已保存分类「%(name)s」。") % {"name": saved.name})
    else:
        about = {"name": saved.name, "old": wanted, "new": saved.code}
        messages.success(
            request, _("已保存分类「%(name)s」，编码由 %(old)s 改为 %(new)s，旧编码仍可用于导入。") % about
        )


def _tree_of(request: HttpRequest) -> dict:
    ledger, words = request.ledger, fold(request.GET.get("q", "").strip()[:60])
    nodes = categories.tree(ledger)
    counts = counting.per_category(ledger)
    totals = counting.with_those_below(counts, [node.category for node in nodes])
    base = reverse("category_edit", args=[ledger.code, 0])
    rows = [
        Row(node, base.replace("/0/", f"/{pk}/"), _key(node.category), counts.get(pk), totals[pk])
        for node in nodes
        if (pk := node.category.pk)
    ]
    if words:
        rows = [row for row in rows if words in row.key]
    return {
        "rows": rows,
        "is_folded": len(nodes) > FOLDED_FROM and not words,
        "node_count": len(nodes),
        "without": f"{counts.get(None):,}" if counts.get(None) else "",
        "counted_at": counts.at,
        "search_text": request.GET.get("q", ""),
        "list_url": reverse("customer_list", args=[ledger.code]),
    }


def _key(category: Category) -> str:
    return fold(" ".join([category.code, category.name, *category.former_codes]))


def _to_tree(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Back to the tree, at the node."""
    if pk is None:
        return redirect(PAGE, request.ledger.code)
    return redirect(f"{reverse('category_edit', args=[request.ledger.code, pk])}#c{pk}")


def _category(request: HttpRequest, pk: int) -> Category:
    related = Category.objects.select_related("ledger", "parent")
    return get_object_or_404(related, ledger=request.ledger, pk=pk, merged_into=None)


@require_POST
@needs(Right.CONFIGURE)
def category_move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down among its siblings."""
    category = _category(request, pk)
    try:
        categories.move(category, -1 if request.POST.get("direction") == "up" else 1)
    except BusinessError as problem:
        messages.error(request, told(problem))
    return _to_tree(request, pk)


@require_POST
@needs(Right.CONFIGURE)
def category_place(request: HttpRequest) -> HttpResponse:
    """A branch was dragged: before, after or into another one."""
    pk, target_pk = (request.POST.get(name, "") for name in ("category", "target"))
    if not pk.isdecimal() or not target_pk.isdecimal():
        return _to_tree(request)
    category, target = _category(request, int(pk)), _category(request, int(target_pk))
    where = request.POST.get("where", "")
    try:
        placed = categories.place(category, target, where, by=request.user)
    except BusinessError as problem:
        messages.error(request, told(problem))
    else:
        if placed.code != category.code:
            _tell_saved(request, placed, category.code)
    return _to_tree(request, category.pk)


@require_POST
@needs(Right.CONFIGURE)
def category_toggle(request: HttpRequest, pk: int) -> HttpResponse:
    """停用 or 启用: the wanted state is posted, so that pressing twice is pressing once. ``to``: where its customers go."""
    category = _category(request, pk)
    if request.POST.get("active") == "1":
        done = _("已启用「%(name)s」。") % {"name": category.name}
        attempt(request, lambda: categories.set_active(category, True, by=request.user), done)
        return _to_tree(request, pk)
    form = TargetForm(request.POST, category=category)
    target = form.target if request.POST.get("to") and form.is_valid() else None
    done = _("已停用「%(name)s」，新客户不能再选它。") % {"name": category.name}
    if target:
        done += _("客户正在后台移到「%(to)s」。") % {"to": target.name}
    elif remaining := counting.in_category(category):
        done += ngettext("仍有 %(count)s 个客户留在其中。", "仍有 %(count)s 个客户留在其中。", remaining) % {
            "count": f"{remaining:,}"
        }
    attempt(request, lambda: merging.retire(category, to=target, by=request.actor), done)
    return _to_tree(request, pk)


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def category_defaults(request: HttpRequest, pk: int) -> HttpResponse:
    """What the category gives its customers."""
    category = _category(request, pk)
    form = GivingForm(request.POST or None, category=category)
    if request.method == "POST" and form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("numbering_rule", "review_months", "required_fields")}
        try:
            job = giving.save(category, **said, defaults=form.raw(), by=request.actor)
        except BusinessError as problem:
            named = problem.field if problem.field in form.fields else f"give-{problem.field}"
            form.add_error(named if named in form.fields else None, told(problem))
        else:
            messages.success(request, _("已保存「%(name)s」的默认设置。") % {"name": category.name})
            if job:
                messages.info(request, _("客户的下次复核日期正在后台重算。"))
            return _to_tree(request, pk)
    inherited = {each.label: each for each in wording.given(category, request.actor) if each.origin}
    context = {
        "category": category,
        "form": form,
        "inherited": list(inherited.values()),
        "maximum": giving.LONGEST_CYCLE,
    }
    return render_settings(request, "settings/categories_defaults.html", PAGE, context)


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def category_customers(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the customers of a category go: moved, or merged with another category."""
    category = _category(request, pk)
    act = request.POST.get("act", "")
    move = TargetForm(request.POST if act == "move" else None, category=category, prefix="move")
    merge = TargetForm(request.POST if act == "merge" else None, category=category, without_branch=True, prefix="merge")
    form = {"move": move, "merge": merge}.get(act)
    if form is not None and form.is_valid():
        verb = merging.merge if act == "merge" else merging.send
        about = {"name": category.name, "to": form.target.name}
        try:
            if act == "merge":
                job = verb(category, into=form.target, by=request.actor)
            else:
                job = verb(category, to=form.target, by=request.actor)
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            done = _("「%(name)s」已并入「%(to)s」。") if act == "merge" else _("「%(name)s」的客户移到「%(to)s」。")
            messages.success(request, done % about + (_("正在后台进行。") if job else _("没有客户要移动。")))
            return _to_tree(request, form.target.pk if act == "merge" else pk)
    context = {"category": category, "move": move, "merge": merge, "uses": merging.uses(category)}
    return render_settings(request, "settings/categories_customers.html", PAGE, context)
