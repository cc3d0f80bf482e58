"""The one family of errors that users may see, and the middleware that shows them.

A ``BusinessError`` carries a message in the user's words and a stable code. Forms put it on a field;
whatever reaches the middleware becomes a 409 page, a toast for htmx, or JSON.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render


class BusinessError(Exception):
    """Something the user asked for cannot be done; ``message`` says why and what to do instead."""

    code = "business.error"
    status = HTTPStatus.CONFLICT

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None, remedy: str = ""):
        super().__init__(message)
        self.message = str(message)
        self.code = code or self.code
        self.field = field
        self.remedy = str(remedy)


class NotAllowed(BusinessError):
    """The actor may see the thing but not do this with it; ``rule`` names what decided.

    ``right`` or ``field_key`` (a key of the field catalogue) is what he lacks, so that the page can say who gives it and how to ask for it.
    """

    code = "permission.denied"
    status = HTTPStatus.FORBIDDEN

    def __init__(self, message: str, *, rule: str = "", right: str = "", field_key: str = "", **kwargs):
        super().__init__(message, **kwargs)
        self.rule = rule
        self.right = right
        self.field_key = field_key


# Asked with a request and its NotAllowed for what else the answer should say: template variables ``givers`` (names) and ``apply_url``.
# Filled in by the app that knows account sets.
about_refusals: list[Callable[[HttpRequest, NotAllowed], dict[str, Any]]] = []


class StaleVersion(BusinessError):
    """Somebody else saved the row after it was read."""

    code = "version.stale"


class BusinessErrorMiddleware:
    """Turns a BusinessError that no form caught into an answer the user understands."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, BusinessError):
            return None
        more = _about(request, exception) if isinstance(exception, NotAllowed) else {}
        if request.headers.get("Accept", "").startswith("application/json"):
            body = {"code": exception.code, "message": exception.message, "remedy": exception.remedy}
            return JsonResponse(body | more, status=exception.status)
        if isinstance(exception, NotAllowed):
            context = {"message": exception.message, "remedy": exception.remedy, **more}
            return render(request, "errors/403.html", context, status=exception.status)
        said = [exception.message, exception.remedy]
        context = {"message": " ".join(filter(None, said))}
        return render(request, "errors/409.html", context, status=exception.status)


def _about(request: HttpRequest, refusal: NotAllowed) -> dict[str, Any]:
    """Why, who can give it, where to ask for it; only what there is to say."""
    said: dict[str, Any] = {"rule": str(refusal.rule)} if refusal.rule else {}
    for about in about_refusals:
        said |= about(request, refusal)
    return said
