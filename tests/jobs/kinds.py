"""Kinds of job that exist only in tests; imported by the tests and by the worker processes that they start."""

import os
import time

from erp_site.jobs.registry import job
from erp_site.jobs.running import JobFailed, RunningJob


@job("test.echo")
def echo(running: RunningJob) -> dict:
    running.report(1, 1, "回声")
    running.log("一行日志")
    return {"echo": running.params.get("say")}


@job("test.broken", max_attempts=3)
def broken(running: RunningJob) -> None:
    raise ValueError(f"bad value {running.params['value']}")


@job("test.refused")
def refused(running: RunningJob) -> None:
    raise JobFailed("账套已归档，不能导入。")


@job("test.unstorable")
def unstorable(running: RunningJob) -> dict:
    return {"thing": object()}


@job("test.steps", max_attempts=3)
def steps(running: RunningJob) -> dict:
    """Leaves a trace of each step in a file: ``begin|step|end``, process, attempt."""
    total = running.params["steps"]

    def trace(what: str) -> None:
        with open(running.params["trace"], "a", encoding="utf-8") as file:
            file.write(f"{what} {running.job.pk} {os.getpid()} {running.job.attempts}\n")

    trace("begin")
    for number in range(total):
        time.sleep(running.params.get("pause", 0.02))
        trace("step")
        running.report(number + 1, total)
    running.check()
    trace("end")
    return {"steps": total}
