"""The sweeper of the clocks: notes what broke, tells of it, and warns before.

It decides nothing: when a clock broke is in its row, and the row comes out the same however late
this runs, twice, or never. Whoever works on a ticket is not waited for: the next round finds it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import changed_rows, db
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles, recurring
from portal.support.business_time import whole_second
from portal.support.calendar_terms import calendar_of
from portal.support.clock_rows import Held, clocks_named, tell_breach
from portal.support.escalating import Escalation, escalate
from portal.support.models import SupportTeam, SupportTicket, TicketClock
from portal.support.models.levels import AHEAD, UNTOLD, UNWARNED

KIND = "support.sweep_clocks"
AT_ONCE = 500

recurring(KIND, every=timedelta(seconds=30))


@handles(KIND)
def sweep(_payload: dict[str, Any]) -> None:
    """Five hundred breaches are noted and told, five hundred warned of; what is left follows."""
    now = clock.now()
    if AT_ONCE in (note_breaches(now), tell_breaches(now), warn(now)):
        enqueue(KIND, {})


def note_breaches(now: datetime) -> int:
    """Write down what was due before now, the longest overdue first; how many that were.

    Without their tickets. After a month without a sweep they are tens of thousands: nobody who
    works on a ticket waits until all are written.
    """
    due = sa.select(TicketClock.id).where(AHEAD, TicketClock.due_at < whole_second(now))
    next_ones = due.order_by(TicketClock.due_at, TicketClock.id).limit(AT_ONCE)
    # Asked first: a LIMIT inside the UPDATE may be worked out again, and lock and note more.
    ids = db.session.scalars(next_ones.with_for_update(skip_locked=True)).all()
    if not ids:
        return 0
    late = sa.update(TicketClock).where(TicketClock.id.in_(ids))
    return changed_rows(late.values(breached_at=TicketClock.due_at))


def tell_breaches(now: datetime) -> int:
    """Record the next ones that nobody was told of, and escalate them."""
    untold = sa.select(TicketClock.id, TicketClock.ticket_id).where(UNTOLD)
    order = (TicketClock.breached_at, TicketClock.id)
    return _act("breach", untold.order_by(*order), UNTOLD, now)


def _tell(ticket: SupportTicket, held: Held, now: datetime) -> None:
    held.row.escalated_at = now
    tell_breach(ticket, held.row)


def warn(now: datetime) -> int:
    """Say that something is due soon, once a clock, and only while its people are at work."""
    soon = (UNWARNED, TicketClock.warn_at <= now, TicketClock.due_at >= whole_second(now))
    version = (TicketClock.calendar_id, TicketClock.calendar_version)
    found = db.session.execute(sa.select(*version).where(*soon).distinct()).all()
    at_work = [tuple(each) for each in found if calendar_of(each[0], each[1]).is_open(now)]
    if not at_work:
        return 0
    wanted = sa.select(TicketClock.id, TicketClock.ticket_id).where(
        *soon, sa.tuple_(*version).in_(at_work)
    )
    order = (TicketClock.warn_at, TicketClock.id)
    return _act("warning", wanted.order_by(*order), UNWARNED, now)


def _warn(_ticket: SupportTicket, held: Held, now: datetime) -> None:
    held.row.warned_at = now


MARKS: dict[str, Callable[[SupportTicket, Held, datetime], None]] = {
    "breach": _tell,
    "warning": _warn,
}


def _act(moment: str, wanted: sa.Select[int, int], still: sa.TextClause, now: datetime) -> int:
    """How many were found. The tickets are locked before their clocks, as everywhere."""
    found = db.session.execute(wanted.limit(AT_ONCE)).all()
    tickets = {ticket.id: ticket for ticket in _free([ticket_id for _, ticket_id in found])}
    ids = [clock_id for clock_id, ticket_id in found if ticket_id in tickets]
    held = clocks_named(ids, still) if ids else []
    leads = _leads(tickets.values()) if held else {}
    for each in held:
        MARKS[moment](tickets[each.row.ticket_id], each, now)
    for each in held:
        ticket = tickets[each.row.ticket_id]
        escalate(Escalation(ticket, each, moment, now, leads.get(ticket.team_id or 0)))
    db.session.flush()
    return len(found)


def _free(ids: Sequence[int]) -> Sequence[SupportTicket]:
    query = sa.select(SupportTicket).where(SupportTicket.id.in_(set(ids)))
    free = query.order_by(SupportTicket.id).with_for_update(skip_locked=True)
    return db.session.scalars(free.execution_options(populate_existing=True)).all()


def _leads(tickets: Iterable[SupportTicket]) -> dict[int, int]:
    teams = {ticket.team_id for ticket in tickets if ticket.team_id is not None}
    query = sa.select(SupportTeam.id, SupportTeam.lead_id).where(
        SupportTeam.id.in_(teams), SupportTeam.lead_id.is_not(None)
    )
    return {team_id: lead_id for team_id, lead_id in db.session.execute(query) if lead_id}
