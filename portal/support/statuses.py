"""The status of a ticket: which may follow which, and what a change brings with it."""

from dataclasses import dataclass
from datetime import datetime

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.errors import Conflict
from portal.support import clocks, outgoing
from portal.support.clock_rows import TicketClocks
from portal.support.correspondence import Correspondence
from portal.support.draining import drain
from portal.support.history import note_event, target_of_ticket
from portal.support.load import is_lighter
from portal.support.models import SupportTicket
from portal.support.words import Status

WORKING = frozenset({Status.OPEN, Status.PENDING, Status.ON_HOLD, Status.SOLVED, Status.SPAM})
BY_HAND: dict[Status, frozenset[Status]] = {
    Status.NEW: WORKING | {Status.DELETED},
    Status.OPEN: WORKING | {Status.DELETED},
    Status.PENDING: WORKING | {Status.DELETED},
    Status.ON_HOLD: WORKING | {Status.DELETED},
    Status.SOLVED: frozenset({Status.OPEN, Status.CLOSED, Status.SPAM, Status.DELETED}),
    Status.CLOSED: frozenset(),
    Status.SPAM: frozenset({Status.OPEN, Status.DELETED}),
    Status.DELETED: frozenset({Status.OPEN}),
    Status.MERGED: frozenset(),
}
"""From each status, those that a person may choose. Merging has deeds of its own."""
BY_TIME = "timer"
"""The cause of what time alone did."""


class WrongMove(Conflict):
    """The ticket's status does not lead there."""


def may_become(ticket: SupportTicket) -> list[Status]:
    """What a person may choose now, in the order of the list of statuses."""
    allowed = BY_HAND[Status(ticket.status)]
    return [status for status in Status if status in allowed]


@dataclass(frozen=True, slots=True)
class AtHand:
    """What a deed has read of its locked ticket, so that it is not read again."""

    book: TicketClocks
    correspondence: Correspondence


def set_status(
    *,
    by: Actor,
    ticket: SupportTicket,
    status: Status,
    cause: str | None = None,
    at_hand: AtHand | None = None,
) -> bool:
    """Move a locked ticket by hand. False: it is there already. `at_hand` as in `move`.

    Raises:
        WrongMove: see the class.
    """
    if ticket.status == status:
        return False
    if status not in BY_HAND[Status(ticket.status)]:
        raise WrongMove(_why_not(ticket, status), field="status")
    move(by=by, ticket=ticket, status=status, cause=cause, at_hand=at_hand)
    return True


def _why_not(ticket: SupportTicket, status: Status) -> str:
    present = Status(ticket.status)
    if present is Status.CLOSED:
        return "A closed ticket stays closed. Open a follow-up instead."
    if present is Status.MERGED:
        return "This ticket was merged. Work on the one it was merged into, or undo the merge."
    return f"A ticket that is {present.label.lower()} cannot become {status.label.lower()}."


def move(
    *,
    by: Actor,
    ticket: SupportTicket,
    status: Status,
    cause: str | None = None,
    at: datetime | None = None,
    at_hand: AtHand | None = None,
) -> None:
    """Move a locked ticket, whatever the table says: for the desk's own rules.

    `at_hand` comes with an answer to its customer.
    """
    now, old = at or clock.now(), Status(ticket.status)
    ticket.status, ticket.is_open = status, status.is_open
    ticket.version += 1
    _stamp(ticket, old, status, now)
    note_event(ticket, "status", by=by, old=old, new=status, cause=cause, at=now)
    clocks.status_changed(ticket, old, status, now, at_hand.book if at_hand else None)
    if cause != BY_TIME:  # its notice is mail enough for one minute
        outgoing.status_moved(ticket, old, status, at_hand.correspondence if at_hand else None)
    record(
        Action.TICKET_STATUS_CHANGED,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        changes={"status": (old.value, status.value)},
        meta={"cause": cause} if cause else None,
    )
    if ticket.assignee_id is not None and is_lighter(status, old):
        drain(agent_id=ticket.assignee_id)


def _stamp(ticket: SupportTicket, old: Status, status: Status, now: datetime) -> None:
    if status is Status.SOLVED:
        ticket.solved_at = now
        ticket.first_solved_at = ticket.first_solved_at or now
    if status is Status.CLOSED:
        ticket.closed_at = now
    if not status.is_open:
        ticket.waiting_since, ticket.is_unread, ticket.snoozed_until = None, False, None
    if status.is_open and old is Status.SOLVED:
        ticket.reopened_count += 1
