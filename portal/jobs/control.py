"""What a person may do about a job. Whoever calls records it: the ledger stands above."""

from portal.core import clock
from portal.core.database import db
from portal.core.errors import Conflict, NotFound
from portal.jobs.models import Job, JobStatus


def job_or_404(job_id: int, *, locked: bool = False) -> Job:
    """The job.

    Raises:
        NotFound: there is none (any more).
    """
    job = db.session.get(Job, job_id, with_for_update=locked or None)
    if job is None:
        raise NotFound("There is no such job. Jobs that are over are forgotten in time.")
    return job


def retry_job(job_id: int) -> Job:
    """Queue a failed or cancelled job again, from the first attempt.

    Raises:
        Conflict: it is still under way, or done.
    """
    job = job_or_404(job_id, locked=True)
    if job.status not in {JobStatus.FAILED, JobStatus.CANCELLED}:
        raise Conflict(f"A {job.status} job cannot be started again.")
    job.status, job.attempts, job.run_at = JobStatus.QUEUED, 0, clock.now()
    job.finished_at = None
    return job


def cancel_job(job_id: int) -> Job:
    """Take a waiting job out of the queue.

    Raises:
        Conflict: it is running, or over.
    """
    job = job_or_404(job_id, locked=True)
    if job.status != JobStatus.QUEUED:
        raise Conflict(f"Only a queued job can be cancelled; this one is {job.status}.")
    job.status, job.finished_at, job.dedupe_key = JobStatus.CANCELLED, clock.now(), None
    return job
