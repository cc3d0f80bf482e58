"""改变编码级次: the question, the preview, the act."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from erp_site.shared.errors import BusinessError
from ledgers.pages import needs, put_on_form, render_settings
from permissions.rights import Right

from ...models import Category
from ...rules import category_codes as codes
from ...settings import categories
from .. import recoding
from ..forms import CodesForm


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def category_codes(request: HttpRequest) -> HttpResponse:
    """New levels for the tree, or new codes for the branch ``?top=``. A post with ``mark`` does what its preview showed."""
    ledger = request.ledger
    top = _top(request)
    now = codes.text_of(categories.levels_of(ledger))
    form = CodesForm(request.POST or None, initial={"levels": now, "how": codes.KEEP if top is None else codes.COUNT})
    preview = None
    if request.method == "POST" and form.is_valid():
        said = {"levels": now if top else form.cleaned_data["levels"], "how": form.cleaned_data["how"], "top": top}
        try:
            if request.POST.get("mark"):
                changed = recoding.apply(ledger, **said, mark=request.POST["mark"], by=request.user)
                messages.success(request, _("已改变 %(count)s 个分类编码，旧编码仍可用于导入。") % {"count": changed})
                return redirect("category_list", ledger.code)
            preview = recoding.preview(ledger, **said)
        except BusinessError as problem:
            put_on_form(form, problem)
            if problem.code == "category.changed":
                preview = recoding.preview(ledger, **said)
    context = {"form": form, "preview": preview, "top": top, "levels": now}
    return render_settings(request, "settings/categories_codes.html", "category_list", context)


def _top(request: HttpRequest) -> Category | None:
    pk = request.POST.get("top") or request.GET.get("top") or ""
    return get_object_or_404(Category, ledger=request.ledger, pk=pk, merged_into=None) if pk.isdecimal() else None
