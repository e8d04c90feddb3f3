"""Putting work into the queue, inside the transaction that causes it."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db, insert_into
from portal.jobs.models import Job, JobStatus

MAX_ATTEMPTS = 8


def enqueue(
    kind: str,
    payload: dict[str, Any],
    *,
    run_at: datetime | None = None,
    dedupe_key: str | None = None,
    max_attempts: int = MAX_ATTEMPTS,
) -> Job:
    """Add a job to the running transaction: rolled back, it never was.

    The payload holds ids and plain values, never a secret: people see it. While a job with the
    same `dedupe_key` is unfinished, that one is returned and nothing is added.
    """
    values = _values(kind, payload, run_at, dedupe_key, max_attempts)
    if dedupe_key is None:
        job = Job(**values)
        db.session.add(job)
        db.session.flush()
        return job
    return _enqueue_once(dedupe_key, values)


class Work(NamedTuple):
    """One job of many of a kind."""

    payload: dict[str, Any]
    run_at: datetime
    dedupe_key: str


def enqueue_all(kind: str, wanted: Sequence[Work]) -> None:
    """As `enqueue`, for many in one statement: those whose key is unfinished add nothing."""
    rows = [_values(kind, one.payload, one.run_at, one.dedupe_key) for one in wanted]
    if rows:
        connection = db.session.connection()
        connection.execute(_adding(connection.dialect.name), rows)


@cache
def _adding(_database: str) -> Any:
    """Built once a database: every mail is a job."""
    return insert_into(Job.__table__).on_conflict_do_nothing()


def _values(
    kind: str,
    payload: dict[str, Any],
    run_at: datetime | None,
    dedupe_key: str | None,
    max_attempts: int = MAX_ATTEMPTS,
) -> dict[str, Any]:
    now = clock.now()
    return {
        "kind": kind,
        "payload": payload,
        "status": JobStatus.QUEUED,
        "attempts": 0,
        "max_attempts": max_attempts,
        "run_at": run_at or now,
        "created_at": now,
        "dedupe_key": dedupe_key,
    }


def _enqueue_once(dedupe_key: str, values: dict[str, Any]) -> Job:
    """The unique key decides between two that come at once: the later one waits, then reads."""
    insert = insert_into(Job).values(**values).on_conflict_do_nothing().returning(Job)
    same_key = sa.select(Job).where(Job.dedupe_key == dedupe_key)
    while True:
        found = db.session.scalars(insert).one_or_none() or db.session.scalar(same_key)
        if found is not None:
            return found
        # Its twin ended between the two statements, which freed the key.
