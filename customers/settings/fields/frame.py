"""What the pages of 字段设计 share: the tabs above them, and the render call.

What lives here: the frame. What does not: any of the pages.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from ledgers.pages import render_settings

from ...models import ChoiceSet, EntryTemplate, ValidationRule

PAGE = "field_design"  # the entry of the settings' navigation that all of them belong to


def render_fields(
    request: HttpRequest, template: str, tab: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page under 字段设计; ``tab`` is its url name among the tabs."""
    ledger = request.ledger
    found = (
        ("field_design", _("字段"), "columns-3", 0),
        ("choice_set_list", _("选项集"), "list-check", ChoiceSet.objects.filter(ledger=ledger).count()),
        ("entry_template_list", _("录入模板"), "layout-sidebar-left-expand", EntryTemplate.objects.filter(ledger=ledger).count()),
        ("validation_rule_list", _("校验规则"), "checkbox", ValidationRule.objects.filter(ledger=ledger).count()),
    )  # fmt: skip
    tabs = [
        {"label": label, "url": reverse(name, args=[ledger.code]), "active": name == tab, "icon": icon, "count": count}
        for name, label, icon, count in found
    ]
    return render_settings(request, template, PAGE, {"field_tabs": tabs, **context}, status)
