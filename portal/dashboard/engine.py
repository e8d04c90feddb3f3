"""What runs behind the pages: the worker, jobs, mail, and the room that is left."""

import shutil
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import humanize
import sqlalchemy as sa

from portal.config import settings
from portal.core import clock
from portal.core.counting import in_words
from portal.core.database import UTCDateTime
from portal.core.quick import Quick
from portal.jobs.models import JobStatus
from portal.jobs.overview import jobs_in, oldest_due, worker_last_seen
from portal.mail.models import MailStatus
from portal.mail.standing import mails_in

JOBS = (JobStatus.QUEUED, JobStatus.FAILED)
MAILS = (MailStatus.QUEUED, MailStatus.FAILED, MailStatus.UNKNOWN)
SILENT_AFTER = 120
LITTLE_ROOM = 5
"""Percent of the disk: with less left, somebody has to make room."""


class Engine(NamedTuple):
    """Counts are text, by status."""

    worker_seen_at: datetime | None
    oldest_due_at: datetime | None
    jobs: dict[str, str]
    mails: dict[str, str]
    free: str
    free_percent: int
    size: str | None
    """Of the database, where it is a file of ours."""

    @property
    def is_silent(self) -> bool:
        seen = self.worker_seen_at
        return seen is None or (clock.now() - seen).total_seconds() > SILENT_AFTER

    @property
    def is_nearly_full(self) -> bool:
        return self.free_percent < LITTLE_ROOM


def engine() -> Engine:
    """One statement, and two questions to the file system."""
    seen, due, *counts = _counting().row(now=clock.now())
    words = list(map(in_words, counts))
    disk = shutil.disk_usage(settings().instance_dir)
    return Engine(
        worker_seen_at=seen,
        oldest_due_at=due,
        jobs=dict(zip(map(str, JOBS), words[: len(JOBS)], strict=True)),
        mails=dict(zip(map(str, MAILS), words[len(JOBS) :], strict=True)),
        free=humanize.naturalsize(disk.free, binary=True),
        free_percent=100 * disk.free // disk.total,
        size=_size(),
    )


@cache
def _counting() -> Quick:
    now = sa.bindparam("now", type_=UTCDateTime())
    return Quick(
        sa.select(
            worker_last_seen().scalar_subquery().label("worker"),
            oldest_due(now).scalar_subquery().label("due"),
            *(jobs_in(status).label(f"jobs_{status}") for status in JOBS),
            *(mails_in(status).label(f"mails_{status}") for status in MAILS),
        )
    )


def _size() -> str | None:
    """PostgreSQL adds up its files at some cost, and may stand on another machine."""
    file = _file(settings().database_url)
    return humanize.naturalsize(file.stat().st_size, binary=True) if file else None


@cache
def _file(url: str) -> Path | None:
    found = sa.make_url(url)
    return Path(found.database) if found.database and found.drivername == "sqlite" else None
