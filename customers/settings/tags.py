"""标签: the labels that a set offers."""

import re

from django.db import transaction
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from ledgers.models import Ledger
from ledgers.parameters import TONES
from ledgers.services.locking import changeable

from ..models import CustomerTag, Tag
from ..rules.text import fold

LONGEST = 30
MOST_AT_ONCE = 200


def living(ledger: Ledger):
    """The tags that customers can be given: those that were merged into others left out."""
    return Tag.objects.filter(ledger=ledger, merged_into=None)


def names_in(text: str) -> list[str]:
    """The tags that somebody wrote one after another, by lines or commas; each once."""
    words = (" ".join(word.split()) for word in re.split(r"[\n,，、;；]+", text or ""))
    return list({fold(word): word for word in words if word}.values())


@transaction.atomic
def add_many(ledger: Ledger, text: str) -> list[Tag]:
    """Add every tag of a text that is not there yet; returns the new ones. Raises BusinessError for one that is too long."""
    names = names_in(text)
    if not names:
        raise BusinessError(_("请填写标签名称。"), code="tag.name", field="name")
    if len(names) > MOST_AT_ONCE:
        raise BusinessError(_("一次最多增加 %(most)s 个标签。") % {"most": MOST_AT_ONCE}, code="tag.name", field="name")
    have = {fold(name) for name in living(ledger).values_list("name", flat=True)}
    missing = [name for name in names if fold(name) not in have]
    if not missing:
        raise BusinessError(_("标签「%(name)s」已存在。") % {"name": names[0]}, code="tag.taken", field="name")
    return [save(ledger, name) for name in missing]


@transaction.atomic
def save(ledger: Ledger, name: str, *, tag: Tag | None = None, tone: str | None = None) -> Tag:
    """Add a tag, or give ``tag`` another name or colour. Raises BusinessError for a name that is missing, too long or taken."""
    name = " ".join((name or "").split())
    if not name:
        raise BusinessError(_("请填写标签名称。"), code="tag.name", field="name")
    if len(name) > LONGEST or "," in name or "，" in name:
        # Several tags in one cell of a file are told apart by commas.
        raise BusinessError(
            _("标签最多 %(most)s 个字，不能含逗号。") % {"most": LONGEST}, code="tag.name", field="name"
        )
    changeable(ledger)
    taken = Tag.objects.filter(ledger=ledger, name__iexact=name).exclude(pk=tag.pk if tag else None)
    bearer = taken.select_related("merged_into").first()
    if bearer is not None and bearer.merged_into:
        about = {"name": bearer.name, "into": bearer.merged_into.name}
        raise BusinessError(_("标签「%(name)s」已并入「%(into)s」。") % about, code="tag.taken", field="name")
    if bearer is not None:
        raise BusinessError(_("标签「%(name)s」已存在。") % {"name": name}, code="tag.taken", field="name")
    if tone is not None and tone not in TONES:
        raise BusinessError(_("没有这种颜色。"), code="tag.tone", field="colour")
    tag = tag or Tag(ledger=ledger)
    tag.name = name
    if tone is not None:
        tag.colour = tone
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
            remedy=_("可以改名，或并入另一个标签。"),
        )
    if Tag.objects.filter(merged_into=tag).exists():
        raise BusinessError(_("有其他标签并入了「%(name)s」，不能删除。") % {"name": tag.name}, code="tag.in_use")
    Tag.objects.filter(pk=tag.pk).delete()
