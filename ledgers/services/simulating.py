"""权限模拟: seeing a set for half an hour with a member's eyes, changing nothing, every page of it logged.

What lives here: who may simulate whom, the simulation of a session, which routes are open in it. What does not: how rows and fields are cut
down to what both may see (``Actor.seen_by``), and pages.

A simulation is closed to everything that is not named here: what is posted, downloads, settings, and the simulated person's own things
(exports, imports, requests). Apps name the pages that are open in AppConfig.ready. Whoever manages rights himself is not simulated.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.actor import Actor, Door
from permissions.logs import access
from permissions.models import AccessRecord, User
from permissions.rights import Right

from ..models import Ledger

KEY = "simulation"  # in the session: {ledger, user, until, reason}
LASTS = timedelta(minutes=30)

# Names of routes: pages that may be looked at, and posts that read only (a search is posted so that no telephone stands in an address).
open_pages: set[str] = set()
open_posts: set[str] = set()
STOP = "simulation_stop"


@dataclass(frozen=True)
class Simulation:
    """Somebody looking with another's eyes: ``actor`` is whom he looks as, ``actor.seen_by`` himself."""

    actor: Actor
    until: datetime
    reason: str

    @property
    def user(self) -> User:
        return self.actor.user

    @property
    def viewer(self) -> Actor:
        return self.actor.seen_by


def objection(target: Actor, by: Actor) -> str:
    """Why ``by`` may not look as ``target``; empty when he may."""
    if not by.can(Right.MEMBERS):
        return _("只有持有「成员与权限」的人可以模拟他人。")
    if target.user_id == by.user_id:
        return _("您就是本人，直接使用即可。")
    if not target.is_member:
        return _("他现在不是本账套的有效成员，没有可以模拟的内容。")
    if target.can(Right.MEMBERS):
        return _("他自己持有「成员与权限」，这样的人不能被模拟。")
    return ""


def start(request: HttpRequest, user: User, *, reason: str) -> Simulation:
    """Begin for this session, in this set, until half an hour from now. Raises BusinessError when it may not be."""
    by: Actor = request.actor
    by.require(Right.MEMBERS)
    target = Actor.of(user, by.ledger_id, Door.WEB, request_id=by.request_id)
    if why := objection(target, by):
        raise BusinessError(why, code="simulation.not_possible", field="user")
    reason = reason.strip()[:200]
    if not reason:
        raise BusinessError(_("请填写模拟的原因。"), code="simulation.reason", field="reason")
    until = timezone.now() + LASTS
    request.session[KEY] = {"ledger": by.ledger_id, "user": user.pk, "until": until.isoformat(), "reason": reason}
    found = Simulation(replace(target, seen_by=by), until, reason)
    _note(request, found, _("开始模拟：%(reason)s") % {"reason": reason})
    return found


def stop(request: HttpRequest) -> None:
    """End this session's simulation; ended twice is ended once."""
    request.session.pop(KEY, None)
    if simulation := getattr(request, "simulation", None):
        _note(request, simulation, _("结束模拟"))


def of_request(request: HttpRequest, ledger: Ledger, viewer: Actor) -> Simulation | None:
    """The simulation that this session is in, in this set. One that is over, or may not be any more, ends here and says so."""
    kept = request.session.get(KEY)
    if not kept or kept["ledger"] != ledger.pk:
        return None
    until = datetime.fromisoformat(kept["until"])
    if until <= timezone.now():
        return _ended(request, _("权限模拟已到时限，现在是您自己的权限。"))
    user = User.objects.select_related("department").filter(pk=kept["user"]).first()
    target = user and Actor.of(user, ledger.pk, Door.WEB, request_id=viewer.request_id)
    if not target or objection(target, viewer):
        return _ended(request, _("权限已经改变，权限模拟结束，现在是您自己的权限。"))
    return Simulation(replace(target, seen_by=viewer), until, kept["reason"])


def _ended(request: HttpRequest, words: str) -> None:
    del request.session[KEY]
    messages.info(request, words)


def admits(request: HttpRequest, simulation: Simulation) -> bool:
    """Whether this request may be answered within a simulation; writes it down either way."""
    route, method = request.resolver_match.url_name, request.method
    if route == STOP:
        return True
    is_open = route in open_pages if method in ("GET", "HEAD") else method == "POST" and route in open_posts
    _note(request, simulation, route if is_open else _("已拒绝：%(route)s") % {"route": f"{method} {route}"})
    return is_open


def _note(request: HttpRequest, simulation: Simulation, detail: str) -> None:
    access.note(
        simulation.actor,
        AccessRecord.Kind.SIMULATE,
        object_id=request.resolver_match.kwargs.get("pk") if request.resolver_match else None,
        detail=detail,
        request=request,
    )
