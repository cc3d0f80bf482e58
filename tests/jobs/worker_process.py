"""``python -m tests.jobs.worker_process``: the real worker command with the test kinds and short waits."""

from datetime import timedelta

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from erp_site.jobs import claims, worker  # noqa: E402
from tests.jobs import kinds  # noqa: E402, F401

claims.LEASE = timedelta(seconds=4)
worker.KEEP_HOUSE_EVERY = 0.3
worker.LOOK_EVERY = 0.1

call_command("worker")
