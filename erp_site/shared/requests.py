"""The outermost middleware: gives each request an id and writes one access line for it.

What lives here: ``request.request_id``, the ``X-Request-ID`` header and the access log. What does not: who may see what.
The address is logged without its query, because queries may hold names and numbers of people.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from . import logs

HEADER = "X-Request-ID"
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

access = logging.getLogger("erp.access")


def request_id_of(inbound: str | None) -> str:
    """The proxy's id when it is a short plain word, else a new one."""
    if inbound and _SANE.fullmatch(inbound):
        return inbound
    return uuid.uuid4().hex


class RequestIdMiddleware:
    """Sets ``request.request_id``, answers with it, and logs method, path, status and milliseconds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = request_id_of(request.headers.get(HEADER))
        started = time.perf_counter()
        with logs.context(request.request_id, request=request):
            response = self.get_response(request)
            response[HEADER] = request.request_id
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            fields = {
                "method": request.method,
                "path": request.path,
                "status": response.status_code,
                "ms": milliseconds,
            }
            access.info("%s %s %s", request.method, request.path, response.status_code, extra={"fields": fields})
        return response
