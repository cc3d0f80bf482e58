"""个人例外: a right or a field that one person expressly has, or has not, whatever his roles say.

What lives here: making and ending one. What does not: how it weighs against roles (``permissions.grants.Tier``).
"""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions import naming
from permissions.actor import Actor, Door
from permissions.logs import changes
from permissions.models import Override, RightChange, User
from permissions.rights import Level, Right

from ..models import Ledger, LedgerEvent
from ..services.locking import changeable
from ..services.logbook import note
from . import dating, keeping


@transaction.atomic
def give(
    ledger: Ledger,
    user: User,
    *,
    kind: str,
    key: str,
    is_denied: bool,
    level: int = Level.READ,
    reason: str,
    starts_on: date | None = None,
    ends_on: date | None = None,
    by: User | None,
) -> Override:
    """Allow or forbid one person a right, or hold a field's level from below (allowed) or from above (denied).

    The same exception again takes the new level, reason and days. Raises BusinessError (``field``).
    """
    dating.check(starts_on, ends_on)
    reason = (reason or "").strip()
    if not reason:
        raise BusinessError(_("请写明原因，复核时要看。"), code="override.reason", field="reason")
    if len(reason) > 200:
        raise BusinessError(_("原因最多 200 个字。"), code="override.reason", field="reason")
    if not user.is_active:
        raise BusinessError(_("用户「%(user)s」已停用。") % {"user": user}, code="user.inactive", field="user")
    _check_key(ledger, kind, key, level)
    ledger = changeable(ledger)
    if not Actor.of(
        user, ledger.pk, Door.WEB, on=max(starts_on or timezone.localdate(), timezone.localdate())
    ).is_member:
        raise BusinessError(
            _("「%(user)s」不是账套的成员，例外不会起作用。") % {"user": user},
            code="override.stranger",
            field="user",
            remedy=_("请先在“成员”页授予角色。"),
        )
    same = {"ledger": ledger, "user": user, "kind": kind, "key": key, "is_denied": is_denied}
    wanted = {"level": level, "reason": reason, "starts_on": starts_on, "ends_on": ends_on, "given_by": by}
    old = Override.objects.filter(**same).first()
    days = [*keeping.bounds(starts_on, ends_on), *(keeping.bounds(old.starts_on, old.ends_on) if old else ())]
    with keeping.watched(ledger, by=by, days=days):
        made, _is_new = Override.objects.update_or_create(**same, defaults=wanted)
    _log(made, RightChange.Kind.OVERRIDE_ADDED, by)
    return made


def _check_key(ledger: Ledger, kind: str, key: str, level: int) -> None:
    if kind == Override.Kind.RIGHT and key in Right.values:
        return
    if kind == Override.Kind.FIELD and key in naming.labels_of(ledger.pk):
        if level in Level.values:
            return
        raise BusinessError(_("没有这样的字段级别。"), code="override.level", field="level")
    raise BusinessError(_("账套中没有这个权限或字段。"), code="override.key", field="key")


@transaction.atomic
def take(made: Override, *, by: User | None) -> None:
    """End an exception at once. Twice is once."""
    ledger = changeable(made.ledger)
    with keeping.watched(ledger, by=by):
        deleted, _rows = Override.objects.filter(pk=made.pk).delete()
    if deleted:
        _log(made, RightChange.Kind.OVERRIDE_REMOVED, by)


def _log(made: Override, kind: str, by: User | None) -> None:
    detail = f"{made.user} · {told(made, naming.labels_of(made.ledger_id))}{dating.told(made, '，')}"
    event = _("取消个人例外") if kind == RightChange.Kind.OVERRIDE_REMOVED else _("个人例外")
    note(made.ledger, LedgerEvent.Kind.SETTINGS, by=by, detail=f"{event}：{detail}", reason=made.reason)
    changes.note(made.ledger_id, kind, by=by, user=made.user, detail=f"{detail}（{made.reason}）")


def told(made: Override, labels: dict[str, str]) -> str:
    """允许 导出 · 手机 最多 脱敏."""
    if made.kind == Override.Kind.RIGHT:
        return f"{_('禁止') if made.is_denied else _('允许')} {Right(made.key).label if made.key in Right.values else made.key}"
    bound = _("最多") if made.is_denied else _("至少")
    return f"{labels.get(made.key, made.key)} {bound} {Level(made.level).label}"
