"""What may be chosen in a set: categories as a tree, members, departments, sales regions, tags, and the choices of the catalogue.

What lives here: (value, label) pairs for selects. What does not: which of them a reader sees as text (``presenting``).
"""

from functools import cached_property

from django.db.models import Exists, OuterRef, Q

from permissions.everybody import people_of
from permissions.models import Department

from ..fields import Catalogue, Field, Type
from ..models import Category, CustomerTag, SalesRegion, Tag

Pairs = list[tuple[str, str]]

_INDENT = "\u3000"


class Options:
    """Options of one set; each table is read once, when the first control asks for it."""

    def __init__(self, catalogue: Catalogue):
        self.ledger = catalogue.ledger

    def of(self, field: Field) -> Pairs:
        """The options of a field that is chosen from a list."""
        if field.choices or field.type in (Type.CHOICE, Type.MULTI_CHOICE):
            return [(str(value), str(label)) for value, label in field.choices]
        return {
            Type.CATEGORY: lambda: self.categories,
            Type.USER: lambda: self.users,
            Type.DEPARTMENT: lambda: self.departments,
            Type.SALES_REGION: lambda: self.sales_regions,
            Type.TAGS: lambda: self.tags,
        }[field.type]()

    @cached_property
    def categories(self) -> Pairs:
        """The active categories, children indented under their parents."""
        children: dict[int | None, list[Category]] = {}
        for category in Category.objects.filter(ledger=self.ledger, is_active=True):
            children.setdefault(category.parent_id, []).append(category)
        known = {category.pk for below in children.values() for category in below}
        # A child of a switched-off category stands at the top: it can still be chosen.
        tops = [category for parent, below in children.items() if parent not in known for category in below]
        pairs: Pairs = []

        def walk(level: list[Category], depth: int) -> None:
            for category in level:
                pairs.append((str(category.pk), _INDENT * depth + category.name))
                walk(children.get(category.pk, []), depth + 1)

        walk(tops, 0)
        return pairs

    @cached_property
    def users(self) -> Pairs:
        rows = people_of(self.ledger.pk).filter(is_active=True).order_by("username")
        return [(str(user.pk), str(user)) for user in rows]

    @cached_property
    def departments(self) -> Pairs:
        return [(str(row.pk), row.name) for row in Department.objects.filter(is_active=True)]

    @cached_property
    def sales_regions(self) -> Pairs:
        rows = SalesRegion.objects.filter(ledger=self.ledger, is_active=True)
        return [(str(row.pk), row.name) for row in rows]

    @cached_property
    def tags(self) -> Pairs:
        # One that was merged stays on the form while customers still bear it: saving must not take it off before they have moved.
        borne = Exists(CustomerTag.objects.filter(tag=OuterRef("pk")))
        rows = Tag.objects.filter(Q(merged_into=None) | borne, ledger=self.ledger)
        return [(str(row.pk), row.name) for row in rows]
