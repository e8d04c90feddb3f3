"""What stands around the leaves: guards, views, the worker, keys, anchors, forks and archives."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.audit.models import LogOrigin
from portal.audit.notes import Checkpoint, Note, SignerKey
from portal.audit.sequencing import sequence_all
from portal.audit.verifying import Ending
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from tests.audit.dba import tamper
from tests.audit.growing import grow, happen
from tests.audit.sealed import (
    FORGER,
    ORIGIN,
    SIGNER,
    event_at,
    keep,
    named,
    present,
    sign,
    verified,
)

OTHER_VIEW = "CREATE VIEW auth_audit_logs AS SELECT * FROM audit_events WHERE stream = 'auth'"


@pytest.fixture(autouse=True)
def ledger(own_app):
    with own_app.app_context():
        grow(10)
        sign()
        yield


def run(*statements):
    for statement in statements:
        db.session.execute(sa.text(statement))
    db.session.commit()


def announce(key):
    record(Action.AUDIT_KEY_ROTATED, by=SYSTEM, meta={"public": key.verifier.public.hex()})
    db.session.commit()
    sequence_all()


def test_a_dropped_trigger():
    on_sqlite = db.engine.dialect.name == "sqlite"
    guard = "audit_leaves_no_update" if on_sqlite else "audit_leaves_no_change ON audit_leaves"
    run(f"DROP TRIGGER {guard}")
    report = verified()
    assert named(report) == [("trigger_missing", None, None)]
    assert report.faults[0].message == f"The guard {guard.partition(' ')[0]} is missing."


def test_an_altered_trigger():
    if db.engine.dialect.name == "sqlite":
        body = "BEFORE DELETE ON audit_events WHEN 0 BEGIN SELECT 1; END"
        run(
            "DROP TRIGGER audit_events_no_delete",
            f"CREATE TRIGGER audit_events_no_delete {body}",
        )
    else:
        run("ALTER TABLE audit_events DISABLE TRIGGER audit_events_no_change")
    report = verified()
    assert named(report) == [("trigger_missing", None, None)]
    assert "was altered" in report.faults[0].message


def test_an_altered_view():
    run("DROP VIEW auth_audit_logs", f"{OTHER_VIEW} AND id <> 'x'")
    assert named(verified()) == [("projection_mismatch", None, None)]


def test_a_missing_view():
    run("DROP VIEW entitlement_logs")
    report = verified()
    assert [fault.message for fault in report.faults] == ["The view entitlement_logs is missing."]


def test_a_worker_that_stands_still():
    with time_machine.travel(clock.now() - timedelta(seconds=6), tick=False):
        happen(2)
    kinds = [(kind, index) for kind, index, _ in named(verified())]
    assert kinds == [("unsequenced", None)] * 2
    assert verified().exit_code == Ending.TAMPERED


def test_events_of_the_last_five_seconds_may_wait():
    happen(2)
    assert verified().exit_code == Ending.WHOLE


@pytest.mark.parametrize(("hours", "kinds"), [(25, []), (27, ["heartbeat_gap"])])
def test_no_checkpoint_for_longer_than_a_day(hours, kinds):
    with time_machine.travel(clock.now() + timedelta(hours=hours), tick=False):
        assert [kind for kind, _, _ in named(verified())] == kinds


def test_a_silence_that_is_over_stays_in_the_log():
    with time_machine.travel(clock.now() + timedelta(hours=30), tick=False):
        grow(1)
        sign()
        report = verified()
    assert named(report) == [("heartbeat_gap", 10, None)]
    assert "after the one of 10 leaves, until the one of 11 leaves" in report.faults[0].message


def test_a_key_that_the_log_announced_is_unknown_but_no_forgery():
    announce(FORGER)
    sign(SIGNER, FORGER)
    grow(1)
    sign(FORGER)
    report = verified()
    assert (named(report), report.exit_code) == ([], Ending.NOT_PROVABLE)
    assert str(FORGER.verifier) in report.unknown[0]
    both = [SIGNER.verifier, FORGER.verifier]
    assert verified(keys=both).exit_code == Ending.WHOLE


def test_a_key_that_nobody_trusted_announced_is_a_forgery():
    announce(FORGER)
    sign(FORGER)
    assert named(verified()) == [("bad_signature", 10, None)]


def anchor(size, key=SIGNER, *, signed=None):
    """A note of that many leaves, with a root of its own; the signature may be of another size."""
    text = Checkpoint(ORIGIN, size, bytes(32)).text
    foot = Checkpoint(ORIGIN, signed or size, bytes(32)).signed_by([key]).partition("\n\n")[2]
    return Note.parse(f"{text}\n{foot}")


def test_an_anchor_with_a_wrong_signature():
    assert named(verified(anchor(10, signed=9))) == [("bad_signature", 9, None)]


def test_an_anchor_of_another_history_is_a_rollback():
    grow(3)
    assert named(verified(anchor(12))) == [("rollback", 10, None)]


@pytest.fixture
def renamed():
    """The key of the second name, which rows alone give to the log."""
    name = ORIGIN.replace("-1", "-2")
    for generation, (origin, size) in enumerate(((ORIGIN, 0), (name, 10)), 1):
        begun = {"generation": generation, "origin": origin, "from_size": size}
        db.session.add(LogOrigin(**begun, created_at=clock.now()))
    db.session.commit()
    return SignerKey(name, SIGNER.seed)


def accept(new):
    record(Action.AUDIT_FORK_ACCEPTED, by=SYSTEM, target=Target("audit_origin", 2, new.name))
    db.session.commit()
    sequence_all()
    keep(present(new.name), new)


def test_a_fork_that_was_accepted_ends_the_old_anchors(renamed):
    accept(renamed)
    report = verified(anchor(30), keys=[SIGNER.verifier, renamed.verifier])
    assert (named(report), report.exit_code) == ([], Ending.WHOLE)
    assert f"The log {ORIGIN} ended at 10 leaves." in report.notes


def test_a_fork_that_nobody_accepted_hides_no_rollback(renamed):
    found = verified(anchor(30), keys=[SIGNER.verifier, renamed.verifier])
    assert named(found) == [("rollback", 10, None)]


def test_a_fork_hides_no_rollback_from_whoever_trusts_the_old_name_alone(renamed):
    accept(renamed)
    assert named(verified(anchor(30))) == [("rollback", 11, None)]


def archive(first, end):
    record(Action.AUDIT_ARCHIVED, by=SYSTEM, meta={"first_index": first, "end_index": end})
    db.session.commit()
    sequence_all()
    query = "SELECT event_id FROM audit_leaves WHERE leaf_index >= {} AND leaf_index < {}"
    tamper(f"DELETE FROM audit_events WHERE id IN ({query.format(first, end)})")


def test_archived_events_are_not_missing():
    archive(0, 5)
    report = verified()
    assert (named(report), report.exit_code) == ([], Ending.WHOLE)
    assert "The events of leaves 0 to 4 are archived." in report.notes


def test_what_is_gone_beside_an_archive_is_missing():
    archive(0, 5)
    event_id = event_at(5)
    tamper("DELETE FROM audit_events WHERE id = :id", id=event_id)
    assert named(verified()) == [("missing", 5, event_id)]


def test_an_archive_without_a_leaf_hides_nothing():
    event_id = event_at(3)
    record(Action.AUDIT_ARCHIVED, by=SYSTEM, meta={"first_index": 3, "end_index": 4})
    db.session.commit()
    tamper("DELETE FROM audit_events WHERE id = :id", id=event_id)
    assert named(verified())[0] == ("missing", 3, event_id)
