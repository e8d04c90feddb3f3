"""What happened to a ticket: one row a change, in the change's own transaction."""

from datetime import datetime

from portal.audit.ledger import Target
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.support.models import SupportTicket, TicketEvent

LONGEST_VALUE = 500


def note_event(
    ticket: SupportTicket,
    kind: str,
    *,
    by: Actor,
    old: str | None = None,
    new: str | None = None,
    cause: str | None = None,
    at: datetime | None = None,
) -> None:
    """Add a row to the ticket's history. `cause` says why when nobody did it by hand."""
    db.session.add(
        TicketEvent(
            ticket_id=ticket.id,
            kind=kind,
            old=old[:LONGEST_VALUE] if old is not None else None,
            new=new[:LONGEST_VALUE] if new is not None else None,
            cause=cause,
            actor_type=by.type,
            actor_id=by.id,
            actor_label=by.label,
            at=at or clock.now(),
        )
    )


def target_of_ticket(ticket: SupportTicket) -> Target:
    """By its number: a subject may hold what a customer's person later asks to be erased."""
    return Target("ticket", ticket.number, ticket.number)
