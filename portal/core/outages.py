"""A database that is away, is busy, or takes nothing: its disk is full, or it may only be read.

What only reads goes on while nothing is taken. Above all the product's questions who may use what.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError

from portal.core.database import looking, waiting_at_most, writing

log = structlog.get_logger("portal.database")

SQLITE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY}
"""Primary result codes (sqlite.org/rescode.html)."""
SQLITE_FILES = {
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
}
"""Extended ones: what a full disk makes of the files beside the database's own."""
SQLITE_AWAY = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR_SHMSIZE}
"""The latter: on a full disk a process that begins cannot even read, for want of a shared index."""
POSTGRESQL = {"25006", "53100"}
"""read_only_sql_transaction, disk_full (postgresql.org/docs/current/errcodes-appendix.html)."""
AWAY = {"3D000", "53300", "57P01", "57P02", "57P03"}
"""No such database, too many connections, shutting down, crashed, not up yet (the same list)."""
LOST_A_RACE = {"40P01", "40001"}
"""deadlock_detected, serialization_failure: this transaction ended so that another could go on."""
MOST_PATIENCE = 0.5
"""Seconds. While a migration or a large change has SQLite's one write lock, pages go on opening."""


def is_away(error: DBAPIError) -> bool:
    """Does the database not answer at all?"""
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        return not SQLITE_AWAY.isdisjoint(_sqlite_codes(error.orig))
    state = getattr(error.orig, "sqlstate", None)
    # Who does not answer gives no code, and SQLAlchemy knows no statement of a failed connection.
    return state in AWAY or (state is None and error.statement is None)


def refuses_writes(error: DBAPIError) -> bool:
    """Would the same change be refused again and again, until somebody sees to the database?"""
    if isinstance(error.orig, sqlite3.Error):
        return not (SQLITE | SQLITE_FILES).isdisjoint(_sqlite_codes(error.orig))
    return getattr(error.orig, "sqlstate", None) in POSTGRESQL


def is_busy(error: DBAPIError) -> bool:
    """Would the same change be taken a moment later? Others write, or were let go first."""
    if isinstance(error.orig, sqlite3.Error):
        return sqlite3.SQLITE_BUSY in _sqlite_codes(error.orig)
    return getattr(error.orig, "sqlstate", None) in LOST_A_RACE


def _sqlite_codes(error: sqlite3.Error) -> set[int]:
    """The extended result code and its primary one. Errors of the module itself have none."""
    code = getattr(error, "sqlite_errorcode", 0)
    return {code, code & 0xFF}


def only_reads(dialect: str) -> sa.ColumnElement[bool]:
    """Would PostgreSQL refuse every change, as a copy of another server does?"""
    if dialect == "sqlite":
        return sa.false()
    return sa.func.current_setting("transaction_read_only") == "on"


@contextmanager
def noting() -> Iterator[None]:
    """Write beside the request what nobody waits for: when somebody was last seen, or has read
    something. It is committed at once, in a request that writes as well: what that one has not
    committed yet is rolled back, so it comes before or after that.

    A database that takes nothing must not keep them from reading, so its refusal is only logged.
    """
    try:
        with waiting_at_most(MOST_PATIENCE), looking(), writing():
            yield
    except DBAPIError as error:
        if refuses_writes(error):
            log.error("database.refuses_writes", reason=str(error.orig))
        elif is_busy(error):
            log.warning("database.busy", reason=str(error.orig))
        else:
            raise
