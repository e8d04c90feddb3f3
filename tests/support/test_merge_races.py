"""Opposite merges at once, for real."""

import threading

import pytest
import sqlalchemy as sa

from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.support.merging import CannotMerge, merge
from portal.support.models import SupportMessage, SupportTicket
from portal.support.words import Status
from tests.cast import make_tenant, make_user
from tests.support.desk import customer_writes, make_ticket

ROUNDS = 10


@pytest.fixture
def two(own_app):
    with own_app.app_context():
        uma = make_user(make_tenant())
        tickets = [make_ticket(uma), make_ticket(uma)]
        for ticket in tickets:
            customer_writes(ticket, "More.")
        db.session.commit()
        return [ticket.id for ticket in tickets]


def merged(app, source_id, target_id, start, results):
    with app.app_context():
        start.wait()
        source, target = (db.session.get_one(SupportTicket, i) for i in (source_id, target_id))
        try:
            merge(by=SYSTEM, source=source, target=target)
            db.session.commit()
            results.append("merged")
        except CannotMerge:
            db.session.rollback()
            results.append("refused")


@pytest.mark.race
@pytest.mark.parametrize("_round", range(ROUNDS))
def test_opposite_merges_at_once_leave_one_live_ticket_and_every_message(own_app, two, _round):
    start, results = threading.Barrier(2), []
    pairs = [(two[0], two[1]), (two[1], two[0])]
    threads = [
        threading.Thread(target=merged, args=(own_app, *pair, start, results)) for pair in pairs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["merged", "refused"]
    with own_app.app_context():
        rows = db.session.scalars(sa.select(SupportTicket)).all()
        live = next(row for row in rows if row.is_open)
        assert sorted(row.status for row in rows) == sorted([Status.MERGED, live.status])
        count = db.session.scalar(
            sa.select(sa.func.count()).where(SupportMessage.ticket_id == live.id)
        )
        assert (count, live.message_count) == (4, 4)
