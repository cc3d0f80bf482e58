"""销售区域: a firm's own division of the map, by the places of GB/T 2260.

What lives here: adding, changing and retiring regions, the usual seven at one stroke, and how many customers a change would touch. What
does not: which region a customer's place lies in (``services.regions``), and writing it into customers (``kinds``).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.jobs.models import Job
from erp_site.shared.errors import BusinessError
from ledgers.access import scoping
from ledgers.models import Ledger, LedgerEvent
from ledgers.services.locking import changeable
from ledgers.services.logbook import note
from permissions.actor import Actor
from permissions.rights import Scope

from ..models import Customer, SalesRegion
from ..rules import regions as places_of_china
from ..services import mass_edits
from ..services.regions import RegionMap
from ..settings.categories import CODE
from . import counting, kinds

# code, name, provinces: how most firms divide the country.
USUAL = (
    ("HD", "华东", ("31", "32", "33", "34", "35", "36", "37", "71")),
    ("HB", "华北", ("11", "12", "13", "14", "15")),
    ("HZ", "华中", ("41", "42", "43")),
    ("HN", "华南", ("44", "45", "46", "81", "82")),
    ("XN", "西南", ("50", "51", "52", "53", "54")),
    ("XB", "西北", ("61", "62", "63", "64", "65")),
    ("DB", "东北", ("21", "22", "23")),
)


@dataclass(frozen=True)
class Change:
    """What a changed map means: how many customers lie in places that go to another region."""

    customers: int
    provinces: list[str]

    @property
    def customers_text(self) -> str:
        return f"{self.customers:,}"


def save(
    ledger: Ledger, *, code: str, name: str, places: Iterable[str], by: Actor, region: SalesRegion | None = None
) -> tuple[SalesRegion, Job | None]:
    """Add a region, or change ``region``; with the job that brings customers into their regions, where there are any.

    Raises BusinessError (``field``) for a bad or taken code or name, an unknown place, or one that another region has.
    """
    with transaction.atomic():
        current = changeable(ledger)
        before = RegionMap.of(ledger)
        region = SalesRegion.objects.get(pk=region.pk) if region else SalesRegion(ledger=ledger)
        region.code, region.name = (code or "").strip(), " ".join((name or "").split())
        region.places = tidied(places)
        _check(ledger, region)
        if region.pk is None:
            region.position = SalesRegion.objects.filter(ledger=ledger).count() + 1
        region.save()
        note(ledger, LedgerEvent.Kind.SETTINGS, by=by.user, detail=_("销售区域「%(name)s」") % {"name": region.name})
        return region, _follow(current, before, by)


def _check(ledger: Ledger, region: SalesRegion) -> None:
    if not CODE.fullmatch(region.code):
        raise BusinessError(
            _("区域编码由 1–20 位字母、数字、下划线或连字符组成，如 HD。"), code="region.code", field="code"
        )
    if not region.name or len(region.name) > SalesRegion._meta.get_field("name").max_length:
        raise BusinessError(_("请填写区域名称，最多 40 个字。"), code="region.name", field="name")
    others = SalesRegion.objects.filter(ledger=ledger).exclude(pk=region.pk)
    if others.filter(code__iexact=region.code).exists():
        raise BusinessError(
            _("区域编码「%(code)s」已存在。") % {"code": region.code}, code="region.taken", field="code"
        )
    if others.filter(name__iexact=region.name).exists():
        raise BusinessError(
            _("销售区域「%(name)s」已存在。") % {"name": region.name}, code="region.taken", field="name"
        )
    for code in region.places:
        if not places_of_china.place_name(code):
            raise BusinessError(_("没有区划代码「%(code)s」。") % {"code": code}, code="region.place", field="places")
    for other in others.filter(is_active=True) if region.is_active else ():
        both = [code for code in region.places if code in other.places]
        if both:
            names = "、".join(places_of_china.place_name(code) for code in both[:5])
            raise BusinessError(
                _("%(places)s已属于销售区域「%(name)s」。") % {"places": names, "name": other.name},
                code="region.place_taken",
                field="places",
                remedy=_("请先从「%(name)s」中去掉。") % {"name": other.name},
            )


def tidied(places: Iterable[str]) -> list[str]:
    """Codes without trailing zeros, each once, in order; a place within one that is chosen too says nothing and goes."""
    codes = {places_of_china.short_code(str(code).strip()) for code in places if str(code).strip()}
    return sorted(code for code in codes if not any(code[:size] in codes for size in (2, 4) if size < len(code)))


@transaction.atomic
def set_active(region: SalesRegion, active: bool, *, by: Actor) -> Job | None:
    """停用: its places belong to nobody, its customers go where their places belong now; 启用 asks again for its places."""
    ledger = changeable(region.ledger)
    before = RegionMap.of(ledger)
    region = SalesRegion.objects.get(pk=region.pk)
    if region.is_active == active:
        return None
    region.is_active = active
    if active:
        _check(ledger, region)
    region.save(update_fields=["is_active"])
    what = _("启用销售区域「%(name)s」") if active else _("停用销售区域「%(name)s」")
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by.user, detail=what % {"name": region.name})
    return _follow(ledger, before, by)


@transaction.atomic
def remove(region: SalesRegion, *, by: Actor) -> None:
    """Delete a region that no customer is in."""
    ledger = changeable(region.ledger)
    if counting.is_used(ledger, sales_region=region):
        raise BusinessError(
            _("「%(name)s」还有客户，不能删除。") % {"name": region.name},
            code="region.in_use",
            remedy=_("可以停用，客户会按省市归入其他区域。"),
        )
    scoping.replace_value(ledger.pk, Scope.SALES_REGIONS, region.pk, None)
    SalesRegion.objects.filter(pk=region.pk).delete()
    note(ledger, LedgerEvent.Kind.SETTINGS, by=by.user, detail=_("删除销售区域「%(name)s」") % {"name": region.name})


@transaction.atomic
def move(region: SalesRegion, step: int) -> None:
    """One place up (-1) or down (+1) in the list."""
    ledger = changeable(region.ledger)
    rows = list(SalesRegion.objects.filter(ledger=ledger))
    at = next(index for index, row in enumerate(rows) if row.pk == region.pk)
    to = at + (1 if step > 0 else -1)
    if 0 <= to < len(rows):
        rows[at], rows[to] = rows[to], rows[at]
        for position, row in enumerate(rows, 1):
            row.position = position
        SalesRegion.objects.bulk_update(rows, ["position"])


@transaction.atomic
def add_usual(ledger: Ledger, *, by: Actor) -> tuple[int, Job | None]:
    """华东, 华北 …: those that are not there yet, each with the provinces that no region has; (how many, job)."""
    current = changeable(ledger)
    before = RegionMap.of(ledger)
    rows = list(SalesRegion.objects.filter(ledger=ledger))
    have = {text.casefold() for row in rows for text in (row.code, row.name)}
    new = [
        SalesRegion(
            ledger=ledger,
            code=code,
            name=name,
            places=[place for place in provinces if place not in before.places],
            position=len(rows) + index,
        )
        for index, (code, name, provinces) in enumerate(USUAL, 1)
        if code.casefold() not in have and name.casefold() not in have
    ]
    SalesRegion.objects.bulk_create(new)
    if new:
        names = "、".join(row.name for row in new)
        note(ledger, LedgerEvent.Kind.SETTINGS, by=by.user, detail=_("销售区域：%(names)s") % {"names": names})
    return len(new), _follow(current, before, by)


# --- what a change means for the customers --------------------------------------------------------------------------------


def preview(ledger: Ledger, *, region: SalesRegion | None, places: Iterable[str], active: bool = True) -> Change:
    """What would follow if ``region`` (None: a new one) had these places; two or three grouped queries over an index."""
    now = RegionMap.of(ledger)
    mine = region.pk if region else -1
    then = {code: pk for code, pk in now.places.items() if pk != mine}
    then |= dict.fromkeys(tidied(places), mine) if active else {}
    return difference(ledger, now, RegionMap(then))


def difference(ledger: Ledger, before: RegionMap, after: RegionMap) -> Change:
    """Customers in places that the two maps give to different regions, counted by place, not one by one."""
    changed = {code for code in {*before.places, *after.places} if before.places.get(code) != after.places.get(code)}
    provinces = {
        code: name for code, name in places_of_china.provinces().items() if code[:2] in {c[:2] for c in changed}
    }
    fine = any(len(code) == 6 for code in changed)
    columns = ("province", "city", "district") if fine else ("province", "city")
    groups = (
        Customer.objects.of(ledger.pk)
        .filter(province__in=[*provinces.values()])
        .order_by()
        .values_list(*columns)
        .annotate(Count("pk"))
    )
    count = 0
    for *place, customers in groups:
        code = places_of_china.code_of(*place)
        if before.of_code(code) != after.of_code(code):
            count += customers
    return Change(count, list(provinces.values()))


def _follow(ledger: Ledger, before: RegionMap, by: Actor) -> Job | None:
    """Ask for the customers to be brought into their regions, when the map is another one and some lie where it changed."""
    after = RegionMap.of(ledger)
    if after.places == before.places or not ledger.is_active:
        return None
    change = difference(ledger, before, after)
    if not change.customers:
        return None
    params = {"at": timezone.now().isoformat(), "before": before.places, "provinces": change.provinces}
    return mass_edits.ask(kinds.REGIONS, ledger, params, by=by, reason=_("销售区域改变"))
