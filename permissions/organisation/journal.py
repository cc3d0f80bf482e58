"""Who changed what in the organisation, in the log of the administration pages that the auditor reads.

What lives here: writing a line. What does not: the history of customers, the logs of account sets. A command has no user to name; what
it did stands in the server's log.
"""

import logging

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from ..models import User

logger = logging.getLogger("erp.organisation")


def note(thing: Model, text: str, *, by: User | None, added: bool = False) -> None:
    """Write down that ``thing`` was added or changed; ``text`` says what, without secrets."""
    if by is None:
        logger.info("organisation changed", extra={"fields": {"kind": thing._meta.model_name, "pk": thing.pk}})
        return
    LogEntry.objects.create(
        user_id=by.pk,
        content_type=ContentType.objects.get_for_model(thing, for_concrete_model=False),
        object_id=str(thing.pk),
        object_repr=str(thing)[:200],
        action_flag=ADDITION if added else CHANGE,
        change_message=str(text),
    )
