"""The one family of errors that users may see, and the middleware that shows them.

A ``BusinessError`` carries a message in the user's words and a stable code. Forms put it on a field;
whatever reaches the middleware becomes a 409 page, a toast for htmx, or JSON.
"""

from collections.abc import Callable
from http import HTTPStatus

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
    """The actor may see the thing but not do this with it; ``rule`` names what decided."""

    code = "permission.denied"
    status = HTTPStatus.FORBIDDEN

    def __init__(self, message: str, *, rule: str = "", **kwargs):
        super().__init__(message, **kwargs)
        self.rule = rule


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
        if request.headers.get("Accept", "").startswith("application/json"):
            body = {"code": exception.code, "message": exception.message, "remedy": exception.remedy}
            return JsonResponse(body, status=exception.status)
        template = "errors/403.html" if isinstance(exception, NotAllowed) else "errors/409.html"
        said = [exception.message, getattr(exception, "rule", ""), exception.remedy]
        return render(request, template, {"message": " ".join(filter(None, said))}, status=exception.status)
