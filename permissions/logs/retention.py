"""How long the logs are kept: ``LOG_DAYS`` (five years), never less than the floor of ``protection``.

What lives here: sweeping. What does not: the schedule (``permissions.jobs``).
"""

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from ..models import AccessRecord, LoginRecord, RightChange
from .protection import FLOOR_DAYS

MODELS: tuple[type[models.Model], ...] = (AccessRecord, RightChange, LoginRecord)
_STEP = 5_000


def kept_days() -> int:
    """Days that a row is kept at least."""
    return max(settings.LOG_DAYS, FLOOR_DAYS)


def sweep(between: Callable[[], None] = lambda: None) -> dict[str, int]:
    """Delete rows that are older than that, some thousands per transaction; returns how many of which log.

    ``between`` is called between two transactions (a job reports there, and ends there when it is cancelled).
    """
    before = timezone.now() - timedelta(days=kept_days() + 1)
    swept = {}
    for model in MODELS:
        swept[model._meta.model_name] = 0
        while deleted := _some(model, before):
            swept[model._meta.model_name] += deleted
            between()
    return swept


def _some(model: type[models.Model], before) -> int:
    with transaction.atomic():
        ids = list(model.objects.filter(at__lt=before).order_by("at").values_list("pk", flat=True)[:_STEP])
        return model.objects.filter(pk__in=ids).delete()[0] if ids else 0
