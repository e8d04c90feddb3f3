"""What the worker does by itself: leaves, checkpoints, anchors and a sign of life."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit import anchor_file
from portal.audit.actions import Action
from portal.audit.checkpoints import latest
from portal.audit.keys import UnusableKeyFile
from portal.audit.models import FrontierRow
from portal.audit.upkeep import beat, give_leaves, sign_when_due
from portal.config import settings
from portal.core import clock
from portal.core.database import db
from portal.jobs.worker import Worker
from tests.audit.growing import happen, pending
from tests.ledger import events
from tests.statements import counted


@pytest.fixture
def kept_up(key):
    """As a worker does it within a second."""

    def run() -> None:
        db.session.commit()
        while give_leaves():
            pass
        sign_when_due()
        db.session.commit()

    return run


def test_a_worker_that_runs_once_leaves_nothing_to_do(own_app):
    """As `make run` does for what the seeds wrote."""
    with own_app.app_context():
        happen(5)
    Worker(own_app).run(once=True)
    with own_app.app_context():
        known = anchor_file.read_anchor_file(settings().audit_anchor_file)
        assert pending() == 0
        assert latest().key_id is not None
        assert known[0].checkpoint.size == latest().tree_size >= 5


def test_what_waits_gets_its_leaf_and_then_a_signature(app, kept_up):
    happen(3)
    kept_up()
    assert (pending(), latest().tree_size) == (0, 3)


def test_an_idle_ledger_costs_two_questions_and_no_lock(app, kept_up):
    happen(1)
    kept_up()
    with counted() as statements:
        assert (give_leaves(), sign_when_due()) == (False, False)
    assert len(statements) == 2
    assert all(statement.startswith("SELECT") for statement in statements)


def test_leaves_come_although_the_key_cannot_be_used(app, key):
    key.audit_key_file.chmod(0o644)
    happen(2)
    assert give_leaves() is True
    with pytest.raises(UnusableKeyFile):
        sign_when_due()
    assert db.session.scalar(sa.select(FrontierRow.size)) == 2


def test_outside_production_the_first_key_makes_itself(app, own_files):
    happen(1)
    give_leaves()
    sign_when_due()
    assert latest().key_id is not None
    assert own_files.audit_key_file.stat().st_mode & 0o777 == 0o600


def test_a_silent_log_grows_by_a_sign_of_life(app, kept_up):
    happen(2)
    kept_up()
    with clock.standing_at(clock.now() + timedelta(days=1)):
        beat({})
        kept_up()
    heartbeat = events(Action.AUDIT_HEARTBEAT)[0]
    assert json.loads(heartbeat.canonical)["meta"] == {"tree_size": 2, "pending": 0}
    assert latest().tree_size == 3
