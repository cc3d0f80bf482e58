"""标签: the labels that a set offers."""

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from ledgers.services.locking import changeable

from ..models import CustomerTag, Tag

LONGEST = 30


@transaction.atomic
def save(ledger: Ledger, name: str, *, tag: Tag | None = None) -> Tag:
    """Add a tag, or give ``tag`` another name. Raises BusinessError for a name that is missing, too long or taken."""
    name = " ".join((name or "").split())
    if not name:
        raise BusinessError(_("请填写标签名称。"), code="tag.name", field="name")
    if len(name) > LONGEST or "," in name or "，" in name:
        # Several tags in one cell of a file are told apart by commas.
        raise BusinessError(
            _("标签最多 %(most)s 个字，不能含逗号。") % {"most": LONGEST}, code="tag.name", field="name"
        )
    changeable(ledger)
    if Tag.objects.filter(ledger=ledger, name__iexact=name).exclude(pk=tag.pk if tag else None).exists():
        raise BusinessError(_("标签「%(name)s」已存在。") % {"name": name}, code="tag.taken", field="name")
    tag = tag or Tag(ledger=ledger)
    tag.name = name
    tag.save()
    return tag


@transaction.atomic
def remove(tag: Tag) -> None:
    """Delete a tag that no customer bears."""
    changeable(tag.ledger)
    if CustomerTag.objects.filter(tag=tag).exists():
        raise BusinessError(
            _("标签「%(name)s」已用于客户，不能删除。") % {"name": tag.name},
            code="tag.in_use",
            remedy=_("可以改名，或先从客户上取下该标签。"),
        )
    Tag.objects.filter(pk=tag.pk).delete()
