"""What a mail of the desk has to know of its ticket, read by one statement: people and thread."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from portal.core.quick import Quick
from portal.customers.models import Tenant, User
from portal.mail.messages import trimmed_references
from portal.staff.models import Admin, Notice
from portal.support.copies import copied, taking_part
from portal.support.models import (
    SupportAgent,
    SupportMessage,
    SupportTicket,
    TicketDraft,
    TicketWatcher,
)
from portal.support.telling import MESSAGE, is_unread, url_of
from portal.support.words import AuthorType, MessageKind

MOST_QUOTED = 5
MOST_NAMED = 20
"""Earlier mails that a mail may refer to, beside the first."""


class Recipient(NamedTuple):
    """One person who gets the public messages of a ticket."""

    name: str
    email: str
    is_requester: bool = False


class Said(NamedTuple):
    """An earlier message that the mail repeats."""

    id: int
    author: str
    body: str
    at: datetime


class Place(NamedTuple):
    """Where a mail stands in its conversation."""

    in_reply_to: str | None
    references: tuple[str, ...]


NOWHERE = Place(None, ())


class Answering(NamedTuple):
    """Whoever of ours writes, as an agent."""

    id: int
    name: str
    signature: str
    is_active: bool


@dataclass(slots=True)
class Correspondence:
    """As it is in the running transaction; the ticket is locked."""

    next_id: int
    """The next message of the ticket may be stored under it: nobody else gets it."""
    requester: Recipient
    is_erased: bool = False
    zone: str = "UTC"
    participants: list[Recipient] = field(default_factory=list)
    watchers: set[int] = field(default_factory=set)
    told: set[int] = field(default_factory=set)
    """Those of ours whose notice of an earlier message is unread."""
    agent: Answering | None = None
    draft: str | None = None
    """What they have begun to answer."""
    sent_id: int | None = None
    """The message that the same form sent before."""
    said: list[Said] = field(default_factory=list)
    """The last public messages, the newest first."""
    place: Place = NOWHERE

    def recipients(self) -> Iterator[Recipient]:
        """The requester, unless they were erased, and whoever takes part; each address once.

        A user of the customer who is inactive takes no part until they are active again.
        """
        if not self.is_erased:
            yield self.requester
        yield from self.participants


class _next_id(FunctionElement[int]):  # noqa: N801 - a function of SQL
    """An id for a message that is stored later in this transaction."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(_next_id, "postgresql")
def _next_of_sequence(*_: Any, **__: Any) -> str:
    return "nextval(pg_get_serial_sequence('support_messages', 'id'))"


@compiles(_next_id, "sqlite")
def _next_of_table(*_: Any, **__: Any) -> str:
    # Whoever writes has the whole database until they commit.
    return "(SELECT coalesce(max(id), 0) + 1 FROM support_messages)"


def repeatable(*columns: Any) -> sa.Select[*tuple[Any, ...]]:
    """Of the messages, those that may be said to a customer again, whoever asks.

    Every mail reads the thread through this: a note, a message of the desk itself and what an
    unverified sender wrote cannot be selected.
    """
    return sa.select(*columns).where(
        _message.kind == MessageKind.PUBLIC.value, _message.is_unverified.is_(sa.false())
    )


_message, _user = SupportMessage.__table__.c, User.__table__.c
_ticket_id = sa.bindparam("ticket_id", type_=sa.BigInteger)
_tenant_id = sa.bindparam("tenant_id", type_=sa.Integer)
_admin_id = sa.bindparam("admin_id", type_=sa.Integer)
_requester_id = sa.bindparam("requester_id", type_=sa.Integer)
_of_ticket = _message.ticket_id == _ticket_id


def _row(kind: str, number: Any, **more: Any) -> list[sa.ColumnElement[Any]]:
    """The columns of every part. NULL has to say what it is NULL of."""
    values = {"name": None, "text": None, "extra": None, "at": None, "ids": None} | more
    types = {"at": _message.created_at.type, "ids": _message.mail_references.type}
    return [
        sa.literal_column(f"'{kind}'", sa.String).label("kind"),
        sa.cast(number, sa.BigInteger).label("number"),
        *(
            (sa.cast(sa.null(), types.get(name, sa.Text)) if value is None else value).label(name)
            for name, value in values.items()
        ),
    ]


def _few(query: sa.Select[Any]) -> sa.Select[Any]:
    """As a part of a union, which takes no order and limit of its own."""
    return sa.select(query.subquery())


def _people() -> Iterator[sa.Select[Any]]:
    erased = sa.case((_user.erased_at.is_(None), 0), else_=1)
    requester = _row("requester", erased, name=_user.name, text=_user.email, extra=Tenant.time_zone)
    yield (
        sa.select(*requester)
        .join_from(User.__table__, Tenant.__table__, Tenant.id == _user.tenant_id)
        .where(_user.id == _requester_id)
    )
    other = taking_part(ticket_id=_ticket_id, tenant_id=_tenant_id).c
    yield sa.select(*_row("participant", other.id, name=other.name, text=other.email)).where(
        other.active
    )
    yield sa.select(*_row("watcher", TicketWatcher.admin_id)).where(
        TicketWatcher.ticket_id == _ticket_id
    )
    yield _told()
    agent, admin = SupportAgent.__table__.c, Admin.__table__.c
    is_active = sa.case((agent.is_active, 1), else_=0)
    yield (
        sa.select(*_row("agent", is_active, name=admin.name, text=agent.signature))
        .join_from(SupportAgent.__table__, Admin.__table__, admin.id == agent.id)
        .where(agent.id == _admin_id)
    )
    yield sa.select(*_row("draft", TicketDraft.admin_id, text=TicketDraft.body)).where(
        TicketDraft.ticket_id == _ticket_id,
        TicketDraft.admin_id == _admin_id,
        TicketDraft.kind == MessageKind.PUBLIC.value,
    )


def _told() -> sa.Select[Any]:
    """By the people, of whom a ticket has few: a notice is found by whose it is."""
    watching = sa.select(TicketWatcher.admin_id).where(TicketWatcher.ticket_id == _ticket_id)
    assignee = sa.select(sa.cast(sa.bindparam("assignee_id", type_=sa.Integer), sa.Integer))
    people = watching.union(assignee).subquery()
    unread = is_unread(kind=MESSAGE, url=sa.bindparam("url", type_=sa.String))
    return sa.select(*_row("told", Notice.admin_id)).join_from(
        people, Notice, sa.and_(Notice.admin_id == people.c.admin_id, *unread)
    )


def _thread() -> Iterator[sa.Select[Any]]:
    key = sa.bindparam("submit_key", type_=sa.String)
    yield sa.select(*_row("sent", _message.id)).where(_of_ticket, _message.submit_key == key)
    yield sa.select(*_row("next", _next_id()))
    quoted = _row(
        "said", _message.id, name=_message.author_name, text=_message.body, at=_message.created_at
    )
    newest = _message.id.desc()
    yield _few(repeatable(*quoted).where(_of_ticket).order_by(newest).limit(MOST_QUOTED + 1))
    mailed = _row("asked", _message.id, name=_message.mail_message_id, ids=_message.mail_references)
    by_customer = _message.author_type == AuthorType.CUSTOMER.value
    yield _few(repeatable(*mailed).where(_of_ticket, by_customer).order_by(newest).limit(1))
    named = repeatable(*_row("named", _message.id, name=_message.mail_message_id)).where(
        _of_ticket, _message.mail_message_id.is_not(None)
    )
    yield _few(named.order_by(_message.id).limit(1))
    yield _few(named.order_by(newest).limit(MOST_NAMED))


_QUERY = Quick(sa.union_all(*_people(), *_thread()))


def correspondence_of(
    ticket: SupportTicket, *, admin_id: int | None, submit_key: str | None = None
) -> Correspondence:
    """For what this person writes, or for the desk itself."""
    rows = _QUERY.rows(
        ticket_id=ticket.id,
        tenant_id=ticket.tenant_id,
        requester_id=ticket.requester_id,
        admin_id=admin_id or 0,
        submit_key=submit_key,
        assignee_id=ticket.assignee_id,
        url=url_of(ticket),
    )
    of: dict[str, list[Any]] = {}
    for row in rows:
        of.setdefault(row.kind, []).append(row)
    asked = of["requester"][0]
    found = Correspondence(
        next_id=of["next"][0].number,
        requester=Recipient(asked.name, asked.text, is_requester=True),
        is_erased=asked.number == 1,
        zone=asked.extra,
        watchers={row.number for row in of.get("watcher", ())},
        told={row.number for row in of.get("told", ())},
        said=[Said(row.number, row.name, row.text, row.at) for row in _newest(of, "said")],
        place=_place(of),
    )
    others = (Recipient(row.name, row.text) for row in reversed(_newest(of, "participant")))
    found.participants = copied(others, requester_email=asked.text)
    for row in of.get("agent", ()):
        found.agent = Answering(admin_id or 0, row.name, row.text, row.number == 1)
    for row in of.get("draft", ()):
        found.draft = row.text
    for row in of.get("sent", ()):
        found.sent_id = row.number
    return found


def _newest(of: dict[str, list[Any]], kind: str) -> list[Any]:
    return sorted(of.get(kind, ()), key=lambda row: -row.number)


def _place(of: dict[str, list[Any]]) -> Place:
    """It answers the customer's last mail; without one it goes on from our own earlier mails."""
    for last in of.get("asked", ()):
        if last.name:
            return Place(last.name, trimmed_references([*(last.ids or ()), last.name]))
    named = {row.number: row.name for row in of.get("named", ())}
    return Place(None, trimmed_references(named[number] for number in sorted(named)))
