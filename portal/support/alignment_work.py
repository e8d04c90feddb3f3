"""The worker's side of an edit: the clocks of open tickets follow it, a batch at a time."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles
from portal.support.alignment import KIND
from portal.support.clock_math import ClockState
from portal.support.clock_rows import clocks_of_all
from portal.support.clock_terms import align
from portal.support.models import SupportTicket, TicketClock
from portal.support.rule_terms import levels_in_force

AT_ONCE = 200
LIVE = (ClockState.RUNNING, ClockState.PAUSED)


@handles(KIND)
def bring_in_line(payload: dict[str, Any]) -> None:
    """The next tickets, and the job for those after them; at the end the one event of the edit."""
    ids = _next_ids(payload)
    count = payload["count"] + align_tickets(ids)
    if len(ids) == AT_ONCE:
        enqueue(KIND, {**payload, "after": ids[-1], "count": count})
        return
    kind, actor_id, label, role = payload["by"]
    record(
        Action.SLA_CLOCKS_REWRITTEN,
        by=Actor(ActorType(kind), actor_id, label, role),
        target=Target(*payload["target"]),
        meta={"count": count},
    )


def align_tickets(ids: Sequence[int]) -> int:
    """How many of their clocks were rewritten, ended or started."""
    if not ids:
        return 0
    query = sa.select(SupportTicket).where(SupportTicket.id.in_(ids)).order_by(SupportTicket.id)
    locked = query.with_for_update().execution_options(populate_existing=True)
    tickets = db.session.scalars(locked).all()
    return align(clocks_of_all(tickets), levels_in_force(), clock.now())


def tickets_running_by(rule_id: int, most: int) -> list[int]:
    """Those with a live clock that runs by this rule, the oldest tickets first."""
    return _next_ids({"rule_id": rule_id, "calendar_id": None, "after": 0}, most)


def _next_ids(payload: dict[str, Any], most: int = AT_ONCE) -> list[int]:
    rule_id, calendar_id, after = payload["rule_id"], payload["calendar_id"], payload["after"]
    if rule_id is None and calendar_id is None:
        opened = sa.select(SupportTicket.id).where(SupportTicket.is_open, SupportTicket.id > after)
        return list(db.session.scalars(opened.order_by(SupportTicket.id).limit(most)))
    by = (
        TicketClock.rule_id == rule_id
        if rule_id is not None
        else TicketClock.calendar_id == calendar_id
    )
    running = (
        sa.select(TicketClock.ticket_id)
        .where(by, TicketClock.state.in_(LIVE), TicketClock.ticket_id > after)
        .distinct()
    )
    return list(db.session.scalars(running.order_by(TicketClock.ticket_id).limit(most)))
