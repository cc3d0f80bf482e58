"""Home page and error pages."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from ledgers.models import Ledger

LAST_LEDGER = "last_ledger"


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """To the set used last, else the only one there is, else the list of sets."""
    mine = list(Ledger.objects.of_member(request.user).filter(state=Ledger.State.ACTIVE))
    last = next((ledger for ledger in mine if ledger.code == request.session.get(LAST_LEDGER)), None)
    ledger = last or (mine[0] if len(mine) == 1 else None)
    return redirect(ledger.get_absolute_url() if ledger else "ledger_list")


def bad_request(request: HttpRequest, exception=None) -> HttpResponse:
    return render(request, "errors/400.html", status=HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception=None) -> HttpResponse:
    return render(request, "errors/403.html", status=HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception=None) -> HttpResponse:
    return render(request, "errors/404.html", status=HTTPStatus.NOT_FOUND)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "errors/csrf.html", status=HTTPStatus.FORBIDDEN)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without a request context: whatever failed must not fail again here."""
    body = render_to_string("errors/500.html", {"request_id": getattr(request, "request_id", "")})
    return HttpResponse(body, status=HTTPStatus.INTERNAL_SERVER_ERROR)
