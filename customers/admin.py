"""Customers, batches and the business log in the administration pages: to look at, never to change.

What lives here: which rows and how much of them a person of the administration gets: exactly what the product's own pages
give him. A superuser who belongs to no account set sees no customer.
"""

from functools import cached_property, reduce
from operator import or_

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from erp_site.jobs.admin import ReadOnlyAdmin
from ledgers.models import Ledger
from permissions.actor import Actor, Door
from permissions.logs import access

from .fields import BUILT_IN, PART_LABELS, Catalogue
from .models import Category, ChangeBatch, Customer, Event, NumberAlias, NumberingRule, Tag
from .presenting import Presenter, with_parts

_PARTS = ("contacts", "addresses", "bank_accounts", "invoice_profiles")
_IN_LIST = ("number", "name", "category", "grade", "status", "province", "phone", "owner")


class Reader:
    """What one person of the administration may see of the customers of his account sets."""

    def __init__(self, user, request_id: str = ""):
        self.user = user
        self.request_id = request_id

    @cached_property
    def actors(self) -> list[tuple[Ledger, Actor]]:
        return [
            (ledger, Actor.of(self.user, ledger.pk, Door.WEB, request_id=self.request_id))
            for ledger in Ledger.objects.of_member(self.user)
        ]

    @cached_property
    def presenters(self) -> dict[int, Presenter]:
        return {ledger.pk: Presenter(Catalogue.of(ledger), actor) for ledger, actor in self.actors}

    def customers(self):
        """Every customer that the person sees, of all his sets."""
        visible = (Customer.objects.visible_to(actor) for _ledger, actor in self.actors)
        return reduce(or_, visible, Customer.objects.none())

    def show(self, customer: Customer, fields) -> None:
        """Keep on the customer what this person gets of the fields, by key."""
        presenter = self.presenters[customer.ledger_id]
        shown = presenter.row(customer, presenter.catalogue.readable(presenter.actor, fields))
        customer.shown = {each.key: each.text for each in shown}

    def note(self, customer: Customer, request) -> None:
        """For the access log: he opened this customer here, and which sensitive fields he got whole."""
        actor = self.presenters[customer.ledger_id].actor
        fields = [field for field in BUILT_IN if field.sensitive and actor.may_read(field.right_key)]
        whole = [str(field.label) for field in fields if customer.shown.get(field.key)]
        kind = access.Kind.SENSITIVE if whole else access.Kind.VIEW
        detail = _t("系统管理页面；%(fields)s") % {"fields": "、".join(whole) or _t("无")}
        access.note(actor, kind, object_id=customer.pk, detail=detail, request=request)

    def show_parts(self, customer: Customer) -> None:
        """Keep the rows of the parts on the customer, a line for each."""
        presenter = self.presenters[customer.ledger_id]
        for part in _PARTS:
            readable = presenter.catalogue.readable(presenter.actor, presenter.catalogue.of_part(part))
            lines = (
                " · ".join(
                    filter(None, (presenter.shown(field, getattr(row, field.column)).text for field in readable))
                )
                for row in getattr(customer, part).all()
            )
            customer.shown[part] = "\n".join(lines)


def _cell(key: str, label):
    @admin.display(description=label)
    def cell(self, customer):
        return customer.shown.get(key, "")

    return cell


def _name(key: str) -> str:
    return f"shown_{key}"


class ShownList(ChangeList):
    """Presents the rows of one page to the person who asks."""

    def get_results(self, request):
        super().get_results(request)
        reader, fields = _reader(request), [field for field in BUILT_IN if field.key in _IN_LIST]
        self.result_list = list(with_parts(self.result_list, fields))
        for customer in self.result_list:
            reader.show(customer, fields)
        if self.result_list:
            kind, about = access.Kind.BROWSE, {"count": len(self.result_list), "detail": _t("系统管理页面的客户列表")}
            access.note(request.user, kind, request=request, **about)


def _reader(request) -> Reader:
    if not hasattr(request, "customer_reader"):
        request.customer_reader = Reader(request.user, getattr(request, "request_id", ""))
    return request.customer_reader


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = [*map(_name, _IN_LIST), "ledger_code"]
    list_display_links = [_name("number")]
    list_select_related = ["ledger"]
    list_filter = ["ledger__code"]
    search_fields = ["number_key__startswith", "name__startswith"]
    show_full_result_count = False
    ordering = ["-pk"]
    sortable_by = ()
    list_per_page = 50

    @admin.display(description=_("账套"))
    def ledger_code(self, customer):
        return customer.ledger.code

    def has_view_permission(self, request, obj=None):
        """Administrators know no customers; a superuser sees those of the sets that he is a member of."""
        return request.user.is_superuser

    def has_module_permission(self, request):
        return request.user.is_superuser

    def get_queryset(self, request):
        return _reader(request).customers()

    def get_changelist(self, request, **kwargs):
        return ShownList

    def get_object(self, request, object_id, from_field=None):
        customer = super().get_object(request, object_id, from_field)
        if customer is not None:
            reader = _reader(request)
            reader.show(customer, BUILT_IN)
            reader.show_parts(customer)
            reader.note(customer, request)
        return customer

    def get_fields(self, request, obj=None):
        return [
            "ledger_code",
            *(_name(field.key) for field in BUILT_IN),
            *map(_name, _PARTS),
            "version",
            "created_batch",
            "last_batch",
        ]


for _field in BUILT_IN:
    setattr(CustomerAdmin, _name(_field.key), _cell(_field.key, _field.label))
for _part in _PARTS:
    setattr(CustomerAdmin, _name(_part), _cell(_part, PART_LABELS[_part]))


class OfMySets(ReadOnlyAdmin):
    """Rows of the account sets that the person belongs to."""

    def get_queryset(self, request):
        return super().get_queryset(request).filter(ledger__in=Ledger.objects.of_member(request.user))


@admin.register(ChangeBatch)
class ChangeBatchAdmin(OfMySets):
    list_display = [
        "id",
        "ledger",
        "kind",
        "state",
        "door",
        "by",
        "at",
        "customers_added",
        "customers_changed",
        "reason",
    ]
    list_filter = ["kind", "state", "ledger__code"]
    list_select_related = ["ledger", "by"]


@admin.register(Event)
class EventAdmin(OfMySets):
    list_display = ["id", "at", "ledger", "kind", "customer_id", "fields", "batch"]
    list_filter = ["kind", "ledger__code"]
    list_select_related = ["ledger", "batch"]
    show_full_result_count = False


@admin.register(Category, Tag, NumberingRule, NumberAlias)
class LookupAdmin(OfMySets):
    list_filter = ["ledger__code"]
    list_select_related = ["ledger"]
