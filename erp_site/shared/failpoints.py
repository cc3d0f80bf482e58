"""Named places where a test may make the product fail: die, raise, or dawdle.

What lives here: the list of places and what happens there. What does not: the tests.

    FAILPOINTS="import.after_chunk:kill:3,export.before_rename:sleep:200"

reads ``name:action[:nth]`` with the actions ``kill`` (SIGKILL to this process), ``raise`` (``FailpointReached``) and
``sleep:<milliseconds>``; with ``nth`` only the nth hit acts (``10+``: every tenth), else each. The variable is obeyed only with ``DEBUG`` or
``ALLOW_FAILPOINTS=1``, so that a stray one can never hurt a real installation; an unknown name stops the start.
"""

import os
import signal
import time
from dataclasses import dataclass

PLACES = {
    "import.after_staging": "the file's rows are staged, nothing is checked yet",
    "import.before_chunk_commit": "a chunk is written, its transaction still open",
    "import.after_chunk": "a chunk is committed, the next has not begun",
    "import.before_finish": "all chunks are committed, the batch is not closed",
    "numbering.drawn": "new customers have their numbers, nothing is saved yet",
    "writing.before_commit": "a batch of customers is written, its transaction still open",
    "writing.after_commit": "a batch of customers is committed, the answer not yet sent",
    "export.before_rename": "an export file is complete under its temporary name",
    "jobs.after_claim": "a job is claimed, its handler not yet called",
    "jobs.before_settle": "a handler has returned, its job is still RUNNING",
}
"""Every place by name. A new place is one line here and one ``hit``."""


class FailpointReached(Exception):
    """Raised on purpose at a place that was told to ``raise``."""


class UnknownFailpoint(ValueError):
    """FAILPOINTS or a call names a place that is not in ``PLACES``, or an action that does not exist."""


@dataclass
class _Armed:
    action: str
    milliseconds: int = 0
    nth: int = 0
    again: bool = False
    hits: int = 0


_armed: dict[str, _Armed] = {}


def parse(spec: str) -> dict[str, _Armed]:
    """What FAILPOINTS asks for, by place; raises UnknownFailpoint."""
    armed = {}
    for part in filter(None, (piece.strip() for piece in spec.split(","))):
        name, _, rest = part.partition(":")
        action, *numbers = rest.split(":")
        again = bool(numbers) and numbers[-1].endswith("+")
        numbers = [number.removesuffix("+") for number in numbers]
        wanted = {"kill": 0, "raise": 0, "sleep": 1}.get(action)
        sound = wanted is not None and wanted <= len(numbers) <= wanted + 1 and all(n.isdigit() for n in numbers)
        if name not in PLACES or not sound:
            raise UnknownFailpoint(f"FAILPOINTS: {part!r}; known places: {', '.join(sorted(PLACES))}")
        values = [int(number) for number in numbers]
        milliseconds = values.pop(0) if wanted else 0
        armed[name] = _Armed(action, milliseconds, nth=values[0] if values else 0, again=again)
    return armed


def configure(spec: str | None = None) -> None:
    """Arm the places named in ``spec``, by default in the environment; called once when the apps are ready."""
    from django.conf import settings

    if spec is None:
        spec = os.environ.get("FAILPOINTS", "")
        if spec and not (settings.DEBUG or os.environ.get("ALLOW_FAILPOINTS") == "1"):
            spec = ""
    _armed.clear()
    _armed.update(parse(spec))


def hit(name: str) -> None:
    """Do what a test asked for at this place; nothing in ordinary life. Raises UnknownFailpoint for a wrong name."""
    if name not in PLACES:
        raise UnknownFailpoint(name)
    armed = _armed.get(name)
    if armed is None:
        return
    armed.hits += 1
    if armed.nth and armed.hits != armed.nth and not (armed.again and armed.hits % armed.nth == 0):
        return
    if armed.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if armed.action == "sleep":
        time.sleep(armed.milliseconds / 1000)
        return
    raise FailpointReached(name)
