"""What a mail repeats of its ticket, and which mails it answers: public messages alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from markupsafe import Markup
from sqlalchemy.orm import Mapped

from portal.core.database import db
from portal.customers.models import Tenant
from portal.mail.messages import trimmed_references
from portal.support.bodies import html_of
from portal.support.models import SupportMessage, SupportTicket
from portal.support.words import AuthorType, MessageKind

MOST_QUOTED = 5
LONGEST_QUOTE = 4_000


@dataclass(frozen=True, slots=True)
class Quote:
    """One earlier message, as the mail shows it."""

    author: str
    at: str
    lines: list[str]
    html: Markup


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail stands in its conversation."""

    in_reply_to: str | None
    references: tuple[str, ...]


def repeatable(*columns: sa.ColumnElement[Any] | Mapped[Any]) -> sa.Select[*tuple[Any, ...]]:
    """Of the messages, those that may be said to a customer again, whoever asks.

    Every mail reads the thread through this: a note, a message of the desk itself and what an
    unverified sender wrote cannot be selected.
    """
    return sa.select(*columns).where(
        SupportMessage.kind == MessageKind.PUBLIC,
        SupportMessage.is_unverified.is_(False),
    )


def quotes(ticket: SupportTicket, *, before: int) -> list[Quote]:
    """The last five public messages before the one with this id, the newest first."""
    query = (
        repeatable(SupportMessage.author_name, SupportMessage.created_at, SupportMessage.body)
        .where(SupportMessage.ticket_id == ticket.id, SupportMessage.id < before)
        .order_by(SupportMessage.id.desc())
        .limit(MOST_QUOTED)
    )
    rows = db.session.execute(query).all()
    zone = ZoneInfo(db.session.get_one(Tenant, ticket.tenant_id).time_zone) if rows else None
    return [_quote(name, at.astimezone(zone), body) for name, at, body in rows]


def _quote(author: str, at: datetime, body: str) -> Quote:
    shown = body if len(body) <= LONGEST_QUOTE else f"{body[:LONGEST_QUOTE]}…"
    return Quote(author, at.strftime("%-d %B %Y, %H:%M %Z"), shown.split("\n"), html_of(shown))


def place_of(ticket: SupportTicket) -> Place:
    """It answers the customer's last mail; without one it goes on from our own earlier mails."""
    query = (
        repeatable(
            SupportMessage.author_type,
            SupportMessage.mail_message_id,
            SupportMessage.mail_references,
        )
        .where(SupportMessage.ticket_id == ticket.id)
        .order_by(SupportMessage.id)
    )
    rows = db.session.execute(query).all()
    asked = [row for row in rows if row.author_type == AuthorType.CUSTOMER]
    if asked and asked[-1].mail_message_id:
        last = asked[-1]
        ids = [*(last.mail_references or ()), last.mail_message_id]
        return Place(last.mail_message_id, trimmed_references(ids))
    return Place(None, trimmed_references(row.mail_message_id for row in rows if row[1]))
