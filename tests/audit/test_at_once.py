"""A critical event has its leaf when the answer comes; nothing of it can break the answer."""

import pytest
import sqlalchemy as sa

from portal.audit import at_once
from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.audit.sequencing import LOCK, hold, sequence
from portal.core.actor import SYSTEM
from portal.core.database import db
from tests.audit.growing import happen, leaves, pending
from tests.ledger import events
from tests.statements import counted

CRITICAL = Action.FEATURE_KILLED


def test_a_critical_event_has_its_leaf_when_its_commit_returns(own_app):
    with own_app.app_context():
        happen(2)
        assert leaves() == []
        db.session.rollback()
        happen(1, action=CRITICAL)
        assert len(leaves()) == 3


def test_other_events_wait_for_the_worker(app):
    happen(1)
    assert pending() == 1


def test_an_inner_transaction_gives_no_leaf_before_the_outer_one_is_committed(own_app):
    with own_app.app_context():
        with db.session.begin_nested():
            record(CRITICAL, by=SYSTEM)
        assert not db.session.info.get(at_once.COMMITTED)
        assert leaves() == []
        db.session.commit()
        assert len(leaves()) == 1


def test_a_rolled_back_event_asks_for_nothing(app):
    record(CRITICAL, by=SYSTEM)
    db.session.flush()
    db.session.rollback()
    with counted() as statements:
        happen(1)
    assert not any("audit_leaves" in statement for statement in statements)
    assert len(events(CRITICAL)) == 0


def test_a_failure_is_left_to_the_worker(own_app, monkeypatch):
    def broken(**_):
        raise sa.exc.OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(at_once, "sequence", broken)
    with own_app.app_context():
        happen(1, action=CRITICAL)
        assert len(events(CRITICAL)) == pending() == 1
        db.session.rollback()
        assert sequence() == 1


@pytest.mark.one_database("postgresql")  # SQLite's write lock lets nobody in anyway
def test_whoever_holds_the_tree_keeps_others_out_without_making_them_wait(own_app):
    with own_app.app_context():
        happen(1)
        with db.engine.connect() as other:
            assert hold(other)
            assert sequence() == 0
            other.rollback()
        assert sequence() == 1
        assert LOCK < 2**63
