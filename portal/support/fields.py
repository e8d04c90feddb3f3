"""Changing what a ticket is about. Two people who change different fields never meet."""

from collections.abc import Mapping
from typing import NamedTuple

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Conflict, DomainError
from portal.support import clocks
from portal.support.bodies import checked_subject
from portal.support.history import note_event, target_of_ticket
from portal.support.models import SupportTicket, TicketEvent
from portal.support.names import who_of_event
from portal.support.seeing import lock_ticket
from portal.support.statuses import set_status
from portal.support.words import Category, Priority, Status

TERMS = frozenset({"priority", "category"})
"""By these a rule of the service levels may choose a ticket."""
LABELS = {
    "subject": "subject",
    "priority": "priority",
    "category": "category",
    "status": "status",
}


class FieldConflict(Conflict):
    """Somebody changed the very same field meanwhile."""

    title = "Somebody was quicker"


class UnknownValue(DomainError):
    """Not one of the values that the field takes."""


class Wanted(NamedTuple):
    """A new value, and what stood there when the form was drawn; None asks for no guard."""

    new: str
    old: str | None = None


def change_fields(
    *, by: Actor, ticket: SupportTicket, wanted: Mapping[str, Wanted], cause: str | None = None
) -> list[str]:
    """Change `subject`, `priority` or `category`, those alone that are named. Which did change.

    `cause` as of `note_event`.

    Raises:
        FieldConflict: see the class (409); nothing of it is changed.
        UnknownValue, BadSubject: the value (422).
    """
    values = {name: _checked(name, value.new) for name, value in wanted.items()}
    lock_ticket(ticket)
    for name, value in wanted.items():
        _check_same(ticket, name, value.old, values[name])
    changed = [name for name, new in values.items() if getattr(ticket, name) != new]
    if not changed:
        return []
    now = clock.now()
    changes = {name: (getattr(ticket, name), values[name]) for name in changed}
    for name, (old, new) in changes.items():
        setattr(ticket, name, new)
        note_event(ticket, name, by=by, old=old, new=new, cause=cause, at=now)
    ticket.version += 1
    if TERMS & set(changed):
        clocks.terms_changed(ticket, now)
    record(
        Action.TICKET_CHANGED,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        # A subject is the customer's own words, and the ledger is for ever.
        changes={name: change for name, change in changes.items() if name != "subject"},
        meta={"fields": changed, **({"cause": cause} if cause else {})},
    )
    return changed


def change_status(
    *, by: Actor, ticket: SupportTicket, status: Status, old: Status | None = None
) -> bool:
    """Move the ticket by hand, if it still stands where the form saw it. False: it is there.

    Raises:
        FieldConflict, WrongMove: see the classes (409).
    """
    lock_ticket(ticket)
    _check_same(ticket, "status", old, status)
    return set_status(by=by, ticket=ticket, status=status)


def _checked(name: str, text: str) -> str:
    if name == "subject":
        return checked_subject(text)
    try:
        return Priority(text) if name == "priority" else Category(text)
    except ValueError as error:
        raise UnknownValue(f"Choose a {name} from the list.", field=name) from error


def _check_same(ticket: SupportTicket, name: str, old: str | None, new: str) -> None:
    """What one wanted and another made so already is no conflict."""
    present: str = getattr(ticket, name)
    if old is None or present in {old, new}:
        return
    who = _who_changed(ticket, name) or "Somebody"
    shown = present if name == "subject" else present.replace("_", " ")
    message = f"{who} changed the {LABELS[name]} to “{shown}” meanwhile. Yours was not saved."
    raise FieldConflict(message, field=name)


def _who_changed(ticket: SupportTicket, name: str) -> str | None:
    query = (
        sa.select(who_of_event())
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == name)
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    return db.session.scalar(query)
