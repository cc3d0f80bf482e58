"""How history rows are shaped: simple-history's models, stamped with batch and sequence, written by our writer.

simple-history supplies the tables, the admin and the differences. Its receivers are off: they would copy the instance
in memory, one row at a time, where the writer copies what the database holds, set-based, under the lock.
"""

from django.db import models
from simple_history.models import HistoricalRecords


class BatchStamped(models.Model):
    """The columns every history row has beside those of the live row."""

    batch = models.ForeignKey("customers.ChangeBatch", models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class WrittenHistory(HistoricalRecords):
    """Historical records that only ``customers.services.writing`` fills."""

    def __init__(self, *, indexes: list[models.Index] | None = None, unindexed: tuple[str, ...] = (), **kwargs):
        self._indexes = indexes or []
        super().__init__(bases=[BatchStamped], no_db_index=list(unindexed), **kwargs)

    def post_save(self, instance, created, using=None, **kwargs):
        """The writer writes history; a save of the instance (admin, shell) is refused elsewhere."""

    def post_delete(self, instance, using=None, **kwargs):
        """See ``post_save``."""

    def get_meta_options(self, model):
        return super().get_meta_options(model) | {"indexes": self._indexes}

    def get_extra_fields(self, model, fields):
        extra = super().get_extra_fields(model, fields)
        # The batch says who; an index per history table on the doer would be paid by every import row.
        extra["history_user"].db_index = False
        return extra
