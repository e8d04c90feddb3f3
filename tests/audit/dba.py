"""Somebody with every right over the database, who leaves no guard missing behind them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from portal.audit.guards import UNIQUE_KEYS
from portal.core.database import db

_TABLES = sa.bindparam("tables", [*UNIQUE_KEYS], expanding=True)
_SQLITE = sa.text(
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN :tables"
).bindparams(_TABLES)
_POSTGRESQL = sa.text(
    "SELECT relname, tgname, CAST(tgenabled AS text) FROM pg_trigger "
    "JOIN pg_class ON pg_class.oid = tgrelid WHERE relname IN :tables AND NOT tgisinternal"
).bindparams(_TABLES)
_ENABLED = {"A": "ENABLE ALWAYS", "O": "ENABLE"}


@contextmanager
def unguarded() -> Iterator[sa.Connection]:
    """A transaction in which no guard stands; after it, each stands as before."""
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            dropped = connection.execute(_SQLITE).all()
            for name, _ in dropped:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            yield connection
            for _, sql in dropped:
                connection.exec_driver_sql(sql)
        else:
            silenced = connection.execute(_POSTGRESQL).all()
            for table, name, _ in silenced:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
            yield connection
            for table, name, how in silenced:
                connection.exec_driver_sql(f"ALTER TABLE {table} {_ENABLED[how]} TRIGGER {name}")


def tamper(*statements: str, **values: Any) -> None:
    """Run these past every guard."""
    with unguarded() as connection:
        for statement in statements:
            connection.execute(sa.text(statement), values)


def copy_of(table: str) -> list[dict[str, Any]]:
    rows = db.session.execute(sa.text(f"SELECT * FROM {table}")).mappings()
    found = [dict(row) for row in rows]
    db.session.rollback()
    return found


def put_back(table: str, rows: list[dict[str, Any]]) -> None:
    """As a restored backup would: what came later is gone."""
    with unguarded() as connection:
        connection.execute(sa.text(f"DELETE FROM {table}"))
        if rows:
            columns = ", ".join(rows[0])
            values = ", ".join(f":{column}" for column in rows[0])
            connection.execute(sa.text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), rows)
