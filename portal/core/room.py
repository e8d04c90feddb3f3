"""How much room the database takes, and how much is left where it lies."""

import shutil
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from portal.config import settings

# Literal, as a statement that is kept takes no lists of values.
HERE: list[sa.ColumnElement[str]] = [
    sa.literal_column(f"'{address}'") for address in ("127.0.0.1", "::1")
]


LITTLE_ROOM = 5
"""Percent of a disk: with less left, somebody has to make room."""


class Disk(NamedTuple):
    """One disk, in bytes."""

    free: int
    total: int

    @property
    def free_percent(self) -> int:
        return 100 * self.free // self.total

    @property
    def is_nearly_full(self) -> bool:
        return self.free_percent < LITTLE_ROOM


def database_size(dialect: str) -> sa.ScalarSelect[int]:
    """In bytes, as a column for a statement that asks other things as well."""
    if dialect == "sqlite":
        pages = sa.func.pragma_page_count().table_valued("page_count").c.page_count
        each = sa.func.pragma_page_size().table_valued("page_size").c.page_size
        count, size = (sa.select(one).scalar_subquery() for one in (pages, each))
        return sa.select(count * size).scalar_subquery()
    return sa.select(sa.func.pg_database_size(sa.func.current_database())).scalar_subquery()


def estimated_size(dialect: str) -> sa.ScalarSelect[int]:
    """The same as far as PostgreSQL knows it by heart: from its last VACUUM or ANALYZE.

    To add up the files takes as long as all else that a page asks together.
    """
    if dialect == "sqlite":
        return database_size(dialect)
    pages = sa.func.sum(sa.column("relpages", sa.BigInteger))
    each = sa.cast(sa.func.current_setting("block_size"), sa.BigInteger)
    size = sa.cast(pages, sa.BigInteger) * each
    return sa.select(size).select_from(sa.table("pg_class")).scalar_subquery()


def database_folder(dialect: str) -> sa.ScalarSelect[str]:
    """Where a PostgreSQL server keeps its files, if it runs on this machine and tells us."""
    if dialect == "sqlite":
        return sa.select(sa.null()).scalar_subquery()
    address = sa.func.host(sa.func.inet_server_addr())  # NULL: by a socket of this machine
    may_know = sa.func.pg_has_role(sa.func.current_user(), "pg_read_all_settings", "USAGE")
    is_here = sa.or_(address.is_(None), *(address == one for one in HERE))
    told = sa.case((sa.and_(may_know, is_here), sa.func.current_setting("data_directory")))
    return sa.select(told).scalar_subquery()


def disk_of(folder: str | Path) -> Disk | None:
    """None where this process cannot see the folder."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return Disk(usage.free, usage.total)


def disk_of_database(folder: str | None) -> Disk | None:
    """Of the folder that `database_folder` told, or of the file of SQLite; None: nobody knows."""
    if folder is not None:
        return disk_of(folder)
    url = sa.make_url(settings().database_url)
    is_file = url.get_backend_name() == "sqlite" and url.database
    return disk_of(Path(str(url.database)).absolute().parent) if is_file else None
