"""A parent process that keeps its children running and takes them down with it.

What lives here: starting, restarting with a growing pause, stopping. What does not: which children there are
(the ``serve`` command).
"""

import ctypes
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

logger = logging.getLogger("erp.serve")

STOP_SECONDS = 15.0
"""How long a child may take to end after SIGTERM before it is killed."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
HEALTHY_SECONDS = 60.0  # a child that lived this long starts again without a pause
_LOOK_EVERY = 0.2
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent dies by SIGKILL; elsewhere than on Linux children may survive it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """One program that shall always be running."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str]):
        self.name = name
        self.command = list(command)
        self.env = dict(env)
        self.process: subprocess.Popen | None = None
        self._started = 0.0
        self._pause = 0.0
        self._not_before = 0.0

    def keep_running(self) -> None:
        """Start when not running and the pause is over."""
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            self._note_death(code)
        if time.monotonic() >= self._not_before:
            self._start()

    def _start(self) -> None:
        # A session of its own: Ctrl-C reaches only the parent, which then stops the children in order.
        self.process = subprocess.Popen(
            self.command,
            env=self.env,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # safe here: the parent has one thread
        )
        self._started = time.monotonic()

    def _note_death(self, code: int) -> None:
        lived = time.monotonic() - self._started
        self._pause = FIRST_PAUSE if lived > HEALTHY_SECONDS else min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        self._not_before = time.monotonic() + self._pause
        self.process = None
        about = {"child": self.name, "exit_code": code, "restart_in": self._pause}
        logger.error("child process ended", extra={"fields": about})

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the child and everything that it started."""
        if self.process is not None and self.process.poll() is None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                pass

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Keeps children running until a signal says stop."""

    def __init__(self, children: Sequence[Child]):
        self.children = list(children)
        self._stopping = False

    def stop(self, *_signal: object) -> None:
        """End ``run`` soon."""
        self._stopping = True

    def run(self, when_up: Callable[[], bool] = lambda: True) -> None:
        """Start all children, restart those that die, and stop all on SIGINT, SIGTERM or SIGHUP.

        ``when_up`` is called after each look until it says True; it tells people once the children answer.
        """
        told = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.stop)
        try:
            while not self._stopping:
                for child in self.children:
                    child.keep_running()
                told = told or when_up()
                time.sleep(_LOOK_EVERY)
        finally:
            self._stop_children()

    def _stop_children(self) -> None:
        for child in self.children:
            if child.running:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.running for child in self.children) and time.monotonic() < deadline:
            time.sleep(0.05)
        for child in self.children:
            if child.running:
                logger.error("child process did not stop in time", extra={"fields": {"child": child.name}})
                child.signal(signal.SIGKILL)
                child.process.wait()
