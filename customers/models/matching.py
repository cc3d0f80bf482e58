"""What the writer keeps beside a customer so that he is found: match keys and claims of identity.

These tables hold nothing that could not be made again from the customer (``rebuild_match_keys``). The search index
stands in ``customers_search``, which has no model: FTS5 on SQLite, an int array under GIN on PostgreSQL
(``customers.search``). Only what people have said of a pair (``DuplicatePair``) could not be made again.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class MatchKey(models.Model):
    """(key, customer): a 63-bit hash of ledger, kind and normalised value; keyed, so it tells nothing by itself.

    The kind is folded into the hash. The primary key leads with the hash, which is the only way it is ever asked.
    """

    pk = models.CompositePrimaryKey("key", "customer_id")
    key = models.BigIntegerField()
    # A foreign key in the database (see the migration); a plain number here, so that it can be part of the primary key.
    customer_id = models.BigIntegerField(db_index=True)

    def __str__(self):
        return f"{self.key} {self.customer_id}"


class MatchProfile(models.Model):
    """What the matcher knows of a customer (``customers.duplicates.layout``), kept by the writer beside the keys.

    Folded names and addresses, keyed hashes of everything sensitive. ``version`` is that of the rules it was made with.
    """

    customer = models.OneToOneField("customers.Customer", models.CASCADE, primary_key=True, related_name="+")
    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, db_index=False, related_name="+")
    version = models.PositiveSmallIntegerField()
    data = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["ledger", "customer"], name="matchprofile_of_ledger")]

    def __str__(self):
        return str(self.customer_id)


class DuplicatePair(models.Model):
    """What somebody said of two customers: not one. It holds as long as neither changes in what is compared (the two prints)."""

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, db_index=False, related_name="+")
    left = models.ForeignKey("customers.Customer", models.CASCADE, db_index=False, related_name="+")
    right = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    left_print = models.BigIntegerField()
    right_print = models.BigIntegerField()
    dismissed_at = models.DateTimeField()
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("left", "right", name="duplicatepair_once"),
            models.CheckConstraint(condition=Q(left__lt=F("right")), name="duplicatepair_in_order"),
        ]
        indexes = [models.Index(fields=["ledger", "left"], name="duplicatepair_of_ledger")]

    def __str__(self):
        return f"{self.left_id} ≠ {self.right_id}"


class IdentityClaim(models.Model):
    """The right to bear a unified social credit code in a set whose policy is to block a second bearer."""

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, db_index=False, related_name="+")
    value = models.CharField(max_length=20)
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("ledger", "value", name="identity_claimed_once")]

    def __str__(self):
        return self.value
