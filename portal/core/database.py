"""The database: one model base, one session, and how a transaction begins on each engine.

SQLite's driver opens transactions late and loses updates, so it is switched off and a unit of
work begins with BEGIN IMMEDIATE. A request that is declared read-only begins nothing at all:
each statement is its own snapshot, as READ COMMITTED gives on PostgreSQL anyway.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import event, orm
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect, Engine

from portal.core.lost import refuse_lost

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""For tables that outgrow 2**31 rows; SQLite numbers rows by INTEGER alone."""
JSONColumn = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


class UTCDateTime(sa.TypeDecorator[datetime]):
    """An aware instant, stored and returned in UTC. A naive value is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored instant must know its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is UTC:
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """SQLite's text is read at once: a page holds hundreds of instants."""
        if dialect.name == "sqlite":
            return _instant_of
        return super().result_processor(dialect, coltype)


def _instant_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


class Base(orm.DeclarativeBase):
    """What every table derives from. Constraints are named, as SQLite's batch mode needs."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UTCDateTime(),
        dict[str, Any]: JSONColumn,
        list[str]: JSONColumn,
    }


LONGEST_LIFE = 1800
"""Seconds. A connection of SQLite knows no statistics that were gathered after it was made."""
_reading: ContextVar[bool] = ContextVar("reading", default=False)
_patience: ContextVar[float | None] = ContextVar("patience", default=None)


class PortalSession(Session):
    """Flask-SQLAlchemy's session, which asks the reading engine while a request only reads."""

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        bind = super().get_bind(*args, **kwargs)
        if _reading.get() and isinstance(bind, Engine):
            return _reading_engine(bind)
        return bind


_reading_engines: WeakKeyDictionary[Engine, Engine] = WeakKeyDictionary()


def _reading_engine(engine: Engine) -> Engine:
    """The same pool without transactions; one object an engine, as the session keys on it."""
    found = _reading_engines.get(engine)
    if found is None:
        # On SQLite the option would hand transactions back to the driver: `_begin` skips instead.
        level = {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
        found = engine.execution_options(reads_only=True, **level)
        _reading_engines[engine] = found
    return found


db = SQLAlchemy(
    metadata=Base.metadata,
    session_options={"class_": PortalSession, "join_transaction_mode": "create_savepoint"},
)


def read_only(value: bool = True) -> None:
    """Declare that the running request does not write (or, with False, that it may)."""
    _reading.set(value)


def is_read_only() -> bool:
    return _reading.get()


@contextmanager
def writing() -> Iterator[None]:
    """Write something small and commit it, inside a request that otherwise only reads.

    In a request that may write this changes nothing: its own commit carries the work.
    """
    if not _reading.get():
        yield
        return
    db.session.rollback()
    _reading.set(False)
    try:
        yield
        db.session.commit()
    finally:
        db.session.rollback()
        _reading.set(True)


@contextmanager
def looking() -> Iterator[None]:
    """Read ahead of the work that writes, without SQLite's one write lock.

    For what takes time before anything is written, such as hashing a password. What was read may
    be out of date by then: the writing part looks again.
    """
    token = _reading.set(True)
    try:
        with db.session.no_autoflush:
            yield
    finally:
        _reading.reset(token)


@contextmanager
def glancing() -> Iterator[None]:
    """`looking`, and what was read is let go at once: whoever works on with it for long holds
    neither a transaction nor a connection.
    """
    with looking():
        yield
    db.session.rollback()


class WroteWhileReading(RuntimeError):
    """A request that is declared read-only tried to write: declare it with `@audits`."""


@event.listens_for(PortalSession, "before_flush")
def _refuse_flush_while_reading(session: orm.Session, *_: object) -> None:
    if _reading.get() and (session.new or session.dirty or session.deleted):
        raise WroteWhileReading(repr([*session.new, *session.dirty, *session.deleted]))


@event.listens_for(PortalSession, "do_orm_execute")
def _refuse_statement_while_reading(state: orm.ORMExecuteState) -> None:
    if _reading.get() and (state.is_insert or state.is_update or state.is_delete):
        raise WroteWhileReading(str(state.statement))


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    """For SQLite's one write lock, instead of as long as the connection would."""
    token = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(token)


BEGIN = "BEGIN IMMEDIATE"
ASKED_EVERY = 0.0002
"""Seconds between two attempts to get SQLite's one write lock."""
_next_in_turn = threading.Lock()
"""Of the threads that wait for it one asks: the others would take the processor from its holder."""


@event.listens_for(Engine, "connect")
def _configure_sqlite(connection: Any, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    cursor.execute("PRAGMA journal_mode = WAL")
    # FULL: what was acknowledged survives a power cut, not only a killed process.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # REPLACE then fires the delete triggers by which the ledger refuses it.
    cursor.execute("PRAGMA recursive_triggers = ON")
    # Four times the usual: a page that many commits change is copied into the file less often.
    cursor.execute("PRAGMA wal_autocheckpoint = 4000")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name != "sqlite" or connection.get_execution_options().get("reads_only"):
        return
    driver: Any = connection.connection.driver_connection
    patience = driver.execute("PRAGMA busy_timeout").fetchone()[0]
    driver.execute("PRAGMA busy_timeout = 0")
    # As a transaction begins, SQLite chooses where its statements keep what they may have to undo:
    # in memory, not in a file made for each. What is sorted later may fill a file.
    driver.execute("PRAGMA temp_store = MEMORY")
    try:
        if not _begins_within(_patience.get() or patience / 1000, driver):
            connection.exec_driver_sql(BEGIN)  # a last try, whose error is one that handlers know
    finally:
        driver.execute("PRAGMA temp_store = DEFAULT")
        driver.execute(f"PRAGMA busy_timeout = {patience}")


def _begins_within(seconds: float, driver: sqlite3.Connection) -> bool:
    """SQLite's own wait sleeps longer each time, up to 100 ms beside a lock that is free again."""
    give_up = time.monotonic() + seconds
    if not _next_in_turn.acquire(timeout=seconds):
        return False
    try:
        while True:
            try:
                driver.execute(BEGIN)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > give_up:
                    return False
            else:
                return True
            time.sleep(ASKED_EVERY)
    finally:
        _next_in_turn.release()


def is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def take_turns(lock: int) -> None:
    """Whoever else asks for this number waits until the transaction ends: for what no row stands
    for, such as a list that must not grow beyond a limit. SQLite has one writer anyway.
    """
    if not is_sqlite():
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))


def insert_into(model: Any) -> Any:
    """An INSERT that knows ON CONFLICT, which SQLAlchemy spells once a database."""
    return sqlite.insert(model) if is_sqlite() else postgresql.insert(model)


def changed_rows(statement: sa.Update | sa.Delete) -> int:
    """Run an UPDATE or DELETE; how many rows it met. Objects in the session are not brought along.

    With the row's expected state in its WHERE this is compare and set: one of two gets a 1.
    """
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)  # type: ignore[attr-defined]  # such a statement's result has it


def remove_some(model: Any, which: sa.ColumnElement[bool], *, at_most: int) -> int:
    """Remove so many of these rows that no transaction grows long. How many there were."""
    some = sa.select(model.id).where(which).limit(at_most)
    return changed_rows(sa.delete(model).where(model.id.in_(some)))


def engine_options(url: str) -> dict[str, Any]:
    """What `create_engine` is told for this URL."""
    # An error's text reaches the log: what a statement carried must not.
    options: dict[str, Any] = {"hide_parameters": True, "pool_recycle": LONGEST_LIFE}
    if url.startswith("sqlite"):
        return {**options, "connect_args": {"timeout": 10}}
    return {
        **options,
        "pool_events": [(refuse_lost, "checkout")],
        "connect_args": {"options": "-c timezone=utc -c jit=off", "application_name": "portal"},
    }
