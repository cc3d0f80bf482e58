"""What ``serve`` prints about logins."""

import pytest
from django.contrib.auth import get_user_model

from erp_site import demo
from erp_site.management.commands.serve import Command

pytestmark = pytest.mark.django_db


def test_an_empty_installation_is_told_how_to_get_its_first_user():
    assert "createsuperuser" in Command._greeting("127.0.0.1", 8000)


def test_demo_logins_are_named_on_loopback_only(settings):
    settings.DEMO = True
    get_user_model().objects.create(username=demo.PEOPLE[0].username)
    text = Command._greeting("127.0.0.1", 8000)
    assert demo.PASSWORD in text and all(person.username in text for person in demo.PEOPLE)
    assert demo.PASSWORD not in Command._greeting("0.0.0.0", 8000)
    settings.DEMO = False
    assert demo.PASSWORD not in Command._greeting("127.0.0.1", 8000)


def test_an_address_of_version_six_is_written_for_a_browser():
    assert "http://[::1]:8000/" in Command._greeting("::1", 8000)
