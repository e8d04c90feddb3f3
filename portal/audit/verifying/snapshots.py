"""One state of the ledger to read for minutes, while others go on writing."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from portal.audit.notes import Note, VerifierKey
from portal.audit.verifying import waiting
from portal.audit.verifying.checks import MOST_ERRORS, verify
from portal.audit.verifying.report import Report
from portal.core.database import db


@contextmanager
def snapshot() -> Iterator[sa.Connection]:
    """A connection that sees one state and holds no lock that a writer would wait for."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            reading = connection.execution_options(reads_only=True)
            reading.exec_driver_sql("BEGIN")
        else:
            reading = connection.execution_options(isolation_level="REPEATABLE READ")
        try:
            yield reading
        finally:
            reading.rollback()


def verify_now(
    keys: Sequence[VerifierKey],
    anchors: Sequence[Note] = (),
    since: int = 0,
    max_errors: int = MOST_ERRORS,
    *,
    wait: Callable[[float], object] = time.sleep,
) -> Report:
    """`verify` on a state of its own. An event that seems late is given five seconds first: it
    may just have been committed.

    Raises:
        NoSuchCheckpoint: `since` is no checkpoint's size.
    """
    with snapshot() as connection:
        late = waiting.late(connection, max_errors)
    if late:
        wait(waiting.PATIENCE.total_seconds())
    with snapshot() as connection:
        return verify(connection, keys, anchors, since, max_errors, known_late=late)
