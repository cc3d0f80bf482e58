"""Pages of categories, their codes, sales regions and tags. One module per topic."""

from .categories import (
    category_customers,
    category_defaults,
    category_list,
    category_move,
    category_place,
    category_toggle,
)
from .codes import category_codes
from .regions import region_list, region_move, region_remove, region_toggle, region_usual
from .tags import tag_list, tag_merge, tag_remove
from .work import category_work, category_work_cancel

__all__ = [
    "category_codes",
    "category_customers",
    "category_defaults",
    "category_list",
    "category_move",
    "category_place",
    "category_toggle",
    "category_work",
    "category_work_cancel",
    "region_list",
    "region_move",
    "region_remove",
    "region_toggle",
    "region_usual",
    "tag_list",
    "tag_merge",
    "tag_remove",
]
