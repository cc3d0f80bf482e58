"""Workers that are killed, frozen and stopped, again and again: the suite's process tests, many times over."""

TIMES = 10

ROUNDS = [
    (
        "A8",
        f"workers killed, frozen, stopped and run side by side, {number + 1} of {TIMES}",
        ["-m", "pytest", "-x", "tests/jobs/test_worker_process.py"],
    )
    for number in range(TIMES)
]
