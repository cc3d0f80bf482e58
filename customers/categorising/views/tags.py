"""标签: the list with how often each is borne, adding several, renaming, merging, removing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from erp_site.shared.errors import BusinessError
from ledgers.pages import attempt, needs, put_on_form, render_settings, told
from permissions.rights import Right

from ...models import Tag
from ...settings import tags
from .. import counting, kinds, merging, wording
from ..forms import MergeTagForm, NewTagsForm, TagForm

PAGE = "tag_list"


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def tag_list(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The tags, and the form of one (``pk``), or of several new ones."""
    ledger = request.ledger
    tag = get_object_or_404(tags.living(ledger), pk=pk) if pk else None
    form = TagForm(request.POST or None, instance=tag) if tag else NewTagsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            if tag:
                saved = [tags.save(ledger, data["name"], tag=Tag.objects.get(pk=pk), tone=data["colour"])]
            else:
                saved = tags.add_many(ledger, data["name"])
        except BusinessError as problem:
            put_on_form(form, problem)
        else:
            names = "、".join(each.name for each in saved)
            messages.success(request, _("已保存标签「%(name)s」。") % {"name": names})
            return redirect(PAGE, ledger.code)
    counts = counting.per_tag(ledger)
    context = {
        "rows": [{"tag": each, "customers": counts.get(each.pk)} for each in tags.living(ledger)],
        "form": form,
        "editing": Tag.objects.filter(pk=pk).first() if pk else None,
        "merge": MergeTagForm(tag=tag) if tag else None,
        "works": wording.works(ledger, kinds.TAGS),
    }
    return render_settings(request, "settings/tags.html", PAGE, context)


def _tag(request: HttpRequest, pk: int) -> Tag:
    return get_object_or_404(tags.living(request.ledger).select_related("ledger"), pk=pk)


@require_POST
@needs(Right.CONFIGURE)
def tag_merge(request: HttpRequest, pk: int) -> HttpResponse:
    """One tag for two: the bearers follow in the background."""
    tag = _tag(request, pk)
    form = MergeTagForm(request.POST, tag=tag)
    if not form.is_valid():
        messages.error(request, _("请选择另一个标签。"))
        return redirect("tag_edit", request.ledger.code, pk)
    target = Tag.objects.get(pk=form.cleaned_data["to"])
    try:
        job = merging.merge_tags(tag, into=target, by=request.actor)
    except BusinessError as problem:
        messages.error(request, told(problem))
    else:
        done = _("「%(name)s」已并入「%(to)s」。") % {"name": tag.name, "to": target.name}
        messages.success(request, done + (_("客户正在后台更新。") if job else ""))
    return redirect(PAGE, request.ledger.code)


@require_POST
@needs(Right.CONFIGURE)
def tag_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """A tag that nobody bears goes."""
    tag = _tag(request, pk)
    attempt(request, lambda: tags.remove(tag), _("已删除标签「%(name)s」。") % {"name": tag.name})
    return redirect(PAGE, request.ledger.code)
