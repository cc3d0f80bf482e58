"""Which ledger a request is about: ``/l/<code>/…`` becomes ``request.ledger`` and ``request.actor``, or a 404.

Somebody who does not belong to the set gets the same 404 as for a set that does not exist.
"""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from permissions.actor import Actor, Door

from .models import Ledger


class LedgerMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.ledger = request.actor = None
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> None:
        code = kwargs.pop("ledger", None)
        if code is None or not request.user.is_authenticated:
            return
        ledger = Ledger.objects.filter(code__iexact=code).first()
        actor = ledger and Actor.of(request.user, ledger.pk, Door.WEB, request_id=getattr(request, "request_id", ""))
        if not actor or not actor.is_member:
            raise Http404(_("没有找到该账套，或您不是它的成员。"))
        request.ledger, request.actor = ledger, actor
