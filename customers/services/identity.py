"""Identity codes held against the rest of a customer: does the credit code fit the kind, the province, the telephone.

What lives here: two stages of the pipeline, each on the whole list without a query: what follows from a code, and what is odd about
it. What does not: a code by itself (``customers.rules``), duplicates (``customers.duplicates``).
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from ..models import Customer
from ..rules import area_codes, identifiers, kinds, regions
from ..rules.tax_codes import uscc_province
from .edits import Edit

Kind = Customer.Kind
Before = Mapping[int | None, Mapping[str, Any]]

_WITHOUT_CODE = (Kind.PERSON, Kind.OVERSEAS)


def may_be_credit_code(tax_number: str, kind: str) -> bool:
    """Whether a tax number of 18 characters may be read as the customer's credit code."""
    return kind not in _WITHOUT_CODE and identifiers.id_card(tax_number).problem is not None


def derive(edits: list[Edit]) -> None:
    """A new customer of whom nobody said the kind is of the kind that his credit code speaks for."""
    for edit in edits:
        code = edit.values.get("uscc") or ""
        if edit.is_add and not edit.values.get("kind") and identifiers.valid_uscc(code):
            kind = kinds.kind_of(code)
            if kind:
                edit.values["kind"] = kind


def judge(edits: list[Edit], before: Before) -> None:
    """Warnings where code, kind, province and telephone of a customer, as they will stand, do not go together."""
    for edit in edits:
        said = edit.values
        stored = before.get(edit.customer_id, {})
        kind = said.get("kind") or stored.get("kind") or Kind.COMPANY
        code = said["uscc"] if "uscc" in said else stored.get("uscc") or ""
        province = said["province"] if "province" in said else stored.get("province") or ""
        if code and (said.get("uscc") or said.get("kind")):
            _judge_kind(edit, code, kind)
        if province and (said.get("uscc") or said.get("province")):
            _judge_province(edit, code, province)
        if said.get("phone") and province:
            _judge_area(edit, said["phone"], province)


def _judge_kind(edit: Edit, code: str, kind: str) -> None:
    if kind not in Kind.values or any(problem.field == "uscc" for problem in edit.problems):
        return
    label = Kind(kind).label
    if kind in _WITHOUT_CODE:
        text = _("客户类型是%(kind)s，一般没有统一社会信用代码。") % {"kind": label}
        edit.problem("uscc", "uscc.kind", text, "warning", suggestion=_("请核对客户类型。"), value=code)
    elif identifiers.valid_uscc(code) and not kinds.fits(kind, code):
        text = _("信用代码以 %(start)s 开头，与客户类型“%(kind)s”不符。") % {"start": code[:2], "kind": label}
        other = kinds.kind_of(code)
        help_text = _("看起来是%(kind)s，请核对客户类型。") % {"kind": Kind(other).label} if other else ""
        edit.problem("uscc", "uscc.kind", text, "warning", suggestion=help_text, value=code)


def _judge_province(edit: Edit, code: str, province: str) -> None:
    registered = uscc_province(code)
    here = regions.code_of(province)[:2]
    if registered and here and registered != here:
        place = regions.region_by_code(f"{registered}0000").province
        text = _("信用代码是在%(place)s登记的，省份却是%(province)s。") % {"place": place, "province": province}
        edit.problem(
            "province", "uscc.province", text, "warning", suggestion=_("如已迁址请忽略，否则请核对。"), value=province
        )


def _judge_area(edit: Edit, phone: str, province: str) -> None:
    area = area_codes.province_code(phone)
    here = regions.code_of(province)[:2]
    if area and here and area != here:
        place = regions.region_by_code(f"{area}0000").province
        text = _("电话区号 %(area)s 属于%(place)s，省份却是%(province)s。") % {
            "area": phone.partition("-")[0], "place": place, "province": province,
        }  # fmt: skip
        edit.problem("phone", "phone.province", text, "warning", suggestion=_("请核对省份或电话。"))
