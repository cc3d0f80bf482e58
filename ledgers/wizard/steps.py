"""What a step of the wizard is, which steps there are, and how far a draft has come.

What lives here: the base class, the register, the bar of steps. What does not: the steps (``own``; the customers app puts its
own in ``AppConfig.ready``), pages (``views.wizard``), activation (``services.creating``).
"""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.models import User

from ..models import Ledger
from ..services.locking import changeable

REVIEW = 5


class Step:
    """One page of the wizard. ``open`` gives something with ``is_valid()``; ``save`` stores it; ``review`` tells what stands there."""

    title: str | Promise = ""
    hint: str | Promise = ""
    template = ""

    def open(self, ledger: Ledger | None, user: User, data: Any = None) -> Any:
        """The form of the step, bound when there is ``data``."""
        raise NotImplementedError

    def save(self, ledger: Ledger, form: Any, by: User) -> None:
        """Store a valid form; called with the draft locked."""
        raise NotImplementedError

    def review(self, ledger: Ledger) -> list[tuple[str, str]]:
        """(label, value) of what was chosen."""
        raise NotImplementedError

    def missing(self, ledger: Ledger) -> list[str]:
        """What still keeps the draft from being activated, in the user's words."""
        return []

    def context(self, ledger: Ledger | None, form: Any) -> dict[str, Any]:
        """More template variables."""
        return {}


STEPS: dict[int, Step] = {}


def bar(ledger: Ledger | None, current: int) -> list[dict[str, Any]]:
    """Entries for components/steps.html: one may go back to every step that was reached."""
    reached = ledger.wizard_step if ledger else 1
    entries = []
    for number, title in [*((number, STEPS[number].title) for number in sorted(STEPS)), (REVIEW, _("核对并启用"))]:
        state = "current" if number == current else "done" if number < reached else "todo"
        url = reverse("ledger_wizard", args=[ledger.code, number]) if ledger and number <= reached else ""
        entries.append({"label": title, "state": state, "url": "" if number == current else url})
    return entries


@transaction.atomic
def save(number: int, ledger: Ledger, form: Any, by: User) -> None:
    """Store a step and move the draft's progress on; BusinessError when it is no draft any more."""
    require_draft(changeable(ledger))
    STEPS[number].save(ledger, form, by)
    if ledger.wizard_step <= number:
        ledger.wizard_step = number + 1
        ledger.save(update_fields=["wizard_step"])


def require_draft(ledger: Ledger) -> None:
    """Raise BusinessError when somebody activated the set in the meantime."""
    if ledger.state != Ledger.State.DRAFT:
        raise BusinessError(
            _("账套「%(name)s」已经启用。") % {"name": ledger.name},
            code="ledger.not_draft",
            remedy=_("请在“账套设置”中修改。"),
        )


def missing(ledger: Ledger) -> list[dict[str, Any]]:
    """Everything that keeps the draft from being activated: {step, url, text}."""
    return [
        {"step": STEPS[number].title, "url": reverse("ledger_wizard", args=[ledger.code, number]), "text": text}
        for number in sorted(STEPS)
        for text in STEPS[number].missing(ledger)
    ]
