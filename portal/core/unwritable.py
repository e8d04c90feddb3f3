"""A database that takes nothing: its disk is full, or it may only be read.

What only reads goes on meanwhile. Above all the product's questions who may use what.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError

from portal.core.database import is_read_only, writing

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
POSTGRESQL = {"25006", "53100"}
"""read_only_sql_transaction, disk_full (postgresql.org/docs/current/errcodes-appendix.html)."""


def refuses_writes(error: DBAPIError) -> bool:
    """Would the same change be refused again and again, until somebody sees to the database?"""
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", 0)
        return code & 0xFF in SQLITE or code in SQLITE_FILES
    return getattr(error.orig, "sqlstate", None) in POSTGRESQL


def only_reads(dialect: str) -> sa.ColumnElement[bool]:
    """Would PostgreSQL refuse every change, as a copy of another server does?"""
    if dialect == "sqlite":
        return sa.false()
    return sa.func.current_setting("transaction_read_only") == "on"


@contextmanager
def noting() -> Iterator[None]:
    """`writing`, of what nobody waits for: when somebody was last seen, or has read something.

    A database that takes nothing must not keep them from reading, so its refusal is only logged;
    in a request that may write it ends the request, whose work could not be kept either.
    """
    may_go_on = is_read_only()
    try:
        with writing():
            yield
    except DBAPIError as error:
        if not (may_go_on and refuses_writes(error)):
            raise
        log.error("database.refuses_writes", reason=str(error.orig))
