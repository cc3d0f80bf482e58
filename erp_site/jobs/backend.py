"""The default backend of django-tasks: nothing is sent, because the worker reads the Job table itself.

What lives here: that nothing. Set ``TASKS`` to a backend with a broker and the bell is really rung.
"""

import uuid

from django.utils import timezone
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus


class JobTableBackend(BaseTaskBackend):
    """Takes every message and keeps none: the row that it speaks of is the message."""

    supports_defer = True
    supports_priority = True

    def enqueue(self, task: Task, args, kwargs) -> TaskResult:
        """A receipt in state READY; the work is found by the worker's next look."""
        self.validate_task(task)
        return TaskResult(
            task=task,
            id=str(uuid.uuid4()),
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            finished_at=None,
            last_attempted_at=None,
            args=list(args),
            kwargs=kwargs,
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
