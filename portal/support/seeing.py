"""Which tickets a caller may know of. Loading is authorising: the others do not exist for them."""

from collections.abc import Iterable
from functools import cache
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import orm

from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.support.models import SupportMessage, SupportTicket, TicketParticipant
from portal.support.numbers import read_number
from portal.support.words import MessageKind, Status

NOT_THERE = "There is no such ticket."


def seen_by(by: Actor) -> sa.ColumnElement[bool]:
    """The tickets that this caller may see, as a condition.

    Staff and services with `tickets.view` see all but the deleted ones; a customer's user sees
    those that they opened or take part in, as long as they are neither spam nor deleted.
    """
    if by.type is ActorType.CUSTOMER:
        return seen_by_user(by.id)
    return seen_by_us() if sees_all(by) else sa.false()


def seen_by_user(user_id: int | None) -> sa.ColumnElement[bool]:
    """The tickets that this customer's user may see, whoever asks."""
    takes_part = sa.select(TicketParticipant.ticket_id).where(TicketParticipant.user_id == user_id)
    theirs = sa.or_(SupportTicket.requester_id == user_id, SupportTicket.id.in_(takes_part))
    return sa.and_(theirs, SupportTicket.status.not_in((Status.SPAM, Status.DELETED)))


def sees_all(by: Actor) -> bool:
    """Is it one of ours, to whom every ticket is shown that is not deleted?"""
    return by.type is not ActorType.CUSTOMER and by.may(Permission.TICKETS_VIEW)


def seen_by_us() -> sa.ColumnElement[bool]:
    return SupportTicket.status != Status.DELETED


def messages_seen_by(by: Actor) -> sa.ColumnElement[bool]:
    """The messages of a ticket that this caller may see: a customer never sees a note."""
    if sees_all(by):
        return sa.true()
    return SupportMessage.kind == MessageKind.PUBLIC


def ticket_or_404(by: Actor, number: str, *, lock: bool = False) -> SupportTicket:
    """The ticket of this number. With `lock` it stays as read until the transaction ends.

    A deed that locks the ticket then finds it locked, and does not read it again.

    Raises:
        NotFound: there is none that this caller may know of.
    """
    wanted = read_number(number)
    if wanted is None:
        raise NotFound(NOT_THERE)
    query = _ours(lock) if sees_all(by) else _numbered(lock).where(seen_by(by))
    found = db.session.scalar(query, {"wanted": wanted})
    if found is None:
        raise NotFound(NOT_THERE)
    if lock:
        note_locks([found])
    return found


@cache
def _ours(is_locked: bool) -> sa.Select[SupportTicket]:
    """Built once: every page of a ticket begins with it."""
    return _numbered(is_locked).where(seen_by_us())


def _numbered(is_locked: bool) -> sa.Select[SupportTicket]:
    wanted = sa.bindparam("wanted", type_=sa.String)
    query = sa.select(SupportTicket).where(SupportTicket.number == wanted)
    if is_locked:
        return query.with_for_update().execution_options(populate_existing=True)
    return query


def lock_ticket(ticket: SupportTicket) -> SupportTicket:
    """Read the ticket afresh and keep others from changing it until the transaction ends."""
    if not _is_locked(ticket):
        db.session.flush()  # what a refresh would forget
        db.session.refresh(ticket, with_for_update=True)
        note_locks([ticket])
    return ticket


_locked: WeakKeyDictionary[orm.SessionTransaction, set[int]] = WeakKeyDictionary()
"""The tickets that each transaction has locked. What a savepoint locked goes with it."""


def note_locks(tickets: Iterable[SupportTicket]) -> None:
    """These were read under a lock in the running transaction: no deed reads them again for it."""
    running = _innermost()
    if running is not None:
        _locked.setdefault(running, set()).update(ticket.id for ticket in tickets)


def _innermost() -> orm.SessionTransaction | None:
    session = db.session()
    return session.get_nested_transaction() or session.get_transaction()


def _is_locked(ticket: SupportTicket) -> bool:
    running = _innermost()
    while running is not None:
        if ticket.id in _locked.get(running, ()):
            return True
        running = running.parent
    return False
