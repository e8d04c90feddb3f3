"""Work to do later, and work to do again and again."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base


class JobStatus(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Base):
    """One piece of work, claimed under a lease and retried until done or given up."""

    __tablename__ = "jobs"
    __table_args__ = (
        sa.Index("ix_jobs_due", "status", "run_at", "id"),
        sa.Index("ix_jobs_status_id", "status", "id"),
        sa.Index("ix_jobs_status_finished_at", "status", "finished_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(60))
    payload: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(sa.String(12), default=JobStatus.QUEUED)
    dedupe_key: Mapped[str | None] = mapped_column(sa.String(200), unique=True)
    """Unique among unfinished jobs: cleared when the job ends."""
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=8)
    run_at: Mapped[datetime]
    locked_by: Mapped[str | None] = mapped_column(sa.String(80))
    locked_until: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(sa.String(2000))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class RecurringJob(Base):
    """A kind of job that is queued anew each time its moment comes."""

    __tablename__ = "recurring_jobs"

    kind: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    every_seconds: Mapped[int]
    next_run_at: Mapped[datetime]
    last_queued_at: Mapped[datetime | None]


class WorkerPresence(Base):
    """A worker process, and when it last said that it lives."""

    __tablename__ = "job_workers"

    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime] = mapped_column(index=True)
