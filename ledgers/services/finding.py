"""Looking up sets and people: what a command names, and which sets a user may configure.

What lives here: look-ups outside a request. What does not: a page's set and actor (``ledgers.middleware``).
"""

from difflib import get_close_matches

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.actor import Actor, Door
from permissions.models import User
from permissions.rights import Right

from ..models import Ledger


def by_code(code: str) -> Ledger:
    """The set with this code, whatever its case; BusinessError names the codes that are like it."""
    ledger = Ledger.objects.filter(code__iexact=code).first()
    if ledger:
        return ledger
    near = get_close_matches(code.upper(), [known.upper() for known in Ledger.objects.values_list("code", flat=True)])
    remedy = (
        _("您是指：%(codes)s？") % {"codes": "、".join(near)}
        if near
        else _("请核对账套编码，或先用 create_ledger 建立账套。")
    )
    raise BusinessError(
        _("没有账套「%(code)s」。") % {"code": code}, code="ledger.unknown", field="ledger", remedy=remedy
    )


def configurable(user: User) -> QuerySet[Ledger]:
    """The sets, drafts left out, that the user may configure: whose configuration he may copy or compare."""
    mine = Ledger.objects.of_member(user).values_list("pk", flat=True)
    wanted = [pk for pk in mine if Actor.of(user, pk, Door.WEB).can(Right.CONFIGURE)]
    return Ledger.objects.filter(pk__in=wanted).exclude(state=Ledger.State.DRAFT).order_by("code")


def user_by_name(username: str) -> User:
    """The active user with this login name; raises BusinessError."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise BusinessError(
            _("没有用户「%(name)s」，或该用户已停用。") % {"name": username}, code="user.unknown", field="user"
        )
    return user


def command_actor(ledger: Ledger, username: str | None) -> Actor:
    """Who a command acts as: the system without ``--as``, else that member of the set; raises BusinessError."""
    if not username:
        return Actor.system(ledger.pk, Door.COMMAND)
    actor = Actor.of(user_by_name(username), ledger.pk, Door.COMMAND)
    if not actor.is_member:
        raise BusinessError(
            _("用户「%(name)s」不是账套「%(ledger)s」的成员。") % {"name": username, "ledger": ledger.code},
            code="member.unknown",
            field="user",
        )
    return actor
