"""Fetching is scoping: the one way in which a page gets a customer."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from ..forms.base import FORM_PARTS
from ..models import Customer
from ..presenting import prefetches

_EVERY_PART = (*FORM_PARTS, "blocks", "customer_tags", "foreign_numbers")


def visible_customer(request: HttpRequest, pk: int, *, with_parts: bool = False) -> Customer:
    """The customer if the actor sees him, else a 404; with all his parts when asked."""
    customers = Customer.objects.visible_to(request.actor).select_related(
        "ledger", "last_batch__by", "created_batch__by"
    )
    return get_object_or_404(customers.prefetch_related(*prefetches(_EVERY_PART)) if with_parts else customers, pk=pk)
