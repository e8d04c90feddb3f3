"""Telling our people what happened to their tickets, under the bell."""

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa

from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.staff.models import Notice
from portal.staff.notices import notify
from portal.support.mentions import mentioned_in
from portal.support.models import SupportMessage, SupportTicket
from portal.support.watching import watch, watchers_of
from portal.support.words import AuthorType, MessageKind

MESSAGE = "ticket.message"
MENTION = "ticket.mention"
ASSIGNED = "ticket.assigned"


def message_added(
    *,
    by: Actor,
    ticket: SupportTicket,
    message: SupportMessage,
    watchers: Collection[int] | None = None,
    told: Collection[int] | None = None,
) -> None:
    """Whoever is mentioned in a note begins to watch; then all who watch, and the assignee.

    Nobody is told of what they wrote themselves, nor twice of one message, nor of a second one
    while the first notice is unread. An unassigned ticket of a customer stands in the queue.
    `watchers` are those of the ticket, and `told` who has an unread notice of an earlier message,
    where the caller knows them.
    """
    if message.kind == MessageKind.SYSTEM:
        return
    is_note = message.kind == MessageKind.NOTE
    called = set(mentioned_in(message.body)) if is_note else set()
    called -= _authors(by, message)
    watch(ticket=ticket, admin_ids=sorted(called))
    who, number = _who(message), ticket.number
    what = "left a note in" if is_note else "wrote in"
    _tell(called, MENTION, f"{who} mentioned you in {number} of {ticket.tenant_name}.", ticket)
    known = watchers_of(ticket.id) if watchers is None else watchers
    rest = {*known, ticket.assignee_id or 0} - called - {0, *_authors(by, message)}
    _tell(rest, MESSAGE, f"{who} {what} {number} of {ticket.tenant_name}.", ticket, told)


def ticket_assigned(*, by: Actor, ticket: SupportTicket) -> None:
    """Tell the new assignee, unless they took it themselves."""
    is_own_deed = by.type is ActorType.ADMIN and by.id == ticket.assignee_id
    if ticket.assignee_id is None or is_own_deed:
        return
    text = f"{ticket.number} of {ticket.tenant_name} is yours now."
    _tell({ticket.assignee_id}, ASSIGNED, text, ticket)


def _authors(by: Actor, message: SupportMessage) -> set[int]:
    """Whoever wrote it, and whoever made the portal write it."""
    doer = by.id if by.type is ActorType.ADMIN else None
    return {found for found in (message.author_admin_id, doer) if found is not None}


def _who(message: SupportMessage) -> str:
    """A notice outlives a customer's wish to be erased, so it names none of their people."""
    return "A customer" if message.author_type == AuthorType.CUSTOMER else message.author_name


def _tell(
    admin_ids: Iterable[int],
    kind: str,
    text: str,
    ticket: SupportTicket,
    told: Collection[int] | None = None,
) -> None:
    url, wanted = url_of(ticket), set(admin_ids)
    if not wanted:
        return
    if told is None:
        unread = sa.select(Notice.admin_id).where(
            Notice.admin_id.in_(wanted), *is_unread(kind=kind, url=url)
        )
        told = db.session.scalars(unread).all()
    for admin_id in sorted(wanted - set(told)):
        notify(admin_id=admin_id, kind=kind, text=text, url=url)


def url_of(ticket: SupportTicket) -> str:
    """Where a notice of the ticket leads."""
    return f"/support/tickets/{ticket.number}"


def is_unread(*, kind: Any, url: Any) -> tuple[sa.ColumnElement[bool], ...]:
    """A notice of this kind and address that its person has not read."""
    return Notice.read_at.is_(None), Notice.kind == kind, Notice.url == url
