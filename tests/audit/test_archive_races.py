"""Archiving while others write: nobody's event is lost, refused or taken along."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit import removing
from portal.audit.guards import guard_faults
from portal.audit.installing import set_up
from portal.audit.models import AuditEvent
from portal.audit.sequencing import sequence_all
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from tests.audit.growing import happen

OLD, WRITERS, DEEDS = 40, 4, 15


@pytest.fixture
def ledger(own_app, monkeypatch):
    monkeypatch.setattr(removing, "AT_ONCE", 4)
    with own_app.app_context():
        set_up(by=SYSTEM)
        with clock.standing_at(clock.now() - timedelta(days=365)):
            happen(OLD)
        sequence_all()
        db.session.rollback()
        yield own_app
        db.session.remove()


def write(app, errors):
    try:
        with app.app_context():
            for _ in range(DEEDS):
                happen()
            db.session.remove()
    except Exception as error:  # noqa: BLE001 - told to the test
        errors.append(error)


@pytest.mark.race
def test_writers_go_on_while_old_events_are_removed(ledger, tmp_path):
    errors: list[Exception] = []
    threads = [threading.Thread(target=write, args=(ledger, errors)) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    day = (clock.now() - timedelta(days=30)).date().isoformat()
    words = ["audit", "archive", "--before", day, "--to", str(tmp_path)]
    done = ledger.test_cli_runner().invoke(args=words)
    for thread in threads:
        thread.join()
    assert (done.exit_code, errors) == (0, []), done.output
    made = sa.select(sa.func.count()).where(AuditEvent.action == "backup.made")
    assert db.session.scalar(made) == WRITERS * DEEDS
    assert guard_faults(db.session.connection()) == []
