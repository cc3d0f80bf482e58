"""One act on one customer through the pipeline, where a refusal is an error and not a list.

What lives here: handing an edit on and turning what speaks against it into a BusinessError. What does not: the acts (``status``, ``blocks``,
``naming``).
"""

from django.db import transaction

from erp_site.shared.errors import BusinessError, NotAllowed
from permissions.actor import Actor

from . import changing
from .edits import Edit, Outcome


def act(edit: Edit, *, ledger, by: Actor, kind: str, reason: str = "") -> Outcome:
    """Submit one edit. Raises NotAllowed or BusinessError with the first thing that speaks against it; warnings stay on the edit."""
    from . import pipeline

    with transaction.atomic():  # a period that was open when it was looked at stays open until its date is written
        outcome = pipeline.submit([edit], ledger=ledger, by=by, kind=kind, reason=reason)
    if edit.refused:
        if any(problem.code == changing.CODE for problem in edit.problems):
            raise changing.refusal()
        problem = next(each for each in edit.problems if each.severity in ("error", "reason"))
        error = NotAllowed if problem.code in ("permission.denied", "field.not_allowed") else BusinessError
        raise error(problem.message, code=problem.code, field=problem.field, remedy=problem.suggestion)
    return outcome
