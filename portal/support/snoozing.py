"""Hiding a ticket from the queues until later. No status: the clocks go on."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.errors import Conflict, DomainError
from portal.support.history import note_event, target_of_ticket
from portal.support.models import SupportTicket
from portal.support.seeing import lock_ticket

LONGEST = timedelta(days=365)
MORNING, EVENING = time(9), time(18)
MONDAY = 0


class BadMoment(DomainError):
    """Not between now and a year from now."""


class NothingToHide(Conflict):
    """The ticket is solved or closed: it stands in no queue."""


class Preset(NamedTuple):
    """A moment that is often wanted."""

    key: str
    label: str
    at: datetime


def presets(now: datetime, zone: ZoneInfo) -> list[Preset]:
    """In a person's own zone. An evening that has begun is no choice any more."""
    today = now.astimezone(zone).date()
    monday = today + timedelta(days=7 - (today.weekday() - MONDAY) % 7)
    found = [
        Preset("hour", "For an hour", now + timedelta(hours=1)),
        Preset("evening", "Until this evening", _local(today, EVENING, zone)),
        Preset("tomorrow", "Until tomorrow 9:00", _local(today + timedelta(days=1), MORNING, zone)),
        Preset("monday", "Until Monday 9:00", _local(monday, MORNING, zone)),
    ]
    return [one for one in found if one.at > now]


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def snooze(*, by: Actor, ticket: SupportTicket, until: datetime | None) -> None:
    """Hide the ticket until then; a customer's message wakes it earlier.

    Raises:
        BadMoment: see the class (422).
        NothingToHide: see the class (409).
    """
    now = clock.now()
    if until is None or not now < until <= now + LONGEST:
        raise BadMoment("Choose a time between now and a year from now.", field="until")
    lock_ticket(ticket)
    if not ticket.is_open:
        raise NothingToHide("Only a ticket that is open can be snoozed.")
    if ticket.snoozed_until != until:
        _set(by, ticket, until)


def wake(*, by: Actor, ticket: SupportTicket, cause: str | None = None) -> bool:
    """Show the ticket again. False: it was awake."""
    lock_ticket(ticket)
    if ticket.snoozed_until is None:
        return False
    _set(by, ticket, None, cause)
    return True


def _set(
    by: Actor, ticket: SupportTicket, until: datetime | None, cause: str | None = None
) -> None:
    old = _said(ticket.snoozed_until)
    ticket.snoozed_until = until
    ticket.version += 1
    note_event(ticket, "snoozed", by=by, old=old, new=_said(until), cause=cause)
    record(
        Action.TICKET_SNOOZED,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        changes={"snoozed_until": (old, _said(until))},
        meta={"cause": cause} if cause else None,
    )


def _said(at: datetime | None) -> str | None:
    return None if at is None else clock.timestamp(at)
