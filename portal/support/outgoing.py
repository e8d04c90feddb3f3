"""What the desk mails to customers: public messages, and the question how it was."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portal.config import settings
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.customers.models import User
from portal.mail.messages import Conversation, MailFile, NoMailAddress
from portal.mail.models import EmailLog
from portal.mail.outbox import Cause, queue_mail, withdraw
from portal.support.attachments import bytes_of
from portal.support.bodies import html_of
from portal.support.mail_ids import new_message_id, reply_address
from portal.support.models import (
    MessageAttachment,
    SupportAgent,
    SupportMessage,
    SupportTicket,
    TicketParticipant,
)
from portal.support.quoting import place_of, quotes
from portal.support.ratings import is_worth_rating, rating_token
from portal.support.thread import add_message
from portal.support.words import AuthorType, MessageKind, Status

MESSAGE = "support_message"
SOLVED = "ticket_solved"
UNDO_HOLD = timedelta(seconds=10)  # of the 5, 10, 20 and 30 that Gmail's "Undo send" offers
SOLVED_HOLD = timedelta(seconds=60)
"""The question how it was waits longer, so that it never overtakes the answer itself."""
MOST_MAILED = 7 * 1024 * 1024
"""Base64 makes a third more of it, and Postfix takes 10,240,000 bytes unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person who gets the public messages of a ticket."""

    name: str
    email: str
    is_requester: bool = False


def mail_reply(ticket: SupportTicket, message: SupportMessage) -> None:
    """Queue a public message for the requester and each participant, one mail a person.

    It waits ten seconds, so that its author can take it back. Only what a person wrote goes out
    without the marks of automatic mail.
    """
    people = list(recipients(ticket))
    if message.kind != MessageKind.PUBLIC or not people:
        return
    files, left_out = _files(message)
    place = place_of(ticket)
    message.mail_references = list(place.references)
    conversation = Conversation(
        in_reply_to=place.in_reply_to,
        references=place.references,
        reply_to=reply_address(ticket.id),
        by_hand=message.author_type == AuthorType.AGENT,
        files=files,
    )
    context = {
        "number": ticket.number,
        "about": ticket.subject,
        "lines": message.body.split("\n"),
        "html": html_of(message.body),
        "signature": _signature(message),
        "quotes": quotes(ticket, before=message.id),
        "left_out": left_out,
        "may_answer": bool(settings().support_address),
    }
    for person in people:
        mail = _queue(ticket, message, person, conversation, context)
        if mail is not None and person.is_requester:
            message.email_log_id, message.mail_message_id = mail.id, mail.message_id


def recipients(ticket: SupportTicket) -> Iterator[Recipient]:
    """The requester, unless they were erased, and whoever takes part; each address once."""
    requester = db.session.get_one(User, ticket.requester_id)
    if requester.erased_at is None:
        yield Recipient(requester.name, requester.email, is_requester=True)
    query = sa.select(TicketParticipant).where(
        TicketParticipant.ticket_id == ticket.id,
        TicketParticipant.email_key != requester.email_key,
    )
    for one in db.session.scalars(query.order_by(TicketParticipant.id)):
        yield Recipient(one.name, one.email)


def _queue(
    ticket: SupportTicket,
    message: SupportMessage,
    person: Recipient,
    conversation: Conversation,
    context: dict[str, Any],
) -> EmailLog | None:
    try:
        return queue_mail(
            by=SYSTEM,
            to=person.email,
            to_name=person.name,
            template="ticket_reply",
            context={**context, "name": person.name},
            # Its text stands in the ticket; a second copy would outlive an erasure.
            carries_secret=True,
            is_security=False,
            message_id=new_message_id(ticket.id, message.id),
            conversation=conversation,
            cause=Cause(MESSAGE, message.id),
            send_after=UNDO_HOLD,
        )
    except NoMailAddress:
        tell_in_thread(ticket, f"No mail can be sent to “{person.email}”: it is no mail address.")
        return None


def tell_in_thread(ticket: SupportTicket, text: str) -> None:
    """Say something to our people in a locked ticket; no customer sees it."""
    add_message(
        ticket,
        kind=MessageKind.SYSTEM,
        author=AuthorType.SYSTEM,
        body=text,
        at=clock.now(),
        author_name=SYSTEM.label,
    )


def _signature(message: SupportMessage) -> list[str]:
    agent = db.session.get(SupportAgent, message.author_admin_id or 0)
    text = agent.signature.strip() if agent else ""
    return (text or message.author_name).split("\n")


def _files(message: SupportMessage) -> tuple[tuple[MailFile, ...], list[str]]:
    """What fits into one mail, and the names of the rest."""
    query = sa.select(MessageAttachment).where(MessageAttachment.message_id == message.id)
    found, left_out, room = [], [], MOST_MAILED
    for one in db.session.scalars(query.order_by(MessageAttachment.id)):
        if one.size > room:
            left_out.append(one.filename)
            continue
        room -= one.size
        found.append(MailFile(one.filename, one.media_type, bytes_of(one)))
    return tuple(found), left_out


def status_moved(ticket: SupportTicket, old: Status, new: Status) -> None:
    """Ask how it was once a ticket is solved; not any more when that is taken back at once."""
    if new is Status.SOLVED:
        _ask_for_rating(ticket)
    elif old is Status.SOLVED and new is not Status.CLOSED:
        withdraw(Cause(SOLVED, ticket.id))


def _ask_for_rating(ticket: SupportTicket) -> None:
    requester = db.session.get_one(User, ticket.requester_id)
    if requester.erased_at is not None or not is_worth_rating(ticket):
        return
    place = place_of(ticket)
    context = {
        "name": requester.name,
        "number": ticket.number,
        "about": ticket.subject,
        "url": f"{settings().base_url}/rate/{rating_token(ticket)}",
        "may_answer": bool(settings().support_address),
    }
    try:
        queue_mail(
            by=SYSTEM,
            to=requester.email,
            to_name=requester.name,
            template="ticket_solved",
            context=context,
            carries_secret=True,
            is_security=False,
            message_id=new_message_id(ticket.id),
            conversation=Conversation(
                references=place.references, reply_to=reply_address(ticket.id)
            ),
            cause=Cause(SOLVED, ticket.id),
            send_after=SOLVED_HOLD,
        )
    except NoMailAddress:
        return  # the reply that solved it has said so in the thread
