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
    count = 0
    for batch in batched(rows, BATCH):
        add(model, names, batch)
        db.session.commit()
        count += len(batch)
    return count


def add(model: type[Base], names: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """The same inside the running transaction."""
    table = model.__table__
    assert isinstance(table, sa.Table)  # noqa: S101 - every model of ours is one
    fixed = {name: value for name, value in _defaults(table).items() if name not in names}
    columns = [*names, *fixed]
    convert = _converter(table, columns)
    tail = tuple(fixed.values())
    _copy(table, columns, (convert(row + tail) for row in rows))


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


def _copy(table: sa.Table, columns: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> None:
    driver: Any = db.session.connection().connection.driver_connection
    # Names come from the models, never from outside.
    names = ", ".join(columns)
    if db.session.get_bind().dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        driver.executemany(
            f"INSERT INTO {table.name} ({names}) VALUES ({marks})",  # noqa: S608
            rows,
        )
        return
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def batched(rows: Iterable[tuple[Any, ...]], size: int) -> Iterator[list[tuple[Any, ...]]]:
    left = iter(rows)
    while batch := list(islice(left, size)):
        yield batch


def reserve(table: str, count: int) -> int:
    """The first of so many ids in a row that nobody else gets."""
    if db.session.get_bind().dialect.name == "sqlite":
        query = sa.text(f"SELECT coalesce(max(id), 0) + 1 FROM {table}")  # noqa: S608
        return int(db.session.scalar(query))
    numbers = sa.text(
        "SELECT min(n), max(n) FROM (SELECT nextval(pg_get_serial_sequence(:name, 'id')) AS n "
        "FROM generate_series(1, :count)) AS taken"
    )
    first, last = db.session.execute(numbers, {"name": table, "count": count}).one()
    if last - first + 1 != count:
        raise RuntimeError(f"somebody else writes into {table}: try again")
    return int(first)


def analyze() -> None:
    """Tell the planner how many rows there are now.

    On SQLite not of the tables that its index of words keeps for itself: told that these are empty,
    it goes through all of them at each of the many merges of a load.
    """
    is_sqlite = db.session.get_bind().dialect.name == "sqlite"
    for table in Base.metadata.tables if is_sqlite else ("",):
        db.session.execute(sa.text(f"ANALYZE {table}"))
    db.session.commit()
