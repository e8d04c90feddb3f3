"""What reaches the database: how many statements a page costs, and how each finds its rows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine

from portal.core.database import db, is_sqlite

ASKED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


@contextmanager
def heard(note: Callable[..., None]) -> Iterator[None]:
    """What is sent inside the block is told to `note`, as SQLAlchemy does before it is."""
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement that is sent inside the block, on one line each."""
    statements: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith(ASKED):
            statements.append(" ".join(statement.split()))

    with heard(note):
        yield statements


def plans_of(ask: Callable[[], object], *, of_few: bool = False) -> list[str]:
    """How the database goes about each statement that `ask` sends.

    A few rows PostgreSQL would rather read as they lie: with `of_few` it does so only if it must.
    """
    sent: list[tuple[str, Any]] = []

    def note(connection, cursor, statement, parameters, context, executemany):
        sent.append((statement, parameters))

    db.session.flush()  # what was prepared is not asked for
    db.session.connection()
    with heard(note):
        ask()
    connection = db.session.connection()
    explain = "EXPLAIN QUERY PLAN " if is_sqlite() else "EXPLAIN "
    if of_few and not is_sqlite():
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    found = [connection.exec_driver_sql(explain + text, values) for text, values in sent]
    return ["\n".join(str(row[-1]) for row in rows) for rows in found]


def waiting() -> int:
    """How many sessions wait for a lock. On SQLite they do so unseen, for whoever writes."""
    if is_sqlite():
        return 2
    found = sa.text("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
    return db.session.scalar(found) or 0
