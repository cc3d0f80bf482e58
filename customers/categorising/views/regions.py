"""销售区域: the list, the form of one with its places, the usual seven."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from erp_site.shared.errors import BusinessError
from ledgers.pages import attempt, needs, put_on_form, render_settings, told
from permissions.rights import Right

from ...models import SalesRegion
from ...rules import regions as china
from .. import counting, kinds, regions, wording
from ..forms import RegionForm

PAGE = "region_list"


@require_http_methods(["GET", "POST"])
@needs(Right.CONFIGURE)
def region_list(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The regions, and the form of one. What would move customers is asked back with their number before it is saved."""
    ledger = request.ledger
    region = get_object_or_404(SalesRegion, ledger=ledger, pk=pk) if pk else None
    form = RegionForm(request.POST or None, instance=region)
    places = request.POST.getlist("places") if request.method == "POST" else (region.places if region else [])
    change = None
    if request.method == "POST" and form.is_valid():
        stored = SalesRegion.objects.get(pk=pk) if pk else None
        active = stored is None or stored.is_active
        change = regions.preview(ledger, region=stored, places=places, active=active)
        if not change.customers or "confirmed" in request.POST:
            try:
                saved, job = regions.save(ledger, **form.cleaned_data, places=places, by=request.actor, region=stored)
            except BusinessError as problem:
                put_on_form(form, problem)
                change = None
            else:
                _tell(request, _("已保存销售区域「%(name)s」。") % {"name": saved.name}, job)
                return redirect(PAGE, ledger.code)
    counts = counting.per_region(ledger)
    rows = list(SalesRegion.objects.filter(ledger=ledger))
    context = {
        "rows": [
            {
                "region": row,
                "places": _named(row.places),
                "customers": f"{counts.get(row.pk):,}" if counts.get(row.pk) else "",
            }
            for row in rows
        ],
        "without": f"{counts.get(None):,}" if counts.get(None) else "",
        "form": form,
        "editing": SalesRegion.objects.filter(pk=pk).first() if pk else None,
        "change": change,
        "provinces": _map(rows, set(regions.tidied(places)), pk),
        "works": wording.works(ledger, kinds.REGIONS),
        "may_add_usual": len({row.name for row in rows} & {name for _code, name, _places in regions.USUAL}) < 7,
    }
    return render_settings(request, "settings/categories_regions.html", PAGE, context)


def _named(places: list[str]) -> str:
    names = [china.short_region(code.ljust(6, "0")) or code for code in places]
    return "、".join(names)


def _map(rows: list[SalesRegion], chosen: set[str], pk: int | None) -> list[dict[str, Any]]:
    """Provinces with their cities as boxes: which are chosen, and whose the others are."""
    owners = {code: row.name for row in rows if row.pk != pk and row.is_active for code in row.places}

    def box(code: str, name: str) -> dict[str, Any]:
        short = china.short_code(code)
        return {"code": short, "name": name, "checked": short in chosen, "owner": owners.get(short, "")}

    found = []
    for code, name in china.provinces().items():
        cities = {each: city for each, city in china.cities_of(code).items() if each != code} or china.districts_of(
            code
        )
        finer = [
            box(each, china.place_name(each).removeprefix(name))
            for each in chosen | owners.keys()
            if len(each) == 6 and each.startswith(code[:2]) and each not in cities
        ]
        boxes = [*(box(each, city) for each, city in cities.items()), *finer]
        is_open = any(each["checked"] for each in boxes)
        found.append(box(code, china.short_province(name)) | {"cities": boxes, "is_open": is_open})
    return found


def _tell(request: HttpRequest, done: str, job: Any) -> None:
    messages.success(request, done + (_("客户的销售区域正在后台更新。") if job else ""))


def _region(request: HttpRequest, pk: int) -> SalesRegion:
    return get_object_or_404(SalesRegion.objects.select_related("ledger"), ledger=request.ledger, pk=pk)


@require_POST
@needs(Right.CONFIGURE)
def region_move(request: HttpRequest, pk: int) -> HttpResponse:
    """One place up or down."""
    try:
        regions.move(_region(request, pk), -1 if request.POST.get("direction") == "up" else 1)
    except BusinessError as problem:
        messages.error(request, told(problem))
    return redirect(PAGE, request.ledger.code)


@require_POST
@needs(Right.CONFIGURE)
def region_toggle(request: HttpRequest, pk: int) -> HttpResponse:
    """停用 or 启用; the wanted state is posted."""
    region, active = _region(request, pk), request.POST.get("active") == "1"
    done = (_("已启用「%(name)s」。") if active else _("已停用「%(name)s」。")) % {"name": region.name}
    attempt(request, lambda: regions.set_active(region, active, by=request.actor), done)
    return redirect(PAGE, request.ledger.code)


@require_POST
@needs(Right.CONFIGURE)
def region_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """A region that nobody is in goes."""
    region = _region(request, pk)
    done = _("已删除销售区域「%(name)s」。") % {"name": region.name}
    attempt(request, lambda: regions.remove(region, by=request.actor), done)
    return redirect(PAGE, request.ledger.code)


@require_POST
@needs(Right.CONFIGURE)
def region_usual(request: HttpRequest) -> HttpResponse:
    """华东, 华北 … at one stroke."""
    try:
        count, job = regions.add_usual(request.ledger, by=request.actor)
    except BusinessError as problem:
        messages.error(request, told(problem))
    else:
        _tell(request, _("已增加 %(count)s 个销售区域。") % {"count": count}, job)
    return redirect(PAGE, request.ledger.code)
