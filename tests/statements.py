"""What reaches the database: how many statements a page costs, whatever the number of its rows."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.engine import Engine

ASKED = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


@contextmanager
def counted() -> Iterator[list[str]]:
    """Every statement that is sent inside the block, on one line each."""
    statements: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith(ASKED):
            statements.append(" ".join(statement.split()))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)
