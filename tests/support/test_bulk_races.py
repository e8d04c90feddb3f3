"""Changes in bulk that are killed, large, or started by two at once. Real databases."""

from pathlib import Path
from threading import Event
from time import perf_counter

import pytest
import sqlalchemy as sa
import time_machine

from portal.core import clock
from portal.core.database import db
from portal.jobs.worker import Worker
from portal.staff.models import Admin
from portal.support import bulk_work
from portal.support.bulk import NotToUndo, start_bulk_change, undo_bulk_change
from portal.support.models import BulkChange, SupportTicket, TicketEvent
from portal.support.words import Status
from tests.cast import actor, make_admin, make_tenant, make_user
from tests.conftest import make_app
from tests.entitlements.granting import days
from tests.processes import APART
from tests.staff.test_races import together
from tests.statements import counted
from tests.support.desk import make_agent, make_ticket
from tests.support.queue_cast import put_many

pytestmark = pytest.mark.race
MOST_EACH = 6


def begun(app, count: int, **change: object) -> int:
    """A change of so many tickets that Bea has, not worked off yet."""
    with app.app_context():
        bea = make_admin("Bea Agent")
        make_agent(bea, capacity=5_000)
        sample = make_ticket(make_user(make_tenant()))
        sample.assignee_id, sample.assignee_name = bea.id, bea.name
        put_many(sample, count - 1)
        ids = list(db.session.scalars(sa.select(SupportTicket.id)))
        bulk = start_bulk_change(by=actor(bea), ticket_ids=ids, change=change)
        db.session.commit()
        return bulk.id


def worked_off(app, bulk_id: int) -> BulkChange:
    bulk = db.session.get_one(BulkChange, bulk_id, populate_existing=True)
    while bulk.status != "done":
        bulk_work.work_off({"bulk_id": bulk_id})
        db.session.commit()
    return bulk


def done(app) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(BulkChange.done)) or 0


def work_slowly(url: str, folder: str) -> None:
    """In a process of its own, which is killed at some point of the first half of two hundred."""
    bulk_work.AT_ONCE = 5
    app = make_app(url, Path(folder))
    worker = Worker(app)
    while done(app) < 100:
        worker.do_next()
    Event().wait()  # however late the kill is: the second half is never begun


def test_a_worker_that_is_killed_is_taken_over_and_each_is_changed_once(own_app, tmp_path):
    begun(own_app, 200, priority="high")
    url = own_app.config["SQLALCHEMY_DATABASE_URI"]
    worker = APART.Process(target=work_slowly, args=(url, str(tmp_path)))
    worker.start()
    while worker.is_alive() and not done(own_app):
        worker.join(0.01)
    worker.kill()
    worker.join()
    assert 0 < done(own_app) < 200
    with time_machine.travel(days(1)):  # its lease has run out
        Worker(own_app).run_until_idle()
    assert done(own_app) == 200
    with own_app.app_context():
        assert _events("priority") == 200
        assert set(db.session.scalars(sa.select(SupportTicket.priority))) == {"high"}


def test_a_thousand_tickets_are_solved_in_a_few_statements_each(own_app, record_property):
    bulk_id = begun(own_app, 1_000, status="solved")
    with own_app.app_context(), counted() as statements:
        before = perf_counter()
        bulk = worked_off(own_app, bulk_id)
        record_property("seconds", perf_counter() - before)
    with own_app.app_context():
        assert (bulk.done, bulk.skipped) == (1_000, 0)
        assert _events("status") == 1_000
        left = sa.select(SupportTicket.id).where(SupportTicket.status != Status.SOLVED)
        assert db.session.scalar(left.limit(1)) is None
        assert len(statements) < 1_000 * MOST_EACH


def test_of_two_who_take_it_back_at_once_one_does(own_app):
    bulk_id = begun(own_app, 3, priority="high")
    with own_app.app_context():
        worked_off(own_app, bulk_id)

    def undo(_: int) -> bool:
        with own_app.app_context():
            by = actor(db.session.scalars(sa.select(Admin)).one())
            try:
                undo_bulk_change(by=by, bulk_id=bulk_id)
                db.session.commit()
            except NotToUndo:
                db.session.rollback()
                return False
            return True

    assert sorted(together(undo, 8)) == [False] * 7 + [True]
    with own_app.app_context():
        undoing = db.session.scalars(sa.select(BulkChange).filter_by(undoes_id=bulk_id)).one()
        assert undoing.created_at <= clock.now()


def test_two_workers_at_once_change_each_once(own_app, monkeypatch):
    monkeypatch.setattr(bulk_work, "AT_ONCE", 10)
    begun(own_app, 60, priority="high")
    together(lambda _: Worker(own_app).run_until_idle(), 3)
    assert done(own_app) == 60
    with own_app.app_context():
        assert _events("priority") == 60


def _events(kind: str) -> int:
    query = sa.select(sa.func.count()).select_from(TicketEvent).where(TicketEvent.kind == kind)
    return db.session.scalar(query) or 0
