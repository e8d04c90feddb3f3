"""What runs behind the pages: the worker, jobs, mail, and the room that is left."""

from datetime import datetime
from functools import cache
from typing import NamedTuple

import humanize
import sqlalchemy as sa

from portal.config import settings
from portal.core import clock
from portal.core.counting import in_words
from portal.core.database import UTCDateTime, db
from portal.core.quick import Quick
from portal.core.room import database_folder, disk_of, disk_of_database, estimated_size
from portal.jobs.models import JobStatus
from portal.jobs.overview import is_silent, jobs_in, oldest_due, worker_last_seen
from portal.mail.models import MailStatus
from portal.mail.standing import mails_in

JOBS = (JobStatus.QUEUED, JobStatus.FAILED)
MAILS = (MailStatus.QUEUED, MailStatus.FAILED, MailStatus.UNKNOWN)


class Engine(NamedTuple):
    """Counts are text, by status."""

    worker_seen_at: datetime | None
    oldest_due_at: datetime | None
    jobs: dict[str, str]
    mails: dict[str, str]
    free: str
    free_percent: int
    """Of the disk with the least room: that of the instance folder, or of the database."""
    is_nearly_full: bool
    size: str
    """Of the database, about."""

    @property
    def is_silent(self) -> bool:
        return is_silent(self.worker_seen_at)


def engine() -> Engine:
    """One statement, and two questions to the file system."""
    found = _counting(db.engine.dialect.name).row(now=clock.now())
    seen, due, size, folder, *counts = found
    words = list(map(in_words, counts))
    disks = (disk_of(settings().instance_dir), disk_of_database(folder))
    disk = min(filter(None, disks), key=lambda each: each.free_percent)
    return Engine(
        worker_seen_at=seen,
        oldest_due_at=due,
        jobs=dict(zip(map(str, JOBS), words[: len(JOBS)], strict=True)),
        mails=dict(zip(map(str, MAILS), words[len(JOBS) :], strict=True)),
        free=humanize.naturalsize(disk.free, binary=True),
        free_percent=disk.free_percent,
        is_nearly_full=disk.is_nearly_full,
        size=humanize.naturalsize(size, binary=True),
    )


@cache
def _counting(dialect: str) -> Quick:
    now = sa.bindparam("now", type_=UTCDateTime())
    return Quick(
        sa.select(
            worker_last_seen().scalar_subquery().label("worker"),
            oldest_due(now).scalar_subquery().label("due"),
            estimated_size(dialect).label("size"),
            database_folder(dialect).label("folder"),
            *(jobs_in(status).label(f"jobs_{status}") for status in JOBS),
            *(mails_in(status).label(f"mails_{status}") for status in MAILS),
        )
    )
