"""Old events leave the table for a bundle that proves them; whatever interrupts it, none is
lost.
"""

import json
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.audit import removing
from portal.audit.actions import Action
from portal.audit.archives import ranges, unfinished
from portal.audit.bundles import sha256_of
from portal.audit.guards import guard_faults
from portal.audit.holds import Scope, place_hold, release_hold
from portal.audit.installing import set_up
from portal.audit.keys import public_keys
from portal.audit.models import Archive, AuditEvent, Leaf
from portal.audit.removing import owner_engine, remove_events
from portal.audit.sequencing import sequence_all
from portal.audit.tree import TreeReader
from portal.audit.verifying import Kind, verify_now
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from tests.audit.bundling import check, rebuilt
from tests.audit.growing import happen
from tests.conftest import make_app
from tests.ledger import events

OLD = 12
"""So many events of a year ago, and five of today after them."""


@pytest.fixture
def ledger(own_app):
    with own_app.app_context():
        set_up(by=SYSTEM)
        with clock.standing_at(clock.now() - timedelta(days=365)):
            happen(OLD - 2)
            happen(2, tenant_id=7)
        happen(4)
        sequence_all()
        yield own_app
        db.session.remove()


def day(ago: int) -> str:
    return (clock.now() - timedelta(days=ago)).date().isoformat()


def archive(app, folder, before=30):
    words = ["audit", "archive", "--before", day(before), "--to", str(folder)]
    db.session.rollback()
    done = app.test_cli_runner().invoke(args=words)
    db.session.expire_all()
    return done


def old_events():
    query = sa.select(AuditEvent.id).where(AuditEvent.occurred_at < day(30))
    return len(db.session.scalars(query).all())


def leaves():
    return db.session.scalar(sa.select(sa.func.count()).select_from(Leaf))


def test_old_events_move_into_a_bundle_that_passes(ledger, tmp_path):
    done = archive(ledger, tmp_path)
    assert done.exit_code == 0, done.output
    assert (old_events(), ranges(), unfinished()) == (0, [(0, OLD)], [])
    (bundle,) = tmp_path.glob("*.zip")
    found = check(tmp_path, bundle.read_bytes(), key=str(public_keys()[0]))
    assert (found.code, found.answer["manifest"]["events"]) == (0, OLD)


def test_leaves_stay_and_give_the_same_root(ledger, tmp_path):
    reader = TreeReader(db.session.connection())
    size, root = reader.size, reader.root(reader.size)
    archive(ledger, tmp_path)
    assert leaves() > size
    assert TreeReader(db.session.connection()).root(size) == root


def test_the_log_tells_of_its_archive(ledger, tmp_path):
    archive(ledger, tmp_path)
    (event,) = events(Action.AUDIT_ARCHIVED)
    meta = json.loads(event.canonical)["meta"]
    (bundle,) = tmp_path.glob("*.zip")
    assert (meta["first_index"], meta["end_index"], meta["events"]) == (0, OLD, OLD)
    assert (meta["sha256"], meta["file"]) == (sha256_of(bundle), bundle.name)


def test_the_guards_stand_afterwards_and_refuse_the_rest(ledger, tmp_path):
    archive(ledger, tmp_path)
    assert guard_faults(db.session.connection()) == []
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        db.session.execute(sa.text("DELETE FROM audit_events"))
    db.session.rollback()


def exported(app, folder):
    """The whole log, of which the old events are in an archive."""
    file = folder / "all.zip"
    done = app.test_cli_runner().invoke(args=["audit", "export", str(file)])
    assert done.exit_code == 0, done.output
    return file.read_bytes()


def test_an_export_proves_which_of_its_events_are_in_an_archive(ledger, tmp_path):
    archive(ledger, tmp_path)
    bundle = exported(ledger, tmp_path)
    found = check(tmp_path, bundle, key=str(public_keys()[0]))
    assert (found.code, found.faults, found.answer["unchecked"]) == (0, [], [])
    assert found.answer["remarks"] == [f"of the events, {OLD} are archived: ask for audit-0-11.zip"]
    unproven = check(
        tmp_path, rebuilt(bundle, **{"archives.jsonl": None}), key=str(public_keys()[0])
    )
    assert (unproven.code, unproven.faults) == (3, [])


def test_verification_knows_what_was_archived_and_nothing_else(ledger, tmp_path):
    archive(ledger, tmp_path)
    report = verify_now(public_keys(), [])
    assert (report.faults, report.unknown) == ([], [])
    db.session.rollback()
    engine = owner_engine()
    assert list(remove_events(engine, (OLD + 1, OLD + 3))) == [2]
    engine.dispose()
    named = [(fault.kind, fault.leaf_index) for fault in verify_now(public_keys(), []).faults]
    assert named == [(Kind.MISSING, OLD + 1), (Kind.MISSING, OLD + 2)]


def test_the_next_archive_goes_on_where_the_last_one_ended(ledger, tmp_path):
    archive(ledger, tmp_path)
    assert archive(ledger, tmp_path).exit_code == 1
    with clock.standing_at(clock.now() + timedelta(days=60)):
        assert archive(ledger, tmp_path).exit_code == 0
    (_, end), (first, last) = ranges()
    assert (end, first) == (OLD, OLD)
    assert last > OLD + 4
    assert guard_faults(db.session.connection()) == []


def test_nothing_younger_than_the_day_is_taken(ledger, tmp_path):
    assert "No event" in archive(ledger, tmp_path, before=400).output
    assert (old_events(), list(tmp_path.glob("*.zip"))) == (OLD, [])


@pytest.mark.parametrize("before", [-2, 0, 399])
def test_the_shortest_time_of_the_settings_is_kept(database, tmp_path, before):
    app = make_app(database.clone(), tmp_path, AUDIT_RETENTION_DAYS="400")
    with app.app_context():
        done = archive(app, tmp_path, before)
        assert (done.exit_code, "last 400 days" in done.output) == (1, True)
        db.engine.dispose()


def test_what_is_held_stays_and_goes_once_it_is_released(ledger, tmp_path):
    hold = place_hold(by=SYSTEM, scope=Scope.TENANT, subject_id=7, reason="A court asked")
    db.session.commit()
    assert archive(ledger, tmp_path).exit_code == 0
    assert old_events() == 2
    with clock.standing_at(clock.now() + timedelta(seconds=1)):
        release_hold(by=SYSTEM, hold_id=hold.id)
        db.session.commit()
    archive(ledger, tmp_path)
    assert old_events() == 0


def test_while_everything_is_held_nothing_goes(ledger, tmp_path):
    place_hold(by=SYSTEM, scope=Scope.EVERYTHING, subject_id=None, reason="A court asked")
    db.session.commit()
    archive(ledger, tmp_path)
    assert old_events() == OLD


def test_a_hold_placed_while_a_batch_is_on_its_way_out_keeps_it(ledger):
    engine, placed = owner_engine(), []
    if engine.dialect.name == "sqlite":  # there, nobody else writes meanwhile
        return

    @sa.event.listens_for(engine, "before_cursor_execute")
    def hold_it(_connection, _cursor, statement, *_):
        if "DISABLE TRIGGER" in statement and not placed:
            placed.append(1)
            place_hold(by=SYSTEM, scope=Scope.EVERYTHING, subject_id=None, reason="A court asked")
            db.session.commit()

    removed = list(remove_events(engine, (0, OLD)))
    engine.dispose()
    assert (placed, sum(removed), old_events()) == ([1], 0, OLD)
    assert guard_faults(db.session.connection()) == []


class Killed(RuntimeError):
    """As if the process had ended there."""


def begun(ledger, tmp_path, monkeypatch):
    """An archive that was killed after its first batch of five."""
    monkeypatch.setattr(removing, "AT_ONCE", 5)
    monkeypatch.setattr("portal.audit.cli.archiving.remove_events", killed_after_one)
    done = archive(ledger, tmp_path)
    monkeypatch.undo()
    assert isinstance(done.exception, Killed)


def killed_after_one(engine, span):
    yield next(remove_events(engine, span))
    raise Killed


def test_a_killed_removal_goes_on_with_the_next_run(ledger, tmp_path, monkeypatch):
    begun(ledger, tmp_path, monkeypatch)
    assert old_events() == OLD - 5
    assert guard_faults(db.session.connection()) == []
    assert [one.first_index for one in unfinished()] == [0]
    archive(ledger, tmp_path)
    assert (old_events(), unfinished(), len(events(Action.AUDIT_ARCHIVED))) == (0, [], 1)


def test_without_its_bundle_nothing_more_is_removed(ledger, tmp_path, monkeypatch):
    begun(ledger, tmp_path, monkeypatch)
    path = Path(db.session.query(Archive).one().file)
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    assert "Put it back" in archive(ledger, tmp_path).output
    path.unlink()
    assert archive(ledger, tmp_path).exit_code == 1
    assert old_events() == OLD - 5
    path.write_bytes(data)
    archive(ledger, tmp_path)
    assert old_events() == 0


def test_an_event_that_is_gone_already_stops_it(ledger, tmp_path):
    engine = owner_engine()
    assert list(remove_events(engine, (3, 4))) == [1]
    engine.dispose()
    done = archive(ledger, tmp_path)
    assert (done.exit_code, "flask audit verify" in done.output) == (1, True)
    assert (old_events(), ranges(), list(tmp_path.glob("audit-*"))) == (OLD - 1, [], [])


def test_without_a_key_nothing_is_archived(database, tmp_path):
    app = make_app(database.clone(), tmp_path)
    with app.app_context():
        with clock.standing_at(clock.now() - timedelta(days=365)):
            happen(3)
        done = archive(app, tmp_path)
        assert (done.exit_code, "not signed" in done.output) == (1, True)
        assert (old_events(), ranges()) == (3, [])
        db.session.remove()
        db.engine.dispose()


def test_another_role_than_the_owner_archives_nothing(database, tmp_path):
    if database.name == "sqlite":
        return
    url, role = database.clone(), f"portal_{uuid.uuid4().hex}"
    other = sa.make_url(url).set(username=role).render_as_string(hide_password=False)
    app = make_app(url, tmp_path, MIGRATION_DATABASE_URL=other)
    with app.app_context():
        db.session.execute(sa.text(f"CREATE ROLE {role} LOGIN"))
        db.session.commit()
        done = archive(app, tmp_path)
        assert (done.exit_code, "owns the ledger" in done.output) == (1, True)
        db.session.execute(sa.text(f"DROP ROLE {role}"))
        db.session.commit()
        db.engine.dispose()
