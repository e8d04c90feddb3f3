"""Is everything as it should be: for probes in a word, for people in a page."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from portal.audit.checkpoints import newest_checkpoint_at, pending_events
from portal.audit.guards import guard_faults
from portal.audit.models import AuditEvent
from portal.config import UnsafeSettings, settings
from portal.core import clock
from portal.core.database import UTCDateTime, db
from portal.core.migrated import VERSIONS, newest_versions
from portal.core.outages import only_reads
from portal.core.quick import Quick
from portal.core.room import Disk, database_folder, database_size, disk_of, disk_of_database
from portal.core.sealed_rows import Sealed, tried
from portal.core.starting import before_start
from portal.jobs.models import Job, JobStatus
from portal.jobs.overview import is_silent, oldest_due, worker_last_seen
from portal.mail.models import EmailLog, MailStatus
from portal.two_factor.data_keys import sealed_samples

COUNTED = 10_000
NOTHING_TRIED = Sealed()


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
    disk: Disk | None
    """Of the instance folder."""
    database_bytes: int
    database_disk: Disk | None
    """None: the database lies where this process cannot look."""
    database_only_reads: bool

    @property
    def checkpoint_age_seconds(self) -> float:
        """-1 while there is none."""
        at = self.newest_checkpoint_at
        return (clock.now() - at).total_seconds() if at else -1

    @property
    def worker_is_silent(self) -> bool:
        return is_silent(self.worker_seen_at)

    @property
    def full_disks(self) -> list[str]:
        """What lies on a disk that is nearly full."""
        places = {"the database": self.database_disk, "the instance folder": self.disk}
        return [what for what, disk in places.items() if disk and disk.is_nearly_full]


@dataclass(frozen=True, slots=True)
class Readiness:
    """May this process take requests?"""

    database: bool = False
    migrations: bool = False
    keys: bool = False
    sealed: Sealed = NOTHING_TRIED

    @property
    def checks(self) -> dict[str, bool]:
        return {"database": self.database, "migrations": self.migrations, "keys": self.keys}


def readiness() -> Readiness:
    """Database there, migrated, no secret out of reach: one statement, whatever it holds."""
    try:
        found = _standing(_key_names()).rows(now=clock.now())
    except sa.exc.DBAPIError:  # as without the tables, before the first migration
        db.session.rollback()
        return Readiness()
    migrated = {text for kind, text, _ in found if kind == MIGRATION}
    sealed = tried((text, sealed) for kind, text, sealed in found if kind == KEY)
    return Readiness(True, migrated == newest_versions(), not sealed.key_faults, sealed)


@before_start
def refuse_keys_that_open_nothing() -> None:
    """Without the right keys people would be locked out one by one, and mails would fail.

    Of a database that does not answer, `/readyz` tells.

    Raises:
        UnsafeSettings: the message names the keys.
    """
    if faults := readiness().sealed.key_faults:
        told = (f"{fault.advice} ({fault.row})" for fault in faults)
        raise UnsafeSettings("The portal cannot start:\n- " + "\n- ".join(told))


MIGRATION, KEY = "migration", "key"


def _key_names() -> tuple[str, ...]:
    return tuple(name for name, _ in settings().data_keys)


@cache
def _standing(names: tuple[str, ...]) -> Quick:
    """Probes ask every few seconds: it is made once."""
    nothing = sa.cast(sa.null(), sa.LargeBinary)
    version = sa.literal(MIGRATION).label("kind"), VERSIONS.c.version_num, nothing.label("sealed")
    now = sa.bindparam("now", type_=UTCDateTime())
    samples = (sample.subquery() for sample in sealed_samples(names, now))
    return Quick(
        sa.union_all(
            sa.select(*version), *(sa.select(sa.literal(KEY), *found.c) for found in samples)
        )
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
            only_reads(dialect).label("database_only_reads"),
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
    return Health(
        worker_seen_at=row.worker_seen_at,
        queued_jobs=row.queued_jobs,
        oldest_due_at=row.oldest_due_at,
        failed_jobs=row.failed_jobs,
        undecided_mails=row.undecided_mails,
        newest_event_at=datetime.fromisoformat(row.newest) if row.newest else None,
        pending_events=row.pending_events,
        newest_checkpoint_at=row.newest_checkpoint_at,
        disk=disk_of(settings().instance_dir),
        database_bytes=row.database_bytes,
        database_disk=disk_of_database(row.database_folder),
        database_only_reads=row.database_only_reads,
    )


def _count(table: type[Job | EmailLog], where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """Counted up to a bound: a flooded queue must not make its own watcher slow."""
    some = sa.select(table.id).where(where).limit(COUNTED).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()
