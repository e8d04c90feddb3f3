"""Runs migrations as the role that owns the tables, each in a transaction of its own.

SQLite: rebuilding a parent table with foreign keys on would delete the child rows, so they are
off before the first BEGIN, checked afterwards, and on again.
"""

import sqlalchemy as sa
from alembic import context
from flask import current_app

from portal.config import settings
from portal.core.database import db, engine_options


def run() -> None:
    url = settings().migration_database_url
    engine = sa.create_engine(url, poolclass=sa.NullPool, **_options(url))
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            _without_foreign_keys(connection)
        else:
            _migrate(connection)
    engine.dispose()


def _options(url: str) -> dict:
    return {key: value for key, value in engine_options(url).items() if key == "connect_args"}


def _without_foreign_keys(connection: sa.Connection) -> None:
    # Straight on the driver: SQLAlchemy would begin a transaction, where the pragma is ignored.
    driver = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys = OFF")
    _migrate(connection)
    connection.rollback()
    broken = driver.execute("PRAGMA foreign_key_check").fetchall()
    driver.execute("PRAGMA foreign_keys = ON")
    if broken:
        raise RuntimeError(f"foreign keys are broken after the migration: {broken[:5]}")


def _migrate(connection: sa.Connection) -> None:
    options = current_app.extensions["migrate"].configure_args
    context.configure(
        connection=connection, target_metadata=db.metadata, transactional_ddl=True, **options
    )
    with context.begin_transaction():
        context.run_migrations()


run()
