"""The nightly round keeps its result, leaves an event, and tells every admin of a bad one."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.audit.actions import Action
from portal.audit.models import Verification
from portal.audit.verifying import latest, rounds
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.jobs.worker import Worker
from portal.mail.models import EmailLog
from portal.staff.models import Notice
from tests.audit.dba import tamper
from tests.audit.growing import grow
from tests.audit.sealed import SIGNER, event_at, sign
from tests.cast import make_admin
from tests.ledger import events


@pytest.fixture
def trusted(own_app, monkeypatch):
    """A signed log, whose key this machine holds; two admins and an agent."""
    monkeypatch.setattr(rounds, "local_keys", lambda: [SIGNER.verifier])
    with own_app.app_context():
        for name, role in (("Ann", Role.ADMIN), ("Al", Role.ADMIN), ("Bea", Role.SUPPORT_AGENT)):
            make_admin(name, role)
        db.session.commit()
        grow(10)
        sign()
        yield own_app


def verify_nightly():
    rounds.verify_all({})
    db.session.commit()
    found = latest()
    assert found is not None
    return found


def change_an_event():
    tamper("UPDATE audit_events SET actor_label = 'Mo' WHERE id = :id", id=event_at(4))


def test_a_whole_log_is_noted_with_its_size(trusted):
    kept = verify_nightly()
    assert (kept.exit_code, kept.tree_size) == (0, 10)
    [event] = events(Action.AUDIT_VERIFIED)
    assert (event.severity, event.outcome) == ("info", "success")
    assert b'"tree_size":10' in event.canonical
    assert db.session.query(EmailLog).count() == 0


def test_a_changed_log_is_told_to_every_admin(trusted):
    change_an_event()
    kept = verify_nightly()
    assert kept.exit_code == 1
    assert kept.faults["faults"][0]["kind"] == "column_mismatch"
    [event] = events(Action.AUDIT_VERIFICATION_FAILED)
    assert (event.severity, event.outcome) == ("critical", "failure")
    assert "actor_label" in event.reason
    assert db.session.query(EmailLog).count() == 2
    assert db.session.query(Notice).count() == 2
    assert {mail.subject for mail in db.session.query(EmailLog)} == {"The audit log was changed"}


def test_tampering_is_told_each_night(trusted):
    change_an_event()
    for _ in range(2):
        verify_nightly()
    assert db.session.query(EmailLog).count() == 4


def test_an_old_silence_is_told_once(trusted):
    with time_machine.travel(clock.now() + timedelta(hours=40), tick=False):
        grow(1)
        sign()
        assert [verify_nightly().exit_code for _ in range(3)] == [1, 0, 0]
        assert "Told before: No checkpoint for 40 hours" in latest().faults["notes"][-1]
    assert db.session.query(EmailLog).count() == 2


def test_a_silence_that_goes_on_is_told_each_night(trusted):
    with time_machine.travel(clock.now() + timedelta(hours=40), tick=False):
        assert [verify_nightly().exit_code for _ in range(2)] == [1, 1]


def test_a_log_that_cannot_be_proven_any_more_is_told(trusted, monkeypatch):
    verify_nightly()
    monkeypatch.setattr(rounds, "local_keys", list)
    assert [verify_nightly().exit_code for _ in range(2)] == [3, 3]
    assert db.session.query(EmailLog).count() == 2
    assert len(events(Action.AUDIT_VERIFICATION_UNPROVEN)) == 2


def test_results_are_kept_for_400_days(trusted):
    verify_nightly()
    long_ago = clock.now() - timedelta(days=401)
    db.session.execute(sa.update(Verification).values(started_at=long_ago, finished_at=long_ago))
    db.session.commit()
    verify_nightly()
    assert db.session.query(Verification).count() == 1


def test_the_worker_does_the_round_that_was_asked_for(trusted):
    rounds.ask_for_round(by=SYSTEM)
    assert rounds.under_way() is not None
    db.session.commit()
    Worker(trusted).run_until_idle()
    assert latest().tree_size >= 10
    assert rounds.under_way() is None
