"""One customer: tabs of what is known of him, his history, and the acts that change his state."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ledgers import refusals
from permissions.rights import Right

from ..assigning import services as assigning
from ..duplicates import knowing
from ..fields import GROUP_LABELS, PART_LABELS, Catalogue, Field, Group
from ..logs.views import seen_by
from ..models import Customer
from ..presenting import Presenter, Shown
from ..services import invoicing, lifecycle, reviews, timeline
from ..services.changing import is_view_only
from ..undoing.acts import can_undo
from . import facts, recording, standing
from .fetching import visible_customer

TAB = "customer-tab"
# tab → parts whose rows it lists; a tab that shows none of its parts to a reader is not there for him.
_TABS = {
    "basic": (),
    "contacts": ("contacts",),
    "addresses": ("addresses",),
    "invoice": ("invoice_profiles", "bank_accounts"),
    "credit": (),
    "licences": ("licences",),
    "history": (),
}
_FLAGS = ("is_primary", "is_default")
# Fields of the customer that stand in the head or on a card of their own.
_ELSEWHERE = ("number", "name", "former_name", "status_since")


@dataclass(frozen=True)
class PartRow:
    """A row of a part: its name, what it is marked as (主联系人), its other fields, who else has its telephones.

    ``state``: label and tone of one that is valid for a time; ``copy``: its text for another's message.
    """

    title: str
    mark: str
    cells: list[Shown]
    same_phone: list[knowing.Known]
    state: dict[str, str]
    copy: str = ""


@dataclass(frozen=True)
class PartTable:
    """``folded``: rows that are over, out of sight until somebody asks."""

    label: str
    rows: list[PartRow]
    folded: list[PartRow]


@never_cache
@require_safe
def customer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """客户资料: the header and one of the tabs; a click on a tab fetches only the tab."""
    customer = visible_customer(request, pk, with_parts=True)
    page = _Page(request, customer)
    tab = request.GET.get("tab", "basic")
    tab = tab if tab in page.tabs else "basic"
    context = page.header() | {"tabs": page.tab_links(tab), "tab": tab} | getattr(page, tab)()
    if tab == "history":
        recording.history_viewed(request, customer)
    else:
        recording.viewed(request, customer, page.presenter, _TABS[tab])
    if tab == "basic":
        context |= standing.context(request, customer, page.catalogue)
    response = render(request, "customers/detail.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


class _Page:
    """The template variables of one customer for one reader."""

    def __init__(self, request: HttpRequest, customer: Customer):
        self.request, self.customer, self.actor = request, customer, request.actor
        self.catalogue = Catalogue.of(request.ledger)
        self.presenter = Presenter(self.catalogue, self.actor)
        self.tabs = [tab for tab, parts in _TABS.items() if not parts or any(self._columns(part) for part in parts)]
        if not self._credit_fields():
            self.tabs.remove("credit")

    def header(self) -> dict[str, Any]:
        keys = ("number", "name", "short_name", "kind", "status", "grade", "category", "owner", "department", "tags",
                "former_name")  # fmt: skip
        shown = {
            each.key: self.presenter.shown(each, self.presenter.value(self.customer, each))
            for each in self._fields(keys)
        }
        grade_tone = shown["grade"].tone if "grade" in shown else ""
        shown = dict.fromkeys(keys, "") | {key: value.text for key, value in shown.items()}
        return {
            "customer": self.customer,
            "shown": shown,
            "may_read_number": self.actor.may_read("number"),
            "number_apply_url": self._apply_url("number"),
            "why_url": f"{reverse('my_rights', args=[self.request.ledger.code])}?field=",
            "may_edit": self.actor.can(Right.EDIT)
            and self.request.ledger.is_active
            and not is_view_only(self.customer, self.actor),
            "is_group": self.request.ledger.group_id is None and self.request.ledger.company_ledgers.exists(),
            "kept_by": assigning.group_of(self.customer) if self.request.ledger.group_id else None,
            "may_deactivate": lifecycle.can_deactivate(self.customer, self.actor),
            "may_remove": self.actor.can(Right.DELETE) and self.customer.ledger.is_active,
            "may_reactivate": lifecycle.can_reactivate(self.customer, self.actor),
            "review": self._review(),
            "grade_tone": grade_tone or "primary",
        }

    def _apply_url(self, key: str) -> str:
        """Where this reader asks for a field that he may not read."""
        return "" if self.actor.may_read(key) else refusals.apply_url(self.request, field=key)

    def _review(self) -> dict[str, Any] | None:
        """The next review as this reader may know of it, and whether it is his to confirm."""
        if self.customer.next_review_on is None or not self.actor.may_read("next_review_on"):
            return None
        return {
            "on": self.customer.next_review_on,
            "is_due": self.customer.next_review_on <= timezone.localdate(),
            "may_confirm": reviews.may_confirm(self.customer, self.actor),
        }

    def tab_links(self, current: str) -> list[dict[str, Any]]:
        labels = {
            "basic": _("基本信息"),
            "contacts": _("联系人"),
            "addresses": _("地址"),
            "invoice": _("开票与银行"),
            "credit": _("信用"),
            "licences": _("证照"),
            "history": _("变更与历史"),
        }
        address = reverse("customer_detail", args=[self.request.ledger.code, self.customer.pk])
        return [
            {
                "label": labels[tab],
                "url": address if tab == "basic" else f"{address}?tab={tab}",
                "active": tab == current,
                "count": sum(len(getattr(self.customer, part).all()) for part in _TABS[tab]),
            }
            for tab in self.tabs
        ]

    # --- tabs ---------------------------------------------------------------------------------------------------

    def basic(self) -> dict[str, Any]:
        """Every readable field by group; numbers in other systems beside one's own."""
        fields = [each for each in self.catalogue.readable(self.actor) if each.key not in _ELSEWHERE]
        labels = {group: label for group, label in self.catalogue.groups.items() if group != Group.CREDIT}
        groups = list(facts.groups(self.request, self.customer, fields, labels, self.presenter))
        may_read = self.actor.may_read("number") and self.actor.may_read("foreign_numbers.number")
        numbers = self.customer.foreign_numbers.all() if may_read else []
        keys = {each.right_key for each in self.catalogue.fields}
        hidden = sum(not self.actor.field_level(key) for key in keys)
        return {"groups": groups, "foreign_numbers": numbers, "hidden_fields": hidden}

    def _credit_fields(self) -> list[Field]:
        if not self.request.ledger.parameter("credit_enabled"):
            return []
        return self.catalogue.readable(
            self.actor, [each for each in self.catalogue.fields if each.group == Group.CREDIT]
        )

    def credit(self) -> dict[str, Any]:
        labels = {Group.CREDIT: GROUP_LABELS[Group.CREDIT]}
        return {
            "groups": list(facts.groups(self.request, self.customer, self._credit_fields(), labels, self.presenter))
        }

    def licences(self) -> dict[str, Any]:
        return {"tables": [self._table("licences")]}

    def contacts(self) -> dict[str, Any]:
        phones = [value for row in self.customer.contacts.all() for value in self._phones("contacts", row)]
        known = knowing.by_phone(self.actor, phones, besides=self.customer.pk)
        return {"tables": [self._table("contacts", known)]}

    def addresses(self) -> dict[str, Any]:
        return {"tables": [self._table("addresses")]}

    def invoice(self) -> dict[str, Any]:
        return {"tables": [self._table(part) for part in _TABS["invoice"] if self._columns(part)]}

    def history(self) -> dict[str, Any]:
        before = self.request.GET.get("before", "")
        found = timeline.page(self.customer, self.presenter, before=before)
        undoable = {entry.batch.pk for entry in found.entries if can_undo(entry.batch, self.actor)}
        return {"timeline": found, "before": before, "undoable": undoable} | seen_by(self.request, self.customer)

    # --- rows of parts --------------------------------------------------------------------------------------------

    def _fields(self, keys: tuple[str, ...]) -> list[Field]:
        return self.catalogue.readable(self.actor, [self.catalogue.get(key) for key in keys])

    def _columns(self, part: str) -> list[Field]:
        return self.catalogue.readable(self.actor, self.catalogue.of_part(part))

    def _phones(self, part: str, row: Any) -> list[str]:
        """Telephones of a row that this actor reads whole."""
        columns = [
            each for each in self._columns(part) if each.match == "phone" and self.actor.may_read(each.right_key)
        ]
        return [value for each in columns if (value := getattr(row, each.column))]

    def _table(self, part: str, known: dict[str, list[knowing.Known]] | None = None) -> PartTable:
        rows, today = list(getattr(self.customer, part).all()), self.request.ledger.today()
        over = [row for row in rows if part == "invoice_profiles" and not invoicing.is_in_force(row, today)]
        shown, folded = ([self._row(part, row, known or {}) for row in some] for some in (
            [row for row in rows if row not in over], over))  # fmt: skip
        return PartTable(str(PART_LABELS[part]), shown, folded)

    def _row(self, part: str, row: Any, known: dict[str, list[knowing.Known]]) -> PartRow:
        flags = [each for each in self._columns(part) if each.column in _FLAGS]
        title, *columns = [each for each in self._columns(part) if each not in flags]
        others = dict.fromkeys(other for phone in self._phones(part, row) for other in known.get(phone, []))
        return PartRow(
            title=self.presenter.shown(title, getattr(row, title.column)).text,
            mark=next((str(each.label) for each in flags if getattr(row, each.column)), ""),
            cells=[cell for each in columns if (cell := self.presenter.shown(each, self._value(part, row, each))).text],
            same_phone=list(others),
            state=self._state(part, row),
            copy=invoicing.text(row, self.customer, self.presenter) if part == "invoice_profiles" else "",
        )

    def _value(self, part: str, row: Any, each: Field) -> Any:
        value = getattr(row, each.column)
        is_tax_number = part == "invoice_profiles" and each.column == "tax_number"
        return self.presenter.tax_number(value, self.customer.uscc) if is_tax_number else value

    def _state(self, part: str, row: Any) -> dict[str, str]:
        """Whether a row that is valid for a time is valid today, for whoever may read its days."""
        today = self.request.ledger.today()
        if part == "licences" and self.actor.may_read("licences.ends_on"):
            return standing.licence_state(row, today, self.request.ledger.parameter("licence_warning_days"))
        if part == "invoice_profiles" and self.actor.may_read("invoice_profiles.ends_on"):
            return standing.profile_state(row, today)
        return {}


@require_POST
def customer_deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """停用."""
    customer = visible_customer(request, pk)
    lifecycle.deactivate(customer, by=request.actor, reason=request.POST.get("reason", ""))
    messages.success(request, _("已停用该客户。"))
    return redirect(customer)


@require_POST
def customer_reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """恢复."""
    customer = visible_customer(request, pk)
    lifecycle.reactivate(customer, by=request.actor, reason=request.POST.get("reason", ""))
    messages.success(request, _("已恢复该客户。"))
    return redirect(customer)


@require_POST
def customer_reviewed(request: HttpRequest, pk: int) -> HttpResponse:
    """已复核."""
    customer = visible_customer(request, pk)
    following = reviews.confirm(customer, by=request.actor)
    done = _("已记录复核。") + (_("下次复核：%(day)s。") % {"day": following.isoformat()} if following else "")
    messages.success(request, done)
    return redirect(customer)
