"""Is everything as it should be: for probes in a word, for people in a page."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.audit.checkpoints import newest_checkpoint_at, pending_events
from portal.audit.guards import guard_faults
from portal.audit.models import AuditEvent
from portal.config import UnsafeSettings, settings
from portal.core import clock
from portal.core.database import db
from portal.core.migrated import VERSIONS, newest_versions
from portal.core.room import database_folder, database_size, disk_of_database
from portal.core.starting import before_start
from portal.jobs.models import Job, JobStatus
from portal.jobs.overview import oldest_due, worker_last_seen
from portal.mail.models import EmailLog, MailStatus
from portal.two_factor.rotation import data_keys_in_use

COUNTED = 10_000
WORKER_SILENT = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Health:
    """What the health page shows. Numbers come from an index, up to `COUNTED`."""

    worker_seen_at: datetime | None
    queued_jobs: int
    oldest_due_at: datetime | None
    failed_jobs: int
    undecided_mails: int
    newest_event_at: datetime | None
    pending_events: int
    newest_checkpoint_at: datetime | None
    disk_free_bytes: int
    """Of the instance folder."""
    database_bytes: int
    database_disk_free_bytes: int | None
    """None: the database lies where this process cannot look."""

    @property
    def checkpoint_age_seconds(self) -> float:
        """-1 while there is none."""
        at = self.newest_checkpoint_at
        return (clock.now() - at).total_seconds() if at else -1

    @property
    def worker_is_silent(self) -> bool:
        seen = self.worker_seen_at
        return seen is None or clock.now() - seen > WORKER_SILENT


def readiness() -> dict[str, bool]:
    """May this process take requests: database there, migrated, no secret out of reach."""
    try:
        found = {(row[0], row[1]) for row in db.session.execute(_STANDING)}
    except sa.exc.DBAPIError:  # as without the tables, before the first migration
        db.session.rollback()
        return {"database": False, "migrations": False, "keys": False}
    migrated = {name for kind, name in found if kind == MIGRATION}
    keys = {name for kind, name in found if kind == KEY}
    return {"database": True, "migrations": migrated == newest_versions(), "keys": not _lost(keys)}


def _lost(used: set[str]) -> set[str]:
    return used - {name for name, _ in settings().data_keys}


@before_start
def refuse_lost_keys() -> None:
    """Without a key that sealed something, people would be locked out one by one.

    Of a database that does not answer, `/readyz` tells.

    Raises:
        UnsafeSettings: the message names the keys.
    """
    try:
        lost = _lost(set(db.session.scalars(data_keys_in_use())))
    except sa.exc.DBAPIError:  # as without the tables, before the first migration
        db.session.rollback()
        return
    if lost:
        raise UnsafeSettings(
            f"PORTAL_DATA_KEYS lacks {', '.join(sorted(lost))}, under which second factors are "
            "sealed in this database. Put it behind the others, and run "
            "`flask keys rotate-data` before it goes."
        )


MIGRATION, KEY = "migration", "key"
_used = data_keys_in_use().subquery()
_STANDING = sa.union_all(
    sa.select(sa.literal(MIGRATION), VERSIONS.c.version_num),
    sa.select(sa.literal(KEY), _used.c.key_id),
)


def ledger_faults() -> list[str]:
    """What no longer keeps the ledger append-only in this database; empty when it is whole."""
    return guard_faults(db.session.connection())


def health() -> Health:
    dialect = db.engine.dialect.name
    row = db.session.execute(
        sa.select(
            database_size(dialect).label("database_bytes"),
            database_folder(dialect).label("database_folder"),
            _count(Job, Job.status == JobStatus.QUEUED).label("queued_jobs"),
            _count(Job, Job.status == JobStatus.FAILED).label("failed_jobs"),
            _count(EmailLog, EmailLog.status.in_((MailStatus.FAILED, MailStatus.UNKNOWN))).label(
                "undecided_mails"
            ),
            sa.select(sa.func.max(AuditEvent.occurred_at)).scalar_subquery().label("newest"),
            pending_events().label("pending_events"),
            newest_checkpoint_at().label("newest_checkpoint_at"),
            oldest_due().scalar_subquery().label("oldest_due_at"),
            worker_last_seen().scalar_subquery().label("worker_seen_at"),
        )
    ).one()
    its_disk = disk_of_database(row.database_folder)
    return Health(
        worker_seen_at=row.worker_seen_at,
        queued_jobs=row.queued_jobs,
        oldest_due_at=row.oldest_due_at,
        failed_jobs=row.failed_jobs,
        undecided_mails=row.undecided_mails,
        newest_event_at=datetime.fromisoformat(row.newest) if row.newest else None,
        pending_events=row.pending_events,
        newest_checkpoint_at=row.newest_checkpoint_at,
        disk_free_bytes=shutil.disk_usage(settings().instance_dir).free,
        database_bytes=row.database_bytes,
        database_disk_free_bytes=its_disk.free if its_disk else None,
    )


def _count(table: type[Job | EmailLog], where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """Counted up to a bound: a flooded queue must not make its own watcher slow."""
    some = sa.select(table.id).where(where).limit(COUNTED).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()
