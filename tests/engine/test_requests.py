"""Request ids and the access log."""

import json
import logging

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from erp_site.shared import logs
from erp_site.shared.requests import RequestIdMiddleware, request_id_of


def test_a_sane_id_from_outside_is_kept():
    assert request_id_of("proxy-2026.11_22abc") == "proxy-2026.11_22abc"


@pytest.mark.parametrize(
    "inbound", [None, "", "short", "x" * 65, "has space inside", "new\nline-in-it", "<script>alert", "-leading-dash"]
)
def test_anything_else_gets_a_new_one(inbound):
    made = request_id_of(inbound)
    assert made != inbound and len(made) == 32
    assert request_id_of(inbound) != made


def test_the_answer_and_the_access_line_carry_the_id_and_no_query(caplog):
    seen = []

    def view(request):
        seen.append(request.request_id)
        logging.getLogger("erp.test").warning("inside")
        return HttpResponse(status=404)

    lines = []
    formatter = logs.JsonFormatter()
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(json.loads(formatter.format(record)))
    for name in ("erp.test", "erp.access"):
        logging.getLogger(name).addHandler(handler)
    caplog.set_level(logging.INFO, "erp.access")
    try:
        request = RequestFactory().get("/l/HZ01/customers/?q=张三", headers={"X-Request-ID": "abcdef-123456"})
        response = RequestIdMiddleware(view)(request)
    finally:
        for name in ("erp.test", "erp.access"):
            logging.getLogger(name).removeHandler(handler)
    assert response["X-Request-ID"] == "abcdef-123456" == seen[0]
    inside, access = lines
    assert inside["request_id"] == access["request_id"] == "abcdef-123456"
    assert (access["method"], access["path"], access["status"]) == ("GET", "/l/HZ01/customers/", 404)
    assert access["ms"] >= 0 and "张三" not in json.dumps(lines, ensure_ascii=False)


def test_the_error_page_can_show_the_id(client, db):
    response = client.get("/there-is-no-such-page/", headers={"X-Request-ID": "for-the-error-page"})
    assert response["X-Request-ID"] == "for-the-error-page"
    assert response.wsgi_request.request_id == "for-the-error-page"
