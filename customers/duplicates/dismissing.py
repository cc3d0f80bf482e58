""" "Not a duplicate": said of two customers by somebody, and remembered until either changes in what is compared.

What lives here: the verb and its undoing, and which pairs it silences now. What does not: finding pairs (``scanning``, ``finding``).
"""

from collections.abc import Iterable

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_site.shared.errors import BusinessError
from permissions.actor import Actor
from permissions.rights import Right

from ..models import Customer, DuplicatePair
from . import scanning_steps, storing


def can_dismiss(by: Actor) -> bool:
    return by.can(Right.MERGE)


def dismiss(pairs: Iterable[tuple[int, int]], *, ledger, by: Actor, reason: str = "") -> int:
    """Remember that the two customers of each pair are two; returns how many pairs.

    Raises NotAllowed without the right to merge, BusinessError ``duplicates.not_found`` when the actor does not see all of them.
    """
    by.require(Right.MERGE)
    wanted = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
    ids = {pk for pair in wanted for pk in pair}
    with transaction.atomic():
        ledger.require_writable()
        if Customer.objects.visible_to(by).filter(pk__in=ids).count() != len(ids):
            raise BusinessError(_("没有找到这些客户，或您无权查看。"), code="duplicates.not_found")
        prints = prints_of(ledger.pk, ids)
        if len(prints) != len(ids):
            raise BusinessError(
                _("这些客户的匹配资料需要更新。"), code="duplicates.outdated", remedy=_("请先运行 rebuild_match_keys。")
            )
        at = timezone.now()
        rows = [
            DuplicatePair(
                ledger=ledger, left_id=left, right_id=right, left_print=prints[left], right_print=prints[right],
                dismissed_at=at, dismissed_by_id=by.user_id, reason=reason[:200],
            )
            for left, right in wanted
        ]  # fmt: skip
        DuplicatePair.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["left", "right"],
            update_fields=["left_print", "right_print", "dismissed_at", "dismissed_by", "reason"],
        )
    return len(wanted)


def recall(pairs: Iterable[tuple[int, int]], *, ledger, by: Actor) -> int:
    """Take "not a duplicate" back; returns how many pairs it was said of."""
    by.require(Right.MERGE)
    gone = 0
    with transaction.atomic():
        ledger.require_writable()
        for left, right in {(min(pair), max(pair)) for pair in pairs}:
            gone += DuplicatePair.objects.filter(ledger=ledger, left=left, right=right).delete()[0]
    return gone


def prints_of(ledger_id: int, ids: Iterable[int]) -> dict[int, int]:
    """customer id → hash of what is compared of him, for those that have a profile."""
    found, profiles = storing.profiles_of(ledger_id, list(ids))
    return dict(zip(found.tolist(), scanning_steps.prints_of(profiles).tolist(), strict=True))


def silenced(ledger_id: int, ids: np.ndarray, prints: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Which of the pairs (rows into ``ids``, ascending) were dismissed and have not changed since."""
    held = np.array(
        list(DuplicatePair.objects.filter(ledger_id=ledger_id).values_list("left_id", "right_id", "left_print", "right_print")),
        dtype=np.int64,
    ).reshape(-1, 4)  # fmt: skip
    if not len(held) or not len(left):
        return np.zeros(len(left), dtype=bool)
    rows = np.minimum(np.searchsorted(ids, held[:, :2]), len(ids) - 1)
    still = (ids[rows] == held[:, :2]).all(axis=1) & (prints[rows] == held[:, 2:]).all(axis=1)
    rows = rows[still].astype(np.uint64)
    said = rows[:, 0] << np.uint64(32) | rows[:, 1]
    pairs = np.minimum(left, right).astype(np.uint64) << np.uint64(32) | np.maximum(left, right).astype(np.uint64)
    return np.isin(pairs, said)
