"""A sweep beside somebody who works on a ticket, with real transactions."""

import pytest
import sqlalchemy as sa

from portal.core.database import db
from portal.support.clock_rows import clocks_of
from portal.support.models import SupportTicket, TicketClock
from portal.support.seeing import lock_ticket
from portal.support.sweeping import note_breaches, sweep
from tests.cast import make_tenant, make_user
from tests.support.clocks import at
from tests.support.desk import make_ticket
from tests.support.levels import make_rule, then

# On SQLite whoever writes has the whole database, so a sweep has its turn before or after.
pytestmark = [pytest.mark.race, pytest.mark.one_database("postgresql")]


@pytest.fixture
def two(own_app) -> list[int]:
    """The ids of two tickets whose first response is due at eleven."""
    with own_app.app_context(), then(7, "10:00"):
        make_rule(resolution_s=None)
        una = make_user(make_tenant())
        found = [make_ticket(una).id for _ in range(2)]
        db.session.commit()
    return found


def swept(app) -> list[int]:
    """Whose breach is known after a sweep of another process, which gives up if it has to wait."""
    with app.app_context():
        db.session.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
        sweep({})
        db.session.commit()
        late = sa.select(TicketClock.ticket_id).where(TicketClock.breached_at == at(7, "11:00"))
        return list(db.session.scalars(late.order_by(TicketClock.ticket_id)))


def test_a_sweep_waits_for_nobody_and_the_next_one_finds_what_it_left(own_app, two):
    with then(7, "12:00"):
        with own_app.app_context():
            clocks_of(lock_ticket(db.session.get_one(SupportTicket, two[0])))
            assert swept(own_app) == two[1:]
            db.session.rollback()
        assert swept(own_app) == two


def test_two_sweeps_at_once_share_what_is_more_than_a_batch(own_app, two, monkeypatch):
    monkeypatch.setattr("portal.support.sweeping.AT_ONCE", 1)
    with then(7, "12:00"), own_app.app_context():
        assert note_breaches(at(7, "12:00")) == 1
        assert swept(own_app) == two[1:]
        db.session.commit()
        assert note_breaches(at(7, "12:00")) == 0
        late = sa.select(TicketClock.ticket_id).where(TicketClock.breached_at == at(7, "11:00"))
        assert set(db.session.scalars(late)) == set(two)


def test_two_sweeps_at_once_note_each_breach_once(own_app, two):
    with then(7, "12:00"), own_app.app_context():
        assert note_breaches(at(7, "12:00")) == 2
        with own_app.app_context():
            db.session.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
            assert note_breaches(at(7, "12:00")) == 0
        db.session.commit()
        assert note_breaches(at(7, "12:00")) == 0
