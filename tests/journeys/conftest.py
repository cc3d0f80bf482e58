"""A real browser against the running product: pages over a live server, background jobs by a thread beside it."""

import threading

import pytest
from django.db import connections
from playwright.sync_api import expect

from erp_site.jobs.runner import run_pending
from tests.conftest import PASSWORD

expect.set_options(timeout=20_000)

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def worker(transactional_db):
    """Runs background jobs while the journey goes on."""
    stop = threading.Event()

    def work():
        while not stop.wait(0.2):
            run_pending()
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join(timeout=30)


@pytest.fixture
def open_as(chromium, live_server, users):
    """open_as("sales1"): a page where that persona has logged in through the form; ``viewport=PHONE`` for a phone.

    Whatever the browser complains of (a script error, a refused resource) fails the journey at its end.
    """
    contexts, complaints = [], []

    def open_page(username: str, viewport=DESKTOP):
        context = chromium.new_context(viewport=viewport, base_url=live_server.url, accept_downloads=True)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto("/login/")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login/" not in url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
