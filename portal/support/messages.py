"""Messages: what a customer wrote, what an agent answered, and notes that never leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db
from portal.core.errors import Conflict
from portal.core.staleness import Stale
from portal.customers.models import User
from portal.mail.outbox import posted_together
from portal.staff.models import Admin
from portal.support import attachments, clocks, drafts, outgoing, telling
from portal.support.assignment import assign_on_reply, release_from_absent
from portal.support.attachments import Upload
from portal.support.bodies import checked_body
from portal.support.clock_rows import clocks_of
from portal.support.correspondence import correspondence_of
from portal.support.history import target_of_ticket
from portal.support.models import SupportMessage, SupportTicket
from portal.support.seeing import lock_ticket
from portal.support.statuses import AtHand, move, set_status
from portal.support.thread import (
    add_message,
    new_message,
    newer_than,
    sent_before,
    show_last,
)
from portal.support.words import AuthorType, MessageKind, Status


class Author(Protocol):
    """Whoever of ours writes: a person's row, or the person behind a request."""

    @property
    def id(self) -> int: ...

    @property
    def name(self) -> str: ...


REOPEN_WINDOW = timedelta(days=14)


class StaleSend(Stale):
    """Somebody wrote a public message that the sender has not seen."""

    title = "There is something new"

    def __init__(self, newer: Sequence[SupportMessage]) -> None:
        super().__init__("Somebody wrote since you opened this. Read it, then send yours.")
        self.newer = newer


class NotWritable(Conflict):
    """Nobody writes into a ticket in this state."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message in its ticket. `is_new` is False when the same form was sent before.

    The ticket may be another one than was written to: the one it was merged into, or a follow-up.
    """

    message: SupportMessage
    ticket: SupportTicket
    is_new: bool = True


def reply(
    *,
    by: Actor,
    ticket: SupportTicket,
    author: Author,
    body: str,
    status: Status | None = None,
    seen_message_id: int | None = None,
    send_anyway: bool = False,
    submit_key: str | None = None,
    uploads: Sequence[Upload] = (),
    draft_seen: Sequence[str] | None = None,
) -> Sent:
    """Answer the customer publicly, by mail too, and move the ticket to `status`.

    `seen_message_id` is the newest public message that the sender had before them; None asks for
    no guard. `submit_key` makes a second press of the button the same message. What was composed
    on the ticket's page consumes the draft that it had seen (as in `save_draft`); without
    `draft_seen`, as a macro or a program answers, the author's draft stays.

    Raises:
        BadBody, BadAttachment: what was written or attached (422).
        StaleSend: there is a newer public message (409); `send_anyway` sends all the same.
        NotWritable: the ticket is closed, merged, spam or deleted (409).
    """
    text = checked_body(body)
    lock_ticket(ticket)
    known = correspondence_of(ticket, admin_id=author.id, submit_key=submit_key)
    if known.sent_id is not None:
        return Sent(db.session.get_one(SupportMessage, known.sent_id), ticket, is_new=False)
    _check_writable(ticket)
    newer = newer_than(ticket, seen_message_id)
    if newer and not send_anyway:
        raise StaleSend(newer)
    at_hand = AtHand(clocks_of(ticket), known)
    if draft_seen is not None and known.draft is not None:
        drafts.consume(
            ticket, author.id, MessageKind.PUBLIC, present=known.draft, seen=draft_seen, sent=text
        )
    message = new_message(
        ticket,
        id=known.next_id,
        kind=MessageKind.PUBLIC,
        author=AuthorType.AGENT,
        body=text,
        at=clock.now(),
        submit_key=submit_key,
        author_admin_id=author.id,
        author_name=author.name,
    )
    with db.session.no_autoflush, posted_together():
        letters = _answered(by, ticket, message, status, at_hand, uploads)
        telling.message_added(
            by=by, ticket=ticket, message=message, watchers=known.watchers, told=known.told
        )
        record(
            Action.TICKET_REPLIED,
            by=by,
            target=target_of_ticket(ticket),
            tenant_id=ticket.tenant_id,
            meta={"message_id": message.id, **({"sent_anyway": True} if newer else {})},
        )
    outgoing.settle(ticket, message, letters)
    return Sent(message, ticket)


def _answered(
    by: Actor,
    ticket: SupportTicket,
    message: SupportMessage,
    status: Status | None,
    at_hand: AtHand,
    uploads: Sequence[Upload],
) -> outgoing.Letters:
    """What an answer does to its locked ticket; the message itself is stored with its mail."""
    show_last(ticket, message)
    if uploads:
        db.session.add(message)
        db.session.flush()
        attachments.attach(message, uploads)
    now = message.created_at
    clocks.agent_replied(at_hand.book, now, then=status)
    ticket.waiting_since, ticket.is_unread = None, False
    ticket.first_response_at = ticket.first_response_at or now
    known = at_hand.correspondence
    assign_on_reply(by=by, ticket=ticket, author_id=message.author_admin_id or 0, known=known.agent)
    letters = outgoing.write_letters(ticket, message, known, has_files=bool(uploads))
    wanted = status or (Status.OPEN if ticket.status == Status.NEW else None)
    if wanted is not None:
        cause = None if status else "replied"
        set_status(by=by, ticket=ticket, status=wanted, cause=cause, at_hand=at_hand)
    return letters


def add_note(
    *,
    by: Actor,
    ticket: SupportTicket,
    author: Admin | None,
    body: str,
    submit_key: str | None = None,
    uploads: Sequence[Upload] = (),
    draft_seen: Sequence[str] | None = None,
) -> Sent:
    """Write an internal note; whoever is mentioned in it by `@name` is told.

    Without an author the portal itself wrote it. Raises as `reply`, but never `StaleSend`.
    """
    text = checked_body(body)
    lock_ticket(ticket)
    known = sent_before(ticket, submit_key)
    if known is not None:
        return Sent(known, ticket, is_new=False)
    message = add_message(
        ticket,
        kind=MessageKind.NOTE,
        author=AuthorType.AGENT if author else AuthorType.SYSTEM,
        body=text,
        at=clock.now(),
        submit_key=submit_key,
        author_admin_id=author.id if author else None,
        author_name=author.name if author else by.label,
    )
    attachments.attach(message, uploads)
    if author is not None and draft_seen is not None:
        present = drafts.draft_of(ticket, author.id, MessageKind.NOTE) or ""
        drafts.consume(
            ticket, author.id, MessageKind.NOTE, present=present, seen=draft_seen, sent=text
        )
    telling.message_added(by=by, ticket=ticket, message=message)
    record(
        Action.TICKET_NOTED,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        meta={"message_id": message.id},
    )
    return Sent(message, ticket)


def customer_message(
    *,
    by: Actor,
    ticket: SupportTicket,
    author: User,
    body: str,
    submit_key: str | None = None,
    uploads: Sequence[Upload] = (),
) -> Sent:
    """What a customer wrote to a ticket that is open, or was solved less than 14 days ago.

    It wakes the ticket and takes it back to open. Where a ticket was merged the caller follows it
    first, and past the window opens a follow-up (`portal.support.follow_ups`).

    Raises:
        BadBody, BadAttachment: what was written or attached (422).
        NotWritable: as in `reply`.
    """
    text = checked_body(body)
    lock_ticket(ticket)
    known = sent_before(ticket, submit_key)
    if known is not None:
        return Sent(known, ticket, is_new=False)
    _check_writable(ticket)
    now = clock.now()
    message = add_message(
        ticket,
        kind=MessageKind.PUBLIC,
        author=AuthorType.CUSTOMER,
        body=text,
        at=now,
        submit_key=submit_key,
        author_user_id=author.id,
        author_name=author.name,
    )
    attachments.attach(message, uploads)
    wake_by_customer(ticket, now)
    telling.message_added(by=by, ticket=ticket, message=message)
    record(
        Action.TICKET_CUSTOMER_WROTE,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        meta={"message_id": message.id},
    )
    return Sent(message, ticket)


def wake_by_customer(ticket: SupportTicket, now: datetime) -> None:
    """A locked ticket is open and awake again because its customer wrote."""
    ticket.snoozed_until = None
    was_solved = ticket.status == Status.SOLVED
    if ticket.status in {Status.PENDING, Status.ON_HOLD, Status.SOLVED}:
        move(by=SYSTEM, ticket=ticket, status=Status.OPEN, cause="customer_replied", at=now)
    ticket.waiting_since = ticket.waiting_since or now
    ticket.is_unread = True
    clocks.customer_wrote(ticket, now)
    if was_solved:
        release_from_absent(ticket=ticket)


def _check_writable(ticket: SupportTicket) -> None:
    if not Status(ticket.status).is_open and ticket.status != Status.SOLVED:
        raise NotWritable(
            f"This ticket is {Status(ticket.status).label.lower()}: nobody writes to it any more."
        )
