"""What the writer keeps beside a customer so that he is found: match keys and claims of identity.

These tables hold nothing that could not be made again from the customer (``rebuild_match_keys``). The search index
stands in ``customers_search``, which has no model: FTS5 on SQLite, an int array under GIN on PostgreSQL
(``customers.search``).
"""

from django.db import models


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


class IdentityClaim(models.Model):
    """The right to bear a unified social credit code in a set whose policy is to block a second bearer."""

    ledger = models.ForeignKey("ledgers.Ledger", models.CASCADE, db_index=False, related_name="+")
    value = models.CharField(max_length=20)
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("ledger", "value", name="identity_claimed_once")]

    def __str__(self):
        return self.value
