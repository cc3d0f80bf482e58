"""What an approval does: it gives through the same verbs as a page does, so that every check and log of theirs holds here too.

What lives here: one function per kind of request. What does not: who may decide (``requests``).
"""

from collections.abc import Callable
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.actor import Actor
from permissions.models import Dated, Membership, Override, RightRequest

from ...services import members
from .. import exceptions
from . import subjects

Kind = RightRequest.Kind


def give(request: RightRequest, *, until: date, level: int, by: Actor) -> None:
    """Give what is asked for, until a day and with a level; inside the caller's transaction, under the set's lock.

    Raises BusinessError when he has it for as long already, or when the verb refuses.
    """
    _GIVE[request.kind](request, until, level, by)


def _role(request: RightRequest, until: date, _level: int, by: Actor) -> None:
    if request.role is None:
        raise BusinessError(_("申请的角色已被删除。"), code="request.gone")
    have = Membership.objects.filter(ledger=request.ledger, user=request.applicant, role=request.role).first()
    if have is None:
        members.add_member(request.ledger, request.applicant, request.role.code, by=by.user, ends_on=until)
        return
    _refuse_if_there(have, until)
    members.change_dates(have, _start(have), until, by=by.user)


def _right(request: RightRequest, until: date, _level: int, by: Actor) -> None:
    _override(request, Override.Kind.RIGHT, until, 0, by)


def _field(request: RightRequest, until: date, level: int, by: Actor) -> None:
    _override(request, Override.Kind.FIELD, until, level, by)


def _override(request: RightRequest, kind: str, until: date, level: int, by: Actor) -> None:
    same = {"kind": kind, "key": request.key, "is_denied": False}
    have = Override.objects.in_force().filter(ledger=request.ledger, user=request.applicant, **same).first()
    if have:
        if kind == Override.Kind.RIGHT or have.level >= level:
            _refuse_if_there(have, until)
        elif have.ends_on is None or have.ends_on > until:
            raise BusinessError(
                _("他已有一个更长期的字段例外，批准会缩短它。"),
                code="request.shortens",
                remedy=_("请在“个人例外”中直接调整级别。"),
            )
        level = max(level, have.level)
    exceptions.give(
        request.ledger,
        request.applicant,
        **same,
        level=level or Override._meta.get_field("level").default,
        reason=(_("申请：%(reason)s") % {"reason": request.reason})[:200],
        ends_on=until,
        by=by.user,
    )


def _customer(request: RightRequest, until: date, level: int, by: Actor) -> None:
    known = subjects.customers()
    if request.customer_id is None or request.customer_id not in known.labels(by, [request.customer_id]):
        raise BusinessError(
            _("没有找到您能查看的、编号为「%(number)s」的客户，不能批准。") % {"number": request.number},
            code="request.customer",
            remedy=_("请驳回，或由该客户的负责人审批。"),
        )
    known.share(
        request.ledger,
        request.customer_id,
        request.applicant,
        level=level,
        ends_on=until,
        reason=request.reason,
        by=by,
    )


def _refuse_if_there(have: Dated, until: date) -> None:
    today = timezone.localdate()
    in_force = (have.starts_on is None or have.starts_on <= today) and (have.ends_on is None or have.ends_on >= today)
    if in_force and (have.ends_on is None or have.ends_on >= until):
        raise BusinessError(
            _("他已经有这个权限，且不会更早失效。"), code="request.has", remedy=_("请驳回这个申请，或等他撤回。")
        )


def _start(have: Dated) -> date | None:
    """A grant that is over begins anew today; one that runs goes on."""
    today = timezone.localdate()
    return today if have.ends_on and have.ends_on < today else have.starts_on


_GIVE: dict[str, Callable[[RightRequest, date, int, Actor], None]] = {
    Kind.ROLE: _role,
    Kind.RIGHT: _right,
    Kind.FIELD: _field,
    Kind.CUSTOMER: _customer,
}
