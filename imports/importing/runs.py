"""Who works on a batch right now, and telling how far it is.

What lives here: ``Run`` (one pass over a batch by one process, fenced so that a second one cannot commit beside it) and what it
tells its progress to. What does not: the work (``checking``, ``writing``).
"""

import time
import uuid
from collections.abc import Iterable
from typing import Any, Protocol

from django.utils import timezone
from django.utils.translation import gettext as _

from customers.services.pipeline import Pipeline, Policy
from erp_site.shared.errors import BusinessError
from permissions.actor import Actor
from permissions.rights import Right

from ..models import ImportBatch


class Teller(Protocol):
    """Whoever wants to know: a running job, or a command's terminal. Any of them may raise to stop the work."""

    def report(self, done: int, total: int | None = None, message: str | None = None) -> None:
        """How many rows are done."""

    def check(self) -> None:
        """Called inside every transaction: may it still commit."""

    def log(self, text: str) -> None:
        """A line for people."""


class TakenOver(BusinessError):
    """Another process works on this batch now; nothing more may be committed for it here."""

    code = "import.taken_over"

    def __init__(self) -> None:
        super().__init__(_("这个导入已由另一个进程接手，或已被取消。"), remedy=_("请在导入记录中查看进度。"))


class Run:
    """One pass over a batch. Holds the actor and the pipeline, which are loaded anew when rights or settings change."""

    def __init__(self, batch: ImportBatch, *, by: Actor, state: str, tell: Teller):
        self.batch = batch
        self.by = by
        self.state = state
        self.tell = tell
        self.pipeline = self._pipeline()
        self._began = time.monotonic()
        self._seconds = batch.seconds

    def claim(self, allowed: Iterable[str]) -> None:
        """Become the one who works on the batch; raises BusinessError when its state or another process forbids."""
        token = uuid.uuid4().hex
        found = ImportBatch.objects.filter(pk=self.batch.pk, state__in=list(allowed))
        if not found.update(run_token=token, state=self.state, heard_at=timezone.now(), error=""):
            raise BusinessError(
                _("这个导入的状态已变化，不能执行这一步。"), code="import.state", remedy=_("请刷新页面查看最新状态。")
            )
        self.batch.refresh_from_db()
        # Who claimed in between has written his token there: read back, it would make two owners of us.
        self.batch.run_token = token

    def keep(self, *, ask: bool = True, **values: Any) -> None:
        """Store values of the batch inside the open transaction; raises TakenOver when it is somebody else's by now.

        The batch in memory is left as it is: the transaction may yet fail. ``ask`` False leaves the job's row alone, which
        a long transaction must not hold.
        """
        if ask:
            self.tell.check()
        mine = ImportBatch.objects.filter(pk=self.batch.pk, run_token=self.batch.run_token, state=self.state)
        if not mine.update(heard_at=timezone.now(), seconds=self.seconds, **values):
            raise TakenOver

    @property
    def seconds(self) -> float:
        """How long the batch has been worked on, earlier runs included."""
        return round(self._seconds + time.monotonic() - self._began, 3)

    def refresh(self) -> None:
        """Before each chunk: rights and settings as they are now (a right withdrawn stops the import at the next chunk)."""
        ledger = self.batch.ledger
        before = (ledger.state, ledger.parameters)
        ledger.refresh_from_db(fields=["state", "parameters"])
        ledger.require_writable()
        given = self.by.given
        self.by = self.by.again()
        self.by.require(Right.IMPORT)
        if before != (ledger.state, ledger.parameters) or given != self.by.given:
            self.pipeline = self._pipeline()
        else:
            self.pipeline.by = self.by

    def _pipeline(self) -> Pipeline:
        return Pipeline(self.batch.ledger, self.by, Policy(report_duplicates=True))
