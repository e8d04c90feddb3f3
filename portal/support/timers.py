"""What happens to tickets by time alone: solved after silence, closed for good, awake again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles, recurring
from portal.staff.notices import notify
from portal.support.history import note_event
from portal.support.models import SupportTicket, TicketEvent
from portal.support.names import PORTAL
from portal.support.outgoing import mail_reply
from portal.support.statuses import BY_TIME, move
from portal.support.thread import add_message
from portal.support.words import AuthorType, MessageKind, Status

SILENCE = timedelta(days=14)
"""A customer who was asked something and says nothing for so long has what they need."""
RESTARTS = ("status", "snoozed", "woken")
"""What happens to a ticket that begins this time anew."""
COOLING = timedelta(days=7)
"""So long after its solution a ticket may still be taken up again; then it is closed."""
AT_ONCE = 100
KIND = "support.timers"
NO_ANSWER = (
    "We have not heard from you for {days} days, so we take it that this is solved. "
    "Is it not? Answer, and we go on."
)

_ticket = SupportTicket

recurring(KIND, every=timedelta(minutes=1))


@handles(KIND)
def run_timers(_payload: dict[str, Any]) -> None:
    """A hundred tickets of each sort, and the next job when there may be more."""
    now = clock.now()
    done = [_wake(now), _solve_silent(now), _close_solved(now)]
    if AT_ONCE in done:
        enqueue(KIND, {})


def _each(where: sa.ColumnElement[bool], order: Any, do: Callable[[SupportTicket], None]) -> int:
    """Lock what is due and do it. What another worker has under its hands is left to it."""
    query = (
        sa.select(SupportTicket)
        .where(where)
        .order_by(order, _ticket.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    found = db.session.scalars(query).all()
    for ticket in found:
        do(ticket)
    db.session.flush()
    return len(found)


def _wake(now: datetime) -> int:
    def wake(ticket: SupportTicket) -> None:
        until, ticket.snoozed_until = ticket.snoozed_until, None
        ticket.is_unread = True
        ticket.version += 1
        note_event(ticket, "woken", by=SYSTEM, old=str(until), cause=BY_TIME, at=now)
        if ticket.assignee_id is not None:
            notify(
                admin_id=ticket.assignee_id,
                kind="ticket.woken",
                # Without its subject: a notice outlives a customer's wish to be erased.
                text=f"{ticket.number} of {ticket.tenant_name} is back.",
                url=f"/support/tickets/{ticket.number}",
            )

    return _each(_ticket.snoozed_until <= now, _ticket.snoozed_until, wake)


def _solve_silent(now: datetime) -> int:
    """The customer reads why, once a ticket."""

    def solve(ticket: SupportTicket) -> None:
        notice = add_message(
            ticket,
            kind=MessageKind.PUBLIC,
            author=AuthorType.SYSTEM,
            body=NO_ANSWER.format(days=SILENCE.days),
            at=now,
            author_name=PORTAL,
        )
        mail_reply(ticket, notice)
        move(by=SYSTEM, ticket=ticket, status=Status.SOLVED, cause=BY_TIME, at=now)

    begun = sa.func.coalesce(_turned_to_customer(), _ticket.last_message_at)
    is_silent = sa.and_(
        _ticket.is_open,
        _ticket.status == Status.PENDING,
        # What has still to be woken gets its days from then.
        _ticket.snoozed_until.is_(None),
        _ticket.last_message_at <= now - SILENCE,
        begun <= now - SILENCE,
    )
    return _each(is_silent, _ticket.last_message_at, solve)


def _turned_to_customer() -> sa.ScalarSelect[datetime]:
    """When a ticket became what it is, or awake: silence before that was no answer to us.

    Asked by the ticket alone: by the kind, too, SQLite would gather the events of all tickets.
    """
    begun = sa.case((TicketEvent.kind.in_(RESTARTS), TicketEvent.at))
    latest = sa.select(sa.func.max(begun)).where(TicketEvent.ticket_id == _ticket.id)
    return latest.correlate(SupportTicket).scalar_subquery()


def _close_solved(now: datetime) -> int:
    def close(ticket: SupportTicket) -> None:
        move(by=SYSTEM, ticket=ticket, status=Status.CLOSED, cause=BY_TIME, at=now)

    is_cold = sa.and_(_ticket.status == Status.SOLVED, _ticket.solved_at <= now - COOLING)
    return _each(is_cold, _ticket.solved_at, close)
