"""What the desk mails to customers: public messages, and the question how it was."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portal.config import settings
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.mail.messages import Conversation, MailFile, NoMailAddress
from portal.mail.models import EmailLog
from portal.mail.outbox import Cause, queue_mail, withdraw
from portal.support.attachments import bytes_of
from portal.support.bodies import html_of
from portal.support.correspondence import Correspondence, Recipient, correspondence_of
from portal.support.mail_ids import new_message_id, reply_address
from portal.support.models import (
    MessageAttachment,
    SupportMessage,
    SupportTicket,
)
from portal.support.names import PORTAL
from portal.support.quoting import quotes
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
class Letters:
    """The mails of one message: the requester's own, and to whom none could go."""

    own: EmailLog | None = None
    references: tuple[str, ...] | None = None
    refused: tuple[str, ...] = ()


def mail_reply(ticket: SupportTicket, message: SupportMessage) -> None:
    """Queue a public message for the requester and each participant, one mail a person.

    It waits ten seconds, so that its author can take it back. Only what a person wrote goes out
    without the marks of automatic mail.
    """
    known = correspondence_of(ticket, admin_id=message.author_admin_id)
    settle(ticket, message, write_letters(ticket, message, known))


def write_letters(
    ticket: SupportTicket,
    message: SupportMessage,
    known: Correspondence,
    *,
    has_files: bool = True,
) -> Letters:
    """Queue the mails alone. `settle` does the rest once they and the message are stored."""
    people = list(known.recipients())
    if message.kind != MessageKind.PUBLIC or not people:
        return Letters()
    files, left_out = _files(message) if has_files else ((), [])
    conversation = Conversation(
        in_reply_to=known.place.in_reply_to,
        references=known.place.references,
        reply_to=reply_address(ticket.id),
        by_hand=message.author_type == AuthorType.AGENT,
        files=files,
    )
    context = {
        "number": ticket.number,
        "about": ticket.subject,
        "lines": message.body.split("\n"),
        "html": html_of(message.body),
        "signature": _signature(message, known),
        "quotes": quotes(known, before=message.id),
        "left_out": left_out,
        "may_answer": bool(settings().support_address),
    }
    mails = [(one, _queue(ticket, message, one, conversation, context)) for one in people]
    return Letters(
        own=next((mail for one, mail in mails if one.is_requester), None),
        references=known.place.references,
        refused=tuple(one.email for one, mail in mails if mail is None),
    )


def settle(ticket: SupportTicket, message: SupportMessage, letters: Letters) -> None:
    """Store the message with the mail by which it went, and say in the thread to whom none can."""
    if letters.references is not None:
        message.mail_references = list(letters.references)
    if letters.own is not None:
        message.email_log_id, message.mail_message_id = letters.own.id, letters.own.message_id
    db.session.add(message)
    for email in letters.refused:
        tell_in_thread(ticket, f"No mail can be sent to “{email}”: it is no mail address.")


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
        return None


def tell_in_thread(ticket: SupportTicket, text: str) -> None:
    """Say something to our people in a locked ticket; no customer sees it."""
    add_message(
        ticket,
        kind=MessageKind.SYSTEM,
        author=AuthorType.SYSTEM,
        body=text,
        at=clock.now(),
        author_name=PORTAL,
    )


def _signature(message: SupportMessage, known: Correspondence) -> list[str]:
    text = known.agent.signature.strip() if known.agent else ""
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


def status_moved(
    ticket: SupportTicket, old: Status, new: Status, known: Correspondence | None = None
) -> None:
    """Ask how it was once a ticket is solved; not any more when that is taken back at once.

    `known` is of the answer that solves it, which makes it worth asking.
    """
    if new is Status.SOLVED:
        if known is not None or is_worth_rating(ticket):
            _ask_for_rating(ticket, known or correspondence_of(ticket, admin_id=None))
    elif old is Status.SOLVED and new is not Status.CLOSED:
        withdraw(Cause(SOLVED, ticket.id))


def _ask_for_rating(ticket: SupportTicket, known: Correspondence) -> None:
    if known.is_erased:
        return
    requester = known.requester
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
                references=known.place.references, reply_to=reply_address(ticket.id)
            ),
            cause=Cause(SOLVED, ticket.id),
            send_after=SOLVED_HOLD,
        )
    except NoMailAddress:
        return  # the reply that solved it has said so in the thread
