"""Which ledger a request is about: ``/l/<code>/…`` becomes ``request.ledger`` and ``request.actor``, or a 404.

Somebody who does not belong to the set gets the same 404 as for a set that does not exist. In a simulation (``services.simulating``) the actor
is the simulated member, seen by the one who looks; what is not open to simulations is refused here, before any view.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from permissions.actor import Actor, Door

from .models import Ledger
from .services import simulating


class LedgerMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.ledger = request.actor = request.simulation = None
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        code = kwargs.pop("ledger", None)
        if code is None or not request.user.is_authenticated:
            return None
        ledger = Ledger.objects.filter(code__iexact=code).first()
        actor = ledger and Actor.of(request.user, ledger.pk, Door.WEB, request_id=getattr(request, "request_id", ""))
        if not actor or not actor.is_member:
            request.closed_ledger = ledger  # for the access log: which door he stood before
            raise Http404(_("没有找到该账套，或您不是它的成员。"))
        request.ledger, request.actor = ledger, actor
        request.simulation = simulating.of_request(request, ledger, actor)
        if request.simulation is None:
            return None
        request.actor = request.simulation.actor
        if simulating.admits(request, request.simulation):
            return None
        return render(request, "errors/simulation.html", status=HTTPStatus.FORBIDDEN)
