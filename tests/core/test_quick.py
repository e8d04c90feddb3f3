"""A statement that goes past the session sees the same as one through it."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from portal.core import clock, quick
from portal.core.database import LONGEST_LIFE, db, read_only
from portal.core.outages import is_away
from portal.core.quick import Quick, _lines_beside
from portal.jobs.models import Job
from tests.databases import hang_up

_jobs = Job.__table__.c
QUERY = Quick(
    sa.select(_jobs.id, _jobs.payload, _jobs.run_at)
    .where(_jobs.kind == "x", _jobs.run_at <= sa.bindparam("until", type_=_jobs.run_at.type))
    .order_by(_jobs.id)
)


def add_job(**payload: str) -> Job:
    now = clock.now()
    job = Job(kind="x", payload=payload, run_at=now, created_at=now)
    db.session.add(job)
    return job


@pytest.fixture
def reading(own_app: Flask):
    """A request that only reads, on a real pool."""
    with own_app.app_context():
        first = add_job(word="ä")
        db.session.commit()
        read_only()
        yield first.id
        read_only(False)


def test_values_come_back_as_the_columns_say(reading):
    found = QUERY.row(until=clock.now())
    assert (found.id, found.payload) == (reading, {"word": "ä"})
    assert found.run_at.utcoffset() == timedelta(0)


PLANNING = {"postgresql": ["force_generic_plan"], "sqlite": []}
SETTINGS = {
    "postgresql": sa.select(sa.func.current_setting("plan_cache_mode").label("mode")),
    "sqlite": sa.select(_jobs.id.label("mode")).where(sa.false()),
}


def test_postgresql_plans_it_once_and_not_at_every_asking(reading):
    name = db.engine.dialect.name
    assert [row.mode for row in Quick(SETTINGS[name]).rows()] == PLANNING[name]


def test_a_statement_without_rows_finds_none(reading):
    assert QUERY.row(until=clock.now() - timedelta(days=1)) is None


def test_it_sees_what_others_have_committed_since(reading):
    assert len(QUERY.rows(until=clock.now())) == 1
    read_only(False)
    add_job()
    db.session.commit()
    read_only()
    assert len(QUERY.rows(until=clock.now())) == 2


def test_what_is_not_committed_is_not_seen_from_outside(reading):
    with db.engine.begin() as other:
        other.execute(sa.update(Job).values(kind="y"))
        assert QUERY.row(until=clock.now()).id == reading


def test_a_request_that_writes_sees_its_own_work(app: Flask):
    add_job()
    assert len(QUERY.rows(until=clock.now())) == 1


@pytest.mark.one_database("sqlite")
def test_what_fails_after_the_first_row_fails_as_handlers_know_it(app: Flask):
    """SQLite looks for the second row when it is asked for."""
    for text in ("{}", "no JSON"):
        add_job().dedupe_key = text
    found = sa.func.json(_jobs.dedupe_key).label("found")
    query = Quick(sa.select(found).where(_jobs.kind == sa.bindparam("kind")).order_by(_jobs.id))
    with pytest.raises(sa.exc.OperationalError, match="malformed JSON") as raised:
        query.rows(kind="x")
    assert "parameters" not in str(raised.value)  # as of any other: it reaches the log


def test_what_others_have_committed_can_be_read_beside_the_own_work(reading):
    read_only(False)
    add_job()
    assert (len(QUERY.committed(until=clock.now())), len(QUERY.rows(until=clock.now()))) == (1, 2)
    assert QUERY.committed_row(until=clock.now()).id == reading
    db.session.rollback()


def test_a_lost_connection_is_replaced(reading):
    assert QUERY.row(until=clock.now()).id == reading
    hang_up()
    assert QUERY.row(until=clock.now()).id == reading


def test_an_old_connection_is_replaced(reading, monkeypatch):
    made = []
    event.listen(_lines_beside(db.engine)._engine, "connect", lambda *_: made.append(1))
    for now, expected in ((0, 1), (LONGEST_LIFE - 1, 1), (LONGEST_LIFE, 2)):
        monkeypatch.setattr(quick, "time", SimpleNamespace(monotonic=lambda at=now: at))
        assert QUERY.row(until=clock.now()).id == reading
        assert len(made) == expected


@pytest.mark.one_database("postgresql")
def test_a_connection_that_breaks_meanwhile_says_that_the_database_is_away(reading, monkeypatch):
    lines = _lines_beside(db.engine)
    connect = lines._connected

    def broken():
        line = connect()
        hang_up()
        return line

    monkeypatch.setattr(lines, "_connected", broken)
    with pytest.raises(sa.exc.OperationalError) as lost:
        QUERY.row(until=clock.now())
    assert is_away(lost.value)


def test_a_connection_in_use_is_closed_after_its_use(reading):
    assert QUERY.row(until=clock.now()).id == reading
    lines = _lines_beside(db.engine)
    line = lines._idle_line()
    lines.close()
    lines._fetch(line, "SELECT 1", [])
    assert (len(lines._idle), lines._idle_line()) == (0, None)


def test_the_sessions_connections_live_as_long(own_app):
    with own_app.app_context():
        assert db.engine.pool._recycle == LONGEST_LIFE
