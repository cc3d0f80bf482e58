"""Codes instead of ids: how rows of a set are named in a document, and found again in another set.

What lives here: both directions for every kind of row that configuration may refer to. What does not: anything that is data (a reference
to a customer has no meaning in another set and is left out).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from erp_site.shared.errors import BusinessError
from permissions.actor import Actor, Door
from permissions.models import Department, User

from ..fields import BUILT_IN, PART_LABELS, Catalogue
from ..models import Category, SalesRegion

CATEGORY, REGION, DEPARTMENT, USER = "category", "sales_region", "department", "user"
UNTRANSLATABLE = ("customer", "file")


def labels(keys: Iterable[str]) -> str:
    """Field keys in words; a set's own field stands by its key."""
    known = {part: str(label) for part, label in PART_LABELS.items()} | {each.key: str(each.label) for each in BUILT_IN}
    return "、".join(known.get(key, key) for key in keys)


def actor_for(ledger, by: User | None) -> Actor:
    """Who lays a document down: the user in an active set; the system in a draft, of which nobody is a member yet."""
    if by is None or ledger.state == ledger.State.DRAFT:
        return Actor.system(ledger.pk)
    return Actor.of(by, ledger.pk, Door.WEB)


@contextmanager
def placed(item: str) -> Iterator[None]:
    """A verb's refusal names a value of the item; the document's reader needs the item."""
    try:
        yield
    except BusinessError as fault:
        raise BusinessError(fault.message, code=fault.code, field=item, remedy=fault.remedy) from fault


class Codes:
    """The codes of one set, each kind read once, when first asked for."""

    def __init__(self, ledger):
        self.ledger = ledger

    @cached_property
    def _codes(self) -> dict[str, dict[int, str]]:
        return {
            CATEGORY: dict(Category.objects.filter(ledger=self.ledger, merged_into=None).values_list("pk", "code")),
            REGION: dict(SalesRegion.objects.filter(ledger=self.ledger).values_list("pk", "code")),
            DEPARTMENT: dict(Department.objects.values_list("pk", "code")),
        }

    @cached_property
    def _ids(self) -> dict[str, dict[str, int]]:
        return {kind: {code.lower(): pk for pk, code in rows.items()} for kind, rows in self._codes.items()}

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue.of(self.ledger)

    def code(self, kind: str, pk: Any) -> str | None:
        """The code of a row, None for one that is gone."""
        if kind == USER:
            return User.objects.filter(pk=pk).values_list("username", flat=True).first()
        return self._codes[kind].get(pk)

    def pk(self, kind: str, code: Any) -> int:
        """The row with a code; BusinessError says what is not there."""
        if kind == USER:
            found = User.objects.filter(username=code, is_active=True).values_list("pk", flat=True).first()
        else:
            found = self._ids[kind].get(str(code).lower())
        if found is None:
            raise BusinessError(_MISSING[kind] % {"code": code}, code="configuration.reference", remedy=_REMEDY[kind])
        return found

    def codes(self, kind: str, pks: Iterable[int]) -> list[str]:
        return [code for code in (self.code(kind, pk) for pk in pks) if code]

    def pks(self, kind: str, codes: Iterable[str]) -> list[int]:
        return [self.pk(kind, code) for code in codes]

    def outward(self, values: dict[str, Any]) -> dict[str, Any]:
        """Values by catalogue key as they stand in a document: references by code, what has no meaning elsewhere left out."""
        return self._translated(values, self.code)

    def inward(self, values: dict[str, Any]) -> dict[str, Any]:
        """The same back; BusinessError for a reference that leads nowhere."""
        return self._translated(values, self.pk)

    def _translated(self, values: dict[str, Any], turn: Callable[[str, Any], Any]) -> dict[str, Any]:
        found = {}
        for key, value in values.items():
            field = self.catalogue.get(key)
            kind = str(field.type) if field else ""
            if kind in UNTRANSLATABLE:
                continue
            found[key] = turn(kind, value) if kind in _MISSING else value
        return {key: value for key, value in found.items() if value is not None}


_MISSING = {
    CATEGORY: _("账套中没有客户分类「%(code)s」。"),
    REGION: _("账套中没有销售区域「%(code)s」。"),
    DEPARTMENT: _("组织架构中没有部门「%(code)s」。"),
    USER: _("没有用户「%(code)s」，或该用户已停用。"),
}
_REMEDY = {
    CATEGORY: _("请同时选择该分类，或先建立它。"),
    REGION: _("请同时选择该区域，或先建立它。"),
    DEPARTMENT: _("请先在组织架构中建立该部门。"),
    USER: _("请改用在职用户的登录名。"),
}
