"""A ticket changes hands: what every way of it writes."""

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import SYSTEM, Actor
from portal.core.database import changed_rows, db
from portal.support import telling
from portal.support.awake import is_awake
from portal.support.history import note_event, target_of_ticket
from portal.support.models import SupportTicket
from portal.support.words import OPEN_STATUSES, Status

CLAIMABLE = (Status.NEW, Status.OPEN)
"""What an agent is given without being asked: the customer waits for us."""


def waiting() -> sa.ColumnElement[bool]:
    """Tickets that nobody has, that nobody hid, and on which it is our turn."""
    return sa.and_(
        SupportTicket.is_open,
        SupportTicket.assignee_id.is_(None),
        SupportTicket.status.in_(CLAIMABLE),
        is_awake(clock.now()),
    )


def claim(ticket: SupportTicket, *, agent_id: int, name: str) -> bool:
    """Compare and set: of many who want an open ticket that nobody has, one gets True."""
    mine = (
        sa.update(SupportTicket)
        .where(
            SupportTicket.id == ticket.id,
            SupportTicket.assignee_id.is_(None),
            SupportTicket.status.in_(OPEN_STATUSES),
        )
        .values(assignee_id=agent_id, assignee_name=name, version=SupportTicket.version + 1)
    )
    has_won = changed_rows(mine) == 1
    db.session.refresh(ticket)
    return has_won


def give(
    ticket: SupportTicket,
    *,
    by: Actor,
    agent_id: int | None,
    name: str | None,
    cause: str | None = None,
) -> None:
    """Give a locked ticket to an agent, or to nobody, and say so everywhere."""
    old = ticket.assignee_name
    ticket.assignee_id, ticket.assignee_name = agent_id, name
    ticket.version += 1
    say(ticket, by=by, old=old, cause=cause)


def give_by_itself(ticket: SupportTicket, *, agent_id: int, name: str, cause: str) -> None:
    """As `give`, where a rule of the desk chose the agent."""
    give(ticket, by=SYSTEM, agent_id=agent_id, name=name, cause=cause)


def say(ticket: SupportTicket, *, by: Actor, old: str | None, cause: str | None = None) -> None:
    """Write down that the ticket belongs to whom it names now, and tell them."""
    note_event(ticket, "assigned", by=by, old=old, new=ticket.assignee_name, cause=cause)
    record(
        Action.TICKET_ASSIGNED,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        changes={"assignee": (old, ticket.assignee_name)},
        meta={"assignee_id": ticket.assignee_id, **({"cause": cause} if cause else {})},
    )
    if ticket.assignee_id is not None:
        telling.ticket_assigned(by=by, ticket=ticket)
