"""One suite, two databases: each test that touches the database runs on SQLite and PostgreSQL.

`--database sqlite` runs one alone. PostgreSQL is an embedded server, unless
`PORTAL_TEST_DATABASE_URL` names one whose role may create databases.
"""

import gc
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import settings
from sqlalchemy import Connection

from portal import create_app
from portal.catalog import revisions
from portal.config import load_settings
from portal.core.database import db, engine_options
from portal.core.provenance import Provenance, set_provenance
from portal.entitlements import snapshots
from portal.web import setup
from tests.client import Client
from tests.databases import Postgres, Server, Sqlite

pytest_plugins = ["tests.cast", "tests.catalog.fixtures"]
PATIENCE = 300  # seconds
DATABASES = ("sqlite", "postgresql")
# The same examples every time, on a machine as slow as it likes to be.
settings.register_profile("portal", derandomize=True, deadline=None)
settings.load_profile("portal")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", action="append", choices=DATABASES, help="run on this one alone")
    parser.addoption("--write-routes", action="store_true", help="write the route table anew")


def chosen_databases(config: pytest.Config) -> tuple[str, ...]:
    return tuple(config.getoption("--database") or DATABASES)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        chosen = databases_for(metafunc, chosen_databases(metafunc.config))
        metafunc.parametrize("database", chosen, scope="session", indirect=True)


def databases_for(metafunc: pytest.Metafunc, chosen: tuple[str, ...]) -> tuple[str, ...]:
    """All that are chosen. What is the same on every database runs on the first of them.

    So does what happens in a real browser, unless the test says otherwise: its scripts and its
    looks know no database. What is about one kind of database runs there, whatever was chosen.
    """
    for marker in metafunc.definition.iter_markers():
        if marker.name == "each_database":
            return chosen
        if marker.name == "one_database":
            return marker.args or chosen[:1]
    return chosen[:1] if "browser" in metafunc.fixturenames else chosen


def pytest_collection_finish() -> None:
    """What was loaded until now stays until the end: looking through it for garbage is in vain."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Server]]:
    """Each server is started when it is first asked for, and serves until the end."""
    started: dict[str, Server] = {}

    def server_of(kind: str) -> Server:
        if kind not in started:
            folder = tmp_path_factory.mktemp(kind)
            server = Sqlite(folder) if kind == "sqlite" else Postgres(folder)
            started[kind] = server
            server.migrate(lambda url: make_app(url, folder))
        return started[kind]

    yield server_of
    for server in started.values():
        server.stop()


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest, servers: Callable[[str], Server]) -> Server:
    """A migrated template database of the kind under test, from which others are cloned."""
    return servers(request.param)


def make_app(url: str, folder: Path, **settings: str) -> Flask:
    """An application of its own on the given database."""
    app = create_app(environ_of(url, folder, **settings))
    app.testing = True
    app.test_client_class = Client
    return app


def environ_of(url: str, folder: Path, **settings: str) -> dict[str, str]:
    return {
        "PORTAL_ENV": "testing",
        "PORTAL_DATABASE_URL": url,
        "PORTAL_INSTANCE_DIR": str(folder / "instance"),
        "PORTAL_BASE_URL": "http://localhost",
        "PORTAL_METRICS_TOKEN": "metrics-token-of-the-tests",
        "PORTAL_BRAND": "BoxCostPro",
        **{f"PORTAL_{name}": value for name, value in settings.items()},
    }


@pytest.fixture(scope="session")
def shared_app(database: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application a database; tests get it wrapped in a transaction, as `app`."""
    app = make_app(database.clone(), tmp_path_factory.mktemp("shared"))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def file_app(database: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application on a database of one file's tests, which begin with rows put there once.

    The file's own fixture puts them in; its tests stand in the application's context, and only
    read.
    """
    app = make_app(database.clone(), tmp_path_factory.mktemp("file"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def app(shared_app: Flask) -> Iterator[Flask]:
    """The application inside one transaction that is rolled back after the test.

    The test itself stands in an application context, so it may call deeds; each request of
    `client` runs in a context of its own, as on a server.
    """
    # Flask-SQLAlchemy offers no way to hand it a connection: its engines are kept here.
    engines = db._app_engines[shared_app]
    engine = engines[None]
    connection: Connection = engine.connect()
    transaction = connection.begin()
    engines[None] = connection
    try:
        with shared_app.app_context():
            yield shared_app
            db.session.remove()
    finally:
        transaction.rollback()
        connection.close()
        engines[None] = engine
        set_provenance(Provenance())  # a test that says where a deed came from says it of its own


@pytest.fixture
def client(app: Flask) -> Client:
    """A visitor's browser, without JavaScript."""
    return app.test_client()


@pytest.fixture(scope="session")
def movable(database: Server, tmp_path_factory: pytest.TempPathFactory) -> "Movable":
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(setup, "engine_options", patient_options)
        app = make_app(database.clone(), tmp_path_factory.mktemp("movable"))
    return Movable(app)


@pytest.fixture
def own_url(database: Server) -> str:
    """A file whose tests begin with the same rows makes them once, and clones that database."""
    return database.clone()


@pytest.fixture
def own_app(database: Server, own_url: str, movable: "Movable", tmp_path: Path) -> Iterator[Flask]:
    """An application on a database of its own, where transactions are real: for races.

    Of many threads that want one row, a slow machine may keep one waiting for longer than a
    person would: it gets its turn all the same.
    """
    with movable.on(own_url, tmp_path) as app:
        yield app
    database.drop(own_url)


class Movable:
    """One application that is led to another database for each test.

    Templates and statements, which every new application would compile anew, stay compiled. What
    a test leaves in its configuration does not stay.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context():
            self.engine = db.engine
        sa.event.listen(self.engine, "connect", make_patient)
        sa.event.listen(self.engine, "do_connect", self._led)

    @contextmanager
    def on(self, url: str, folder: Path) -> Iterator[Flask]:
        config, extensions = dict(self.app.config), dict(self.app.extensions)
        found = load_settings(environ_of(url, folder))
        found.instance_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.engine.url = sa.make_url(url)
        self.app.config |= {"SQLALCHEMY_DATABASE_URI": url, "SECRET_KEY": found.secret_key}
        self.app.extensions["portal_settings"] = found
        try:
            yield self.app
        finally:
            with self.app.app_context():
                self.engine.dispose()
            for memories in (revisions._memories, snapshots._memories):
                memories.pop(self.engine, None)
            for mapping, before in ((self.app.config, config), (self.app.extensions, extensions)):
                mapping.clear()
                mapping.update(before)

    def _led(self, dialect: Any, _record: Any, words: list[Any], named: dict[str, Any]) -> None:
        """Where this engine connects to now."""
        words[:], found = dialect.create_connect_args(self.engine.url)
        named.update(found)


def patient_options(url: str) -> dict[str, Any]:
    return engine_options(url) | {"pool_timeout": PATIENCE}


def make_patient(connection: Any, _record: object) -> None:
    """No power is cut here: as on the embedded PostgreSQL, nothing waits for the disk."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000}")
        connection.execute("PRAGMA synchronous = OFF")
