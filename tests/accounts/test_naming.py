"""The fields that rights can be given on, in the set's own words."""

import pytest

from customers.fields import Catalogue
from permissions.actor import SENSITIVE
from permissions.naming import fields_of, labels_of

pytestmark = pytest.mark.django_db


def test_every_field_of_the_catalogue_can_be_given_rights_on(ledger):
    keys = {each.key for each in fields_of(ledger.pk)}
    assert {each.right_key for each in Catalogue.of(ledger).fields} <= keys
    assert len(keys) == len(fields_of(ledger.pk))


def test_sensitive_fields_are_marked(ledger, actor):
    marked = {each.key for each in fields_of(ledger.pk) if each.is_sensitive}
    asked = {each.key for each in fields_of(ledger.pk) if actor("sales1").is_sensitive(each.key)}
    assert marked == asked
    assert any(key.endswith(SENSITIVE[0]) for key in marked)


def test_labels_are_words(ledger):
    assert labels_of(ledger.pk)["contacts.mobile"]
    assert all(label and label != key for key, label in labels_of(ledger.pk).items())
