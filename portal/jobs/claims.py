"""Who works on which job: claimed under a lease, given back, or ended. Callers commit.

Every ending names the attempt that it ends, so a worker whose lease ran out cannot end the
attempt of the one that took over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import changed_rows, db
from portal.jobs.models import Job, JobStatus

LEASE = timedelta(seconds=60)
FIRST_DELAY = timedelta(seconds=10)
LONGEST_DELAY = timedelta(hours=1)
LONGEST_ERROR = 2000
DIED = "The worker ended while it did this job, each time it was tried."


class LostLease(Exception):
    """Another worker has taken this job over: what this one did is rolled back."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt at one job."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempt: int
    max_attempts: int
    worker: str


def is_work_due() -> bool:
    """Is there a job to claim? Reads only, so that idle workers lock nobody out."""
    now = clock.now()
    due = (_queued(now), _abandoned(now))
    return any(db.session.scalar(query.with_only_columns(Job.id).limit(1)) for query in due)


def claim_next(worker: str) -> Claim | None:
    """Lease the job that has waited longest to this worker; abandoned ones first."""
    now = clock.now()
    for query in (_abandoned(now), _queued(now)):
        job = db.session.scalar(query.limit(1).with_for_update(skip_locked=True))
        if job is not None:
            return _claim(job, worker, now)
    return None


def _queued(now: datetime) -> sa.Select[Job]:
    due = (Job.status == JobStatus.QUEUED, Job.run_at <= now)
    return sa.select(Job).where(*due).order_by(Job.run_at, Job.id)


def _abandoned(now: datetime) -> sa.Select[Job]:
    due = (Job.status == JobStatus.RUNNING, Job.locked_until <= now)
    return sa.select(Job).where(*due).order_by(Job.id)


def _claim(job: Job, worker: str, now: datetime) -> Claim:
    job.attempts += 1
    job.status = JobStatus.RUNNING
    job.locked_by, job.locked_until = worker, now + LEASE
    db.session.flush()
    return Claim(job.id, job.kind, job.payload, job.attempts, job.max_attempts, worker)


def renew(claim: Claim) -> None:
    """Keep the lease of a long job."""
    _change(claim, locked_until=clock.now() + LEASE)


def finish(claim: Claim) -> None:
    """The job is done.

    Raises:
        LostLease: roll back what the handler did.
    """
    _end(claim, JobStatus.DONE, error=None)


def fail(claim: Claim, error: str) -> None:
    """Trying again will not help."""
    _end(claim, JobStatus.FAILED, error=error)


def retry_later(claim: Claim, error: str) -> None:
    """Back into the queue with a growing delay, or failed after the last attempt."""
    if claim.attempt >= claim.max_attempts:
        return fail(claim, error)
    return _requeue(claim, clock.now() + retry_delay(claim.attempt), error)


def postpone(claim: Claim, until: datetime, why: str) -> None:
    """Back into the queue as the handler asked; this attempt does not count."""
    _requeue(claim, until, why, attempts=claim.attempt - 1)


def retry_delay(attempt: int) -> timedelta:
    """Ten seconds, then twice as long each time, up to an hour."""
    doublings: int = 2 ** min(attempt - 1, 20)
    return min(FIRST_DELAY * doublings, LONGEST_DELAY)


def _requeue(claim: Claim, run_at: datetime, error: str, **more: Any) -> None:
    _change(
        claim,
        status=JobStatus.QUEUED,
        run_at=run_at,
        locked_by=None,
        locked_until=None,
        last_error=error[:LONGEST_ERROR],
        **more,
    )


def _end(claim: Claim, status: JobStatus, *, error: str | None) -> None:
    _change(
        claim,
        status=status,
        finished_at=clock.now(),
        dedupe_key=None,
        locked_by=None,
        locked_until=None,
        last_error=error[:LONGEST_ERROR] if error else None,
    )


def _change(claim: Claim, **values: Any) -> None:
    update = (
        sa.update(Job)
        .where(
            Job.id == claim.id,
            Job.status == JobStatus.RUNNING,
            Job.locked_by == claim.worker,
            Job.attempts == claim.attempt,
        )
        .values(**values)
    )
    if changed_rows(update) != 1:
        raise LostLease(f"job {claim.id}, attempt {claim.attempt}")
