"""What happens to tickets by time alone."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.staff.models import Notice
from portal.support import timers
from portal.support.models import SupportMessage
from portal.support.seeing import lock_ticket
from portal.support.snoozing import snooze, wake
from portal.support.statuses import move, set_status
from portal.support.timers import COOLING, SILENCE, run_timers
from portal.support.words import AuthorType, MessageKind, Status
from tests.cast import actor, make_user
from tests.support.desk import answer, customer_writes, make_agent, make_ticket
from tests.support.letters import mails

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def ticket(acme):
    return make_ticket(make_user(acme))


def later(by: timedelta):
    return clock.standing_at(clock.now() + by)


def status_after(by: timedelta, ticket):
    """As the timers leave it then."""
    with later(by):
        run_timers({})
    return ticket.status


def test_a_sleeping_ticket_wakes_at_its_time_and_tells_its_agent(ticket, bea):
    make_agent(bea)
    ticket.assignee_id = bea.id
    ticket.snoozed_until = clock.now() + timedelta(hours=1)
    run_timers({})
    assert ticket.snoozed_until is not None
    with later(timedelta(hours=1)):
        run_timers({})
        run_timers({})
    assert (ticket.snoozed_until, ticket.is_unread) == (None, True)
    texts = db.session.scalars(sa.select(Notice.text).where(Notice.kind == "ticket.woken")).all()
    assert texts == [f"{ticket.number} of Acme is back."]


def test_silence_of_the_customer_solves_a_pending_ticket_with_one_public_word(ticket, bea):
    answer(ticket, bea, status=Status.PENDING)
    with later(SILENCE - timedelta(seconds=1)):
        run_timers({})
        assert ticket.status == Status.PENDING
    with later(SILENCE):
        run_timers({})
        run_timers({})
    assert ticket.status == Status.SOLVED
    query = sa.select(SupportMessage).where(SupportMessage.author_type == AuthorType.SYSTEM)
    words = db.session.scalars(query).one()
    assert (words.kind, "14 days" in words.body) == (MessageKind.PUBLIC, True)
    # The notice is all that they get: no question how it was beside it.
    assert (len(mails()), mails("ticket_solved")) == (2, [])


def test_what_we_left_lying_is_given_its_days_once_it_is_pending(ticket, bea):
    with later(20 * DAY):
        lock_ticket(ticket)
        set_status(by=actor(bea), ticket=ticket, status=Status.PENDING)
    assert status_after(20 * DAY + SILENCE - DAY, ticket) == Status.PENDING
    assert status_after(20 * DAY + SILENCE + DAY, ticket) == Status.SOLVED


def test_the_days_begin_anew_when_it_is_pending_again(ticket, bea):
    answer(ticket, bea, status=Status.PENDING)
    with later(10 * DAY):
        for status in (Status.OPEN, Status.PENDING):
            set_status(by=actor(bea), ticket=ticket, status=status)
    assert status_after(SILENCE + DAY, ticket) == Status.PENDING
    assert status_after(10 * DAY + SILENCE + DAY, ticket) == Status.SOLVED


def test_what_slept_is_given_its_days_from_its_waking(ticket, bea):
    answer(ticket, bea, status=Status.PENDING)
    snooze(by=actor(bea), ticket=ticket, until=clock.now() + 20 * DAY)
    assert status_after(20 * DAY + HOUR, ticket) == Status.PENDING
    assert ticket.snoozed_until is None
    assert status_after(20 * DAY + SILENCE, ticket) == Status.PENDING
    assert status_after(20 * DAY + SILENCE + 2 * HOUR, ticket) == Status.SOLVED


def test_what_was_woken_by_hand_is_given_its_days_from_then(ticket, bea):
    answer(ticket, bea, status=Status.PENDING)
    snooze(by=actor(bea), ticket=ticket, until=clock.now() + 20 * DAY)
    with later(15 * DAY):
        wake(by=actor(bea), ticket=ticket)
    assert status_after(15 * DAY + HOUR, ticket) == Status.PENDING
    assert status_after(15 * DAY + SILENCE + HOUR, ticket) == Status.SOLVED


@pytest.mark.parametrize("days", [20, 60])
def test_what_waits_for_its_turn_to_wake_is_not_solved_before(acme, bea, monkeypatch, days):
    """As when no worker ran for a while."""
    monkeypatch.setattr(timers, "AT_ONCE", 1)
    uma = make_user(acme)
    tickets = [make_ticket(uma) for _ in range(2)]
    for each in tickets:
        answer(each, bea, status=Status.PENDING)
        snooze(by=actor(bea), ticket=each, until=clock.now() + 20 * DAY)
    with later(days * DAY + HOUR):
        for _ in range(3):
            run_timers({})
    assert [(each.status, each.snoozed_until) for each in tickets] == [(Status.PENDING, None)] * 2


def test_a_ticket_that_waits_for_us_is_never_solved_by_time(ticket, bea):
    answer(ticket, bea, status=Status.PENDING)
    customer_writes(ticket)
    with later(2 * SILENCE):
        run_timers({})
    assert ticket.status == Status.OPEN


def test_a_solved_ticket_is_closed_after_seven_days(ticket):
    move(by=SYSTEM, ticket=ticket, status=Status.SOLVED)
    with later(COOLING - timedelta(seconds=1)):
        run_timers({})
        assert ticket.status == Status.SOLVED
    with later(COOLING):
        run_timers({})
    assert (ticket.status, ticket.closed_at is not None) == (Status.CLOSED, True)


def test_more_than_a_hundred_are_done_by_the_next_job(acme, monkeypatch):
    monkeypatch.setattr(timers, "AT_ONCE", 2)
    uma = make_user(acme)
    tickets = [make_ticket(uma) for _ in range(5)]
    for each in tickets:
        move(by=SYSTEM, ticket=each, status=Status.SOLVED)
    with later(COOLING):
        for _ in range(3):
            run_timers({})
    assert {each.status for each in tickets} == {Status.CLOSED}
