"""A migration changes tables, never loses a row: not by going back, not by rebuilding a table."""

import shutil
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from portal.audit.guards import UNIQUE_KEYS
from portal.core import clock
from portal.core.database import Base, db
from tests.conftest import make_app
from tests.databases import Server, upgrade

TABLES = Base.metadata.sorted_tables
# Their guards are triggers, which a rebuild would drop: no migration may rebuild them.
GUARDED = {*UNIQUE_KEYS, "audit_pending"}
FILLED_BY_TRIGGER = "audit_pending"
REBUILD = """
import sqlalchemy as sa
from alembic import op

revision = "rebuilt"
down_revision = "{head}"
TABLES = {tables}


def upgrade():
    for name in TABLES:
        with rebuilding(name) as batch:
            batch.add_column(sa.Column("one_more", sa.Integer(), nullable=True))


def downgrade():
    for name in TABLES:
        with rebuilding(name) as batch:
            batch.drop_column("one_more")


def rebuilding(name):
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    return op.batch_alter_table(name, recreate="always" if is_sqlite else "never")
"""


@pytest.fixture
def filled(database: Server, tmp_path):
    """A database of the newest revision with two rows in every table."""
    app = make_app(database.empty(), tmp_path)
    upgrade(app)
    with app.app_context():
        with db.engine.begin() as connection:
            for number in (1, 2):
                fill(connection, number)
        yield app
        db.session.remove()
        db.engine.dispose()


def fill(connection: sa.Connection, number: int) -> None:
    """One row a table, parents first; every column has a value, also the ones that need none."""
    rows: dict[str, dict[str, object]] = {}
    for table in TABLES:
        rows[table.name] = {column.name: value_of(column, rows, number) for column in table.c}
        if table.name != FILLED_BY_TRIGGER:
            connection.execute(table.insert(), rows[table.name])


def value_of(column: sa.Column, rows: dict[str, dict[str, object]], number: int) -> object:
    for key in column.foreign_keys:
        parent = rows.get(key.column.table.name)
        if parent is not None:
            return parent[key.column.name]
    if column.foreign_keys:  # a row of the same table, or of one that comes later
        return None
    return plain_value(column, number)


def plain_value(column: sa.Column, number: int) -> object:
    if isinstance(column.type, sa.String):
        text = f"{number}-{column.name}"
        return text[: column.type.length] if column.type.length else text
    values: dict[type, object] = {
        bool: number == 1,
        int: number,
        bytes: bytes([number]) * 32,
        object: {"number": number},
    }
    is_instant = isinstance(column.type, sa.TypeDecorator)
    return clock.now() if is_instant else values[column.type.python_type]


def rows_of(names: list[str]) -> dict[str, list[tuple]]:
    with db.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table))))
            for table in TABLES
            if table.name in names
        }


def present() -> list[str]:
    found = set(sa.inspect(db.engine).get_table_names())
    return [table.name for table in TABLES if table.name in found]


def counts(names: list[str]) -> dict[str, int]:
    with db.engine.connect() as connection:
        count = sa.select(sa.func.count())
        return {n: connection.scalar(count.select_from(sa.table(n))) for n in names}


def test_every_table_has_rows_to_lose(filled):
    assert counts(present()) == {table.name: 2 for table in TABLES}


def test_the_last_migration_taken_back_and_done_again_keeps_every_row(filled):
    flask_migrate.downgrade()
    left = present()
    assert counts(left) == dict.fromkeys(left, 2)
    flask_migrate.upgrade()
    assert counts(left) == dict.fromkeys(left, 2)
    assert len(present()) == len(TABLES)


def test_rebuilding_every_table_keeps_every_row_as_it_is(filled, tmp_path):
    names = [table.name for table in TABLES if table.name not in GUARDED]
    before = rows_of(names)
    folder = str(migrations_with_rebuild(filled, names, tmp_path))
    flask_migrate.upgrade(directory=folder)
    assert rows_of(names) == before
    flask_migrate.downgrade(directory=folder)
    assert rows_of(names) == before


def migrations_with_rebuild(app, names: list[str], folder: Path) -> Path:
    """The project's own migrations, by its own `env.py`, and one more on top."""
    source = app.extensions["migrate"].directory
    head = ScriptDirectory(source).get_current_head()
    target = folder / "migrations"
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    text = REBUILD.format(head=head, tables=names)
    (target / "versions" / "rebuilt.py").write_text(text)
    return target
