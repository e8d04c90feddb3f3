"""Which mails of tickets went to one user, to hand out or to forget.

An address alone proves nothing: a product may give its users any, and several may share one or
have it one after the other. So a mail is theirs in a ticket that is; among the others of their
tenant, while nobody else ever had the address; in those of another customer, and in what the portal
writes to its own people, never.
"""

from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.clock import timestamp
from portal.core.database import changed_rows, db
from portal.customers.former import ever_called, had_by_others
from portal.customers.models import User
from portal.customers.naming import address_key
from portal.customers.privacy import neutral_address
from portal.mail.models import EmailLog, MailStatus
from portal.support.models import SupportMessage, SupportTicket, TicketParticipant
from portal.support.outgoing import MESSAGE, SOLVED
from portal.support.words import MessageKind

NEUTRAL_SUBJECT = "Erased"
_ticket, _message, _part = SupportTicket, SupportMessage, TicketParticipant
# The ticket of a mail; NULL of a mail about anything else.
_ticket_id = sa.case(
    (
        EmailLog.cause_type == MESSAGE,
        sa.select(_message.ticket_id).where(_message.id == EmailLog.cause_id).scalar_subquery(),
    ),
    (EmailLog.cause_type == SOLVED, EmailLog.cause_id),
)


class _Addresses(NamedTuple):
    """However they are spelt: all that are or were theirs, and those that no other ever had."""

    keys: set[str]
    every: list[str]
    alone: list[str]


def mails_of(user: User) -> Any:
    query = sa.select(EmailLog.created_at, EmailLog.subject, EmailLog.status)
    to_them = _to_them(user, _addresses_of(user))
    return [
        {"at": timestamp(row.created_at), "subject": row.subject, "status": row.status}
        for row in db.session.execute(query.where(to_them).order_by(EmailLog.id))
    ]


def forget_mails(user: User) -> None:
    """Those to them go nowhere any more; of what left, the log keeps when, and nothing of what.

    Each mail of a ticket repeats its subject and what was said before. It runs while it still
    stands in which tickets they take part.
    """
    addresses = _addresses_of(user)
    _forget_failures(user, addresses.alone)
    to_them = _to_them(user, addresses)
    waits = EmailLog.status == MailStatus.QUEUED
    changed_rows(sa.update(EmailLog).where(to_them, waits).values(status=MailStatus.CANCELLED))
    is_over = EmailLog.status.not_in((MailStatus.QUEUED, MailStatus.SENDING))
    for which in (to_them, _of_own_tickets(user)):  # each by an index of its own
        emptied = sa.update(EmailLog).values(subject=NEUTRAL_SUBJECT, body_sealed=None)
        changed_rows(emptied.where(which, is_over))
    to_nobody = {"recipient": neutral_address(user), "last_error": None}
    changed_rows(sa.update(EmailLog).where(to_them).values(**to_nobody))


def _to_them(user: User, addresses: _Addresses) -> sa.ColumnElement[bool]:
    others = sa.select(User.id).where(User.email_key.in_(addresses.keys), User.id != user.id)
    asked, copied = (
        sa.select(_ticket.id).where(_ticket.requester_id.in_(others)),
        sa.select(_part.ticket_id).where(_part.user_id.in_(others)),
    )
    is_own = sa.or_(_ticket_id.in_(own_tickets(user)), _ticket_id.in_(_tickets_with(user)))
    in_their_tickets = sa.and_(is_own, _ticket_id.not_in(asked), _ticket_id.not_in(copied))
    is_alone = EmailLog.recipient.in_(addresses.alone)
    among_others = sa.and_(is_alone, _ticket_id.in_(tickets_of_tenant(user)))
    return sa.and_(EmailLog.recipient.in_(addresses.every), sa.or_(in_their_tickets, among_others))


def _addresses_of(user: User) -> _Addresses:
    called = [one.email for one in ever_called(user)]
    keys = {address_key(one) for one in called}
    spelt = sa.select(_part.email).where(
        _part.email_key.in_(keys), _part.ticket_id.in_(tickets_of_tenant(user))
    )
    every = sorted({*called, *db.session.scalars(spelt)})
    others = had_by_others(keys, user)
    return _Addresses(keys, every, [one for one in every if address_key(one) not in others])


def _forget_failures(user: User, addresses: list[str]) -> None:
    """What the desk wrote into a ticket when a mail to them did not arrive names the address."""
    for address in addresses:
        body = sa.func.replace(_message.body, address, NEUTRAL_SUBJECT)
        changed_rows(
            sa.update(_message)
            .where(
                _message.ticket_id.in_(tickets_of_tenant(user)),
                _message.kind == MessageKind.SYSTEM,
                _message.body.contains(address, autoescape=True),
            )
            .values(body=body)
        )


def _of_own_tickets(user: User) -> sa.ColumnElement[bool]:
    own = own_tickets(user)
    messages = sa.select(_message.id).where(_message.ticket_id.in_(own))
    return sa.or_(
        sa.and_(EmailLog.cause_type == MESSAGE, EmailLog.cause_id.in_(messages)),
        sa.and_(EmailLog.cause_type == SOLVED, EmailLog.cause_id.in_(own)),
    )


def own_tickets(user: User) -> sa.Select[int]:
    """The ids of those that they opened, or that were opened for them."""
    return sa.select(_ticket.id).where(_ticket.requester_id == user.id)


def tickets_of_tenant(user: User) -> sa.Select[int]:
    return sa.select(_ticket.id).where(_ticket.tenant_id == user.tenant_id)


def _tickets_with(user: User) -> sa.Select[int]:
    return sa.select(_part.ticket_id).where(_part.user_id == user.id)
