"""A unit of work reads and writes without losing another's, on both databases."""

import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from threading import Barrier, get_ident

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import WroteWhileReading, db, looking, read_only, writing
from portal.staff.models import AuthThrottle
from tests.cast import make_admin

THREADS, ROUNDS = 4, 50
MANY = 20
"""More than a pool of SQLAlchemy's usual size holds."""
KEY = "count"
ONE_LOCK = pytest.mark.one_database("sqlite")
"""Only there all who write wait for one lock."""


@pytest.fixture
def reading(app):
    read_only()
    yield
    read_only(False)


def counted(key=KEY):
    return AuthThrottle(bucket_key=key, failures=0, window_ends_at=clock.now())


def add_one(app):
    with app.app_context():
        query = sa.select(AuthThrottle).where(AuthThrottle.bucket_key == KEY).with_for_update()
        row = db.session.scalars(query).one()
        row.failures = row.failures + 1
        db.session.commit()


@pytest.mark.race
def test_four_threads_that_read_and_write_lose_nothing(own_app):
    with own_app.app_context():
        db.session.add(counted())
        db.session.commit()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(add_one, [own_app] * THREADS * ROUNDS))
    with own_app.app_context():
        assert db.session.scalars(sa.select(AuthThrottle.failures)).one() == THREADS * ROUNDS


@pytest.mark.race
def test_twenty_threads_that_look_before_they_write_wait_for_no_connection(own_app):
    all_have_looked = Barrier(MANY)

    def look_then_read(_):
        with own_app.app_context():
            with looking():
                db.session.execute(sa.select(1))
            all_have_looked.wait()
            found = db.session.scalar(sa.select(AuthThrottle.failures))
            db.session.rollback()
            return found

    with ThreadPoolExecutor(MANY) as pool:
        assert list(pool.map(look_then_read, range(MANY))) == [None] * MANY


@pytest.fixture
def writer(own_app):
    """Another process's connection, which has SQLite's write lock."""
    with own_app.app_context():
        file = db.engine.url.database
        with closing(sqlite3.connect(file, check_same_thread=False)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield other


@ONE_LOCK
def test_who_waits_to_write_asks_five_times_a_millisecond(writer, monkeypatch):
    waits = []

    def wait(seconds):
        waits.append(seconds)
        if len(waits) == 3:
            writer.rollback()

    monkeypatch.setattr(time, "sleep", wait)
    db.session.add(counted())
    db.session.commit()
    assert waits == [0.0002] * 3


@ONE_LOCK
@pytest.mark.race
def test_of_the_threads_that_wait_to_write_one_asks_at_a_time(own_app, writer, monkeypatch):
    """The others would only take the processor from whoever has the lock."""
    asking, all_have_come = [], Barrier(THREADS)

    def wait(seconds):
        asking.append(get_ident())
        os.sched_yield()  # the others may ask now, if anything lets them
        if len(asking) == ROUNDS:
            writer.rollback()

    monkeypatch.setattr(time, "sleep", wait)
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(partial(write, own_app, all_have_come), range(THREADS)))
    assert len(set(asking[:ROUNDS])) == 1
    with own_app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(AuthThrottle)) == THREADS


def write(app, all_have_come, n):
    with app.app_context():
        db.session.add(counted(f"{KEY} {n}"))
        all_have_come.wait()
        db.session.commit()


@ONE_LOCK
def test_who_waits_too_long_hears_that_the_database_is_locked(writer):
    with db.engine.connect() as connection:
        driver = connection.connection.driver_connection
        driver.execute("PRAGMA busy_timeout = 1")
        with pytest.raises(sa.exc.OperationalError, match="database is locked"):
            connection.begin()
        assert driver.execute("PRAGMA busy_timeout").fetchone() == (1,)


@ONE_LOCK
def test_what_a_statement_may_have_to_undo_makes_no_file(own_app):
    """Half a megabyte of it; what is sorted may make one."""
    with own_app.app_context():
        driver = db.session.connection().connection.driver_connection
        driver.execute("CREATE TABLE many (n INTEGER UNIQUE, word TEXT)")
        rows = [(n, "word" * 20) for n in range(5000)]
        driver.executemany("INSERT INTO many VALUES (?, ?)", rows)
        seen = []
        driver.set_progress_handler(lambda: seen.extend(temporary_files()), 1000)
        driver.execute("UPDATE many SET n = n + 5000, word = word || '!'")
        assert seen == []
        assert driver.execute("PRAGMA temp_store").fetchone() == (0,)


def temporary_files() -> list[str]:
    """What this process has open of SQLite's own; such a file has no name any more."""
    open_files = map(os.path.realpath, Path("/proc/self/fd").iterdir())
    return [name for name in open_files if "etilqs" in name]


def test_a_request_that_only_reads_cannot_add_a_row(reading):
    db.session.add(counted())
    with pytest.raises(WroteWhileReading):
        db.session.flush()
    db.session.rollback()


def test_a_request_that_only_reads_cannot_run_an_update(reading):
    with pytest.raises(WroteWhileReading):
        db.session.execute(sa.update(AuthThrottle).values(failures=9))


def test_a_small_write_inside_reading_is_kept(own_app):
    with own_app.app_context():
        read_only()
        with writing():
            db.session.add(counted())
        with pytest.raises(WroteWhileReading):
            db.session.execute(sa.delete(AuthThrottle))
        read_only(False)
        assert db.session.scalars(sa.select(AuthThrottle.bucket_key)).all() == [KEY]


def test_a_small_write_that_fails_leaves_nothing_and_reading_goes_on(own_app):
    with own_app.app_context():
        read_only()
        with suppress(ZeroDivisionError), writing():
            db.session.add(counted())
            raise ZeroDivisionError
        assert db.session.scalars(sa.select(AuthThrottle.bucket_key)).all() == []
        read_only(False)


def test_an_error_tells_nothing_of_what_was_stored(own_app):
    with own_app.app_context():
        db.session.add_all([counted(), counted()])
        with pytest.raises(sa.exc.IntegrityError) as refused:
            db.session.flush()
        db.session.rollback()
    assert f"'{KEY}'" not in str(refused.value)


def test_an_instant_without_a_zone_is_refused(app):
    naive = clock.now().replace(tzinfo=None)
    with pytest.raises(sa.exc.StatementError, match="time zone"):
        make_admin("Cy Outsider", joined_at=naive)
    db.session.rollback()
