"""Whatever happens to a ticket, and whenever the sweeper comes by: its clocks end up the same."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.roles import Role
from portal.customers.models import User
from portal.staff.models import Admin
from portal.support import clocks
from portal.support.models import SupportTicket, TicketClock
from portal.support.seeing import lock_ticket
from portal.support.statuses import set_status
from portal.support.sweeping import sweep
from portal.support.words import Priority, Status
from tests.cast import make_admin, make_tenant, make_user
from tests.ledger import events
from tests.staff.test_races import together
from tests.support.clocks import HOUR, at
from tests.support.desk import answer, customer_writes, make_agent, make_ticket
from tests.support.levels import FIRST, make_calendar, make_rule, meta, then

LOOSE = {"id", "ticket_id", "superseded_by", "warned_at", "escalated_at"}
AT_ONCE = 8
MOVES = (Status.OPEN, Status.PENDING, Status.ON_HOLD, Status.SOLVED)
History = list[tuple[timedelta, str]]


@pytest.fixture
def desk(app, acme, bea):
    """Two levels, and Bea who answers."""
    calendar = make_calendar()
    make_rule(calendar, priority="urgent", resolution_s=2 * HOUR, next_response_s=HOUR // 2)
    make_rule(calendar, pauses_on_hold=True)
    make_user(acme)
    make_agent(bea)
    db.session.commit()
    return bea


def history(seed: int) -> History:
    """What happens, each some minutes or hours after the one before."""
    dice, deeds = (
        Random(seed),
        [*(each.value for each in MOVES), "reply", "write", "raise", "lower"],
    )
    steps = [(timedelta(seconds=dice.randint(1, 9 * HOUR)), dice.choice(deeds)) for _ in range(10)]
    return [*steps, (timedelta(days=2), "solved")]


def do(ticket: SupportTicket, deed: str, bea: Admin) -> None:
    lock_ticket(ticket)
    if deed == "reply":
        answer(ticket, bea)
    elif deed == "write":
        customer_writes(ticket)
    elif deed in {"raise", "lower"}:
        ticket.priority = Priority.URGENT if deed == "raise" else Priority.MEDIUM
        clocks.terms_changed(ticket, clock.now())
    else:
        set_status(by=SYSTEM, ticket=ticket, status=Status(deed))


def played(steps: History, bea: Admin, sweeps: Callable[[int], int]) -> list[tuple]:
    """The rows of the clocks afterwards; the sweeper came so often after each step."""
    now = at(7, "10:00")
    with clock.standing_at(now):
        ticket = make_ticket(db.session.scalars(sa.select(User)).first())
    for number, (pause, deed) in enumerate(steps):
        now += pause
        with clock.standing_at(now):
            for _ in range(sweeps(number)):
                sweep({})
            try:
                with db.session.begin_nested():
                    do(ticket, deed, bea)
            except DomainError:
                continue
    db.session.flush()
    kept = [each for each in TicketClock.__table__.columns if each.name not in LOOSE]
    found = db.session.execute(sa.select(*kept).order_by(TicketClock.id)).all()
    db.session.rollback()
    return [tuple(each) for each in found]


@pytest.mark.parametrize("seed", range(12))
def test_the_time_of_a_sweep_changes_no_stored_value(desk, seed):
    steps = history(seed)
    never = played(steps, desk, lambda _: 0)
    assert len(never) >= 2
    assert played(steps, desk, lambda _: 2) == never
    assert played(steps, desk, lambda number: number % 3 == 0) == never


@pytest.fixture
def tickets_at(own_app):
    """Tickets of Wednesday at ten, in a database where transactions are real."""
    with own_app.app_context():
        make_rule()
        user = make_user(make_tenant())
        make_agent(make_admin("Bea", Role.SUPPORT_AGENT))
        with then(7, "10:00"):
            ids = [make_ticket(user).id for _ in range(AT_ONCE)]
        db.session.commit()
    return ids


@pytest.mark.race
@pytest.mark.parametrize(("text", "state"), [("11:00:00", "met"), ("11:00:05", "missed")])
def test_a_sweep_and_a_reply_at_once_agree(own_app, tickets_at, text, state):
    def work(number: int) -> None:
        with own_app.app_context(), then(7, "11:00:10" if number % 2 else text):
            if number % 2:
                sweep({})
            else:
                bea = db.session.scalars(sa.select(Admin)).one()
                answer(db.session.get_one(SupportTicket, tickets_at[number // 2]), bea)
            db.session.commit()

    together(work, 2 * AT_ONCE)
    with own_app.app_context():
        found = db.session.scalars(sa.select(TicketClock).filter_by(metric=FIRST)).all()
        assert {(one.state, one.breached_at) for one in found} == {
            (state, at(7, "11:00") if state == "missed" else None)
        }
        told = [event for event in events("ticket.sla_breached") if meta(event)["metric"] == FIRST]
        assert state == "met" or len(told) == AT_ONCE


@pytest.mark.race
def test_many_sweepers_tell_each_breach_once(own_app, tickets_at):
    def work(_number: int) -> None:
        with own_app.app_context(), then(7, "12:00"):
            sweep({})
            db.session.commit()

    together(work, AT_ONCE)
    work(0)
    with own_app.app_context():
        assert len(events("ticket.sla_breached")) == AT_ONCE
