"""A browser that shows rendered templates and the project's static files, without a server and without a database.

What lives here: the fixture ``show``. What does not: journeys through the running product (they start a server).
"""

import mimetypes
from pathlib import Path

import pytest
from django.template import engines
from playwright.sync_api import Page, Route

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = "http://ui.test"
# Stricter than the product's own: not even data: images.
POLICY = "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"


class Site:
    """Answers the browser: static files from disk, ``pages`` by path, and everything sent is kept in ``requests``."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.answers: dict[str, dict] = {}
        self.requests: list[tuple[str, str, str]] = []
        self.complaints: list[str] = []

    def answer(self, route: Route) -> None:
        """The handler of every request of the page."""
        request = route.request
        path = request.url.removeprefix(SITE).partition("?")[0].partition("#")[0]
        if path.startswith("/static/"):
            file = ROOT / path.lstrip("/")
            kind = mimetypes.guess_type(file.name)[0] or "text/plain"
            return route.fulfill(body=file.read_bytes(), content_type=kind)
        self.requests.append((request.method, request.url.removeprefix(SITE), request.post_data or ""))
        special = self.answers.get(path)
        if special == {"abort": True}:
            return route.abort("connectionfailed")
        if special is not None:
            return route.fulfill(**special)
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
        return route.fulfill(body=self.pages.get(path, "<title>other</title><p>other page"), headers=headers)

    def sent(self, method: str) -> list[tuple[str, str]]:
        """(address, body) of the requests with that method so far."""
        return [(url, body) for used, url, body in self.requests if used == method]


@pytest.fixture
def show(chromium):
    """show(template text, context, phone=…, dark=…) -> (page, site): the template in the frame, scripts started."""
    contexts = []

    def open_page(source: str, context: dict | None = None, *, phone=False, dark=False) -> tuple[Page, Site]:
        site = Site()
        site.pages["/"] = engines["django"].from_string(source).render(context or {})
        size = {"width": 390, "height": 844} if phone else {"width": 1440, "height": 900}
        made = chromium.new_context(viewport=size, has_touch=phone, color_scheme="dark" if dark else "light")
        contexts.append(made)
        made.route("**/*", site.answer)
        page = made.new_page()
        page.set_default_timeout(5000)
        page.on("console", lambda line: site.complaints.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: site.complaints.append(str(error)))
        page.goto(SITE + "/")
        page.wait_for_load_state("networkidle")
        site.requests.clear()
        return page, site

    yield open_page
    for made in contexts:
        made.close()


def framed(content: str) -> str:
    """A template whose content block is ``content``."""
    return (
        '{% extends "base.html" %}{% block page_title %}页面{% endblock %}{% block content %}'
        + content
        + "{% endblock %}"
    )


@pytest.fixture(name="framed")
def _framed():
    return framed
