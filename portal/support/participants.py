"""People beside the requester who get and may write public messages."""

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import DomainError, NotFound
from portal.customers.models import User
from portal.customers.naming import address_key, checked_address
from portal.support.copies import whose
from portal.support.history import note_event, target_of_ticket
from portal.support.models import SupportTicket, TicketParticipant
from portal.support.seeing import lock_ticket

MOST = 20


class BadParticipant(DomainError):
    """They get every message already, or there are too many."""


def add_participant(*, by: Actor, ticket: SupportTicket, email: str) -> TicketParticipant:
    """Send copies of public messages there from now on. A user of the tenant is known by it.

    Raises:
        BadEmail: no address (422).
        BadParticipant: the requester, a twenty-first, or an address that somebody took part by who
            has another one by now (422).
    """
    address = checked_address(email)
    lock_ticket(ticket)
    if address.key == address_key(ticket.requester_email):
        raise BadParticipant("The requester gets every message anyway.", field="email")
    present, user = _participants(ticket), _user_of(ticket, address.key)
    for one in present:
        if user is not None and one.user_id == user.id:
            return one
    for one in present:
        if one.email_key == address.key:
            return _still_theirs(one)
    if len(present) >= MOST:
        raise BadParticipant(f"A ticket takes at most {MOST} participants.", field="email")
    row = TicketParticipant(
        ticket_id=ticket.id,
        user_id=user.id if user else None,
        name=user.name if user else address.address.partition("@")[0][:200],
        email=address.address,
        email_key=address.key,
        added_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    _note(by, ticket, row, (None, row.email))
    return row


def remove_participant(*, by: Actor, ticket: SupportTicket, participant_id: int) -> None:
    """Send no copies there any more.

    Raises:
        NotFound: nobody of that number takes part (any more).
    """
    lock_ticket(ticket)
    row = next((one for one in _participants(ticket) if one.id == participant_id), None)
    if row is None:
        raise NotFound("They do not take part in this ticket any more.")
    user = db.session.get(User, row.user_id) if row.user_id else None
    db.session.delete(row)
    _note(by, ticket, row, (user.email if user else row.email, None))


def _participants(ticket: SupportTicket) -> list[TicketParticipant]:
    query = sa.select(TicketParticipant).filter_by(ticket_id=ticket.id)
    return list(db.session.scalars(query.order_by(TicketParticipant.id)))


def _still_theirs(row: TicketParticipant) -> TicketParticipant:
    user = db.session.get(User, row.user_id) if row.user_id else None
    if user is not None and user.email_key != row.email_key:
        raise BadParticipant(
            f"{user.name} took part by this address and has another one now: copies go there. "
            "Remove them first, then add both.",
            field="email",
        )
    return row


def _user_of(ticket: SupportTicket, key: str) -> User | None:
    found = whose(key, ticket.tenant_id).scalar_subquery()
    return db.session.scalars(sa.select(User).where(User.id == found)).first()


def _note(
    by: Actor, ticket: SupportTicket, row: TicketParticipant, address: tuple[str | None, str | None]
) -> None:
    """The address before and after, of which the history has one: as people read it now."""
    old, new = address
    ticket.version += 1
    note_event(ticket, "participants", by=by, old=old, new=new)
    record(
        Action.TICKET_CHANGED,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        # By number: an address may have to be forgotten, the ledger forgets nothing.
        changes={"participant": (row.id if old else None, row.id if new else None)},
        meta={"user_id": row.user_id} if row.user_id else None,
    )
