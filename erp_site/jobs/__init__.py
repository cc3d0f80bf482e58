"""Work done outside a request: jobs, schedules and the worker that runs them.

    registry   @job: which kinds exist and what runs them
    models     Job, Schedule, WorkerHeartbeat
    queue      what others call: enqueue, cancel, retry
    running    RunningJob, what a handler holds; the signals that stop it
    claims     who owns a job: claim, renew, settle, reap (leases and fencing)
    runner     one job from claim to result; run_pending
    schedules  cron text to next time; due schedules become jobs
    worker     the process behind ``manage.py worker``
    tasks, backend   the doorbell of django-tasks

**The Job row is the message.** It is written in the transaction of whoever asks, so a job exists exactly when its
cause was committed, and the worker claims rows itself (SKIP LOCKED on PostgreSQL, the IMMEDIATE transaction on SQLite).
django-tasks is the bell that is rung after the commit: with the default backend nothing needs to be rung, because our
worker looks at the table every second; with a backend that has a broker its workers call ``run_job`` at once. Giving
django-tasks a table of messages beside ours was tried on paper and left out: a second claim, three more write
transactions for each job on SQLite's single writer, and two records of one state that a crash can set apart.

Handlers may run more than once (a killed worker's job is taken up by another), never twice at the same time with effect:
each claim draws a fencing token, and ``RunningJob.check()`` inside a transaction makes its commit depend on the token.
"""
