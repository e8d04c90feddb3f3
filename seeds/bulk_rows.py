"""Rows by the hundred thousand: COPY on PostgreSQL, one prepared statement on SQLite."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa

from portal.core.database import Base, db

BATCH = 50_000


def load(model: type[Base], names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> int:
    """Insert the rows, whose values stand in the order of `names`; how many. Commits.

    Columns that are not named get their default where it is one value, else NULL.
    """
    table = model.__table__
    assert isinstance(table, sa.Table)  # noqa: S101 - every model of ours is one
    fixed = {name: value for name, value in _defaults(table).items() if name not in names}
    columns = [*names, *fixed]
    convert = _converter(table, columns)
    tail = tuple(fixed.values())
    values = (convert(row + tail) for row in rows)
    return _copy(table, columns, values)


def _defaults(table: sa.Table) -> dict[str, Any]:
    return {
        column.name: column.default.arg
        for column in table.columns
        if isinstance(column.default, sa.ColumnDefault) and column.default.is_scalar
    }


def _converter(
    table: sa.Table, columns: Sequence[str]
) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """What SQLAlchemy does to each value on its way to this database."""
    dialect = db.session.get_bind().dialect
    found = [
        (place, processor)
        for place, name in enumerate(columns)
        if (processor := table.c[name].type.dialect_impl(dialect).bind_processor(dialect))
    ]

    def convert(row: tuple[Any, ...]) -> tuple[Any, ...]:
        values = list(row)
        for place, processor in found:
            values[place] = processor(values[place])
        return tuple(values)

    return convert


def _copy(table: sa.Table, columns: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> int:
    is_sqlite = db.session.get_bind().dialect.name == "sqlite"
    names, count = ", ".join(columns), 0
    marks = ", ".join("?" * len(columns))
    # Names come from the models, never from outside.
    insert = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608
    while batch := list(islice(rows, BATCH)):
        driver: Any = db.session.connection().connection.driver_connection
        if is_sqlite:
            driver.executemany(insert, batch)
        else:
            with (
                driver.cursor() as cursor,
                cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy,
            ):
                for row in batch:
                    copy.write_row(row)
        db.session.commit()
        count += len(batch)
    return count


def analyze() -> None:
    """Tell the planner how many rows there are now."""
    db.session.execute(sa.text("ANALYZE"))
    db.session.commit()
