"""Pages of customers, one module per use. ``request.ledger`` and ``request.actor`` come from the middleware."""

from .dashboard import dashboard
from .detail import customer_deactivate, customer_detail, customer_reactivate, customer_reviewed
from .editing import customer_edit, customer_new, customer_state
from .files import file_download
from .lists import customer_list
from .lookups import customer_derive, customer_pick, customer_places, customer_suggest, number_lookup
from .standing import customer_block, customer_rename, customer_status, customer_unblock

__all__ = [
    "customer_block",
    "customer_deactivate",
    "customer_derive",
    "customer_detail",
    "customer_edit",
    "customer_list",
    "customer_new",
    "customer_pick",
    "customer_places",
    "customer_reactivate",
    "customer_reviewed",
    "customer_rename",
    "customer_state",
    "customer_status",
    "customer_suggest",
    "customer_unblock",
    "dashboard",
    "file_download",
    "number_lookup",
]
