"""Pages of customers, one module per use. ``request.ledger`` and ``request.actor`` come from the middleware."""

from .dashboard import dashboard
from .detail import customer_deactivate, customer_detail, customer_reactivate
from .editing import customer_edit, customer_new
from .lists import customer_list
from .lookups import customer_derive, customer_suggest, number_lookup

__all__ = [
    "customer_deactivate",
    "customer_derive",
    "customer_detail",
    "customer_edit",
    "customer_list",
    "customer_new",
    "customer_reactivate",
    "customer_suggest",
    "dashboard",
    "number_lookup",
]
