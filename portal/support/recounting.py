"""What a ticket's row shows of its thread, counted anew after messages were moved."""

from datetime import datetime

import sqlalchemy as sa

from portal.core.database import db
from portal.support.bodies import preview_of
from portal.support.models import SupportMessage, SupportTicket
from portal.support.words import AuthorType, MessageKind

_of = SupportMessage


def recount(ticket: SupportTicket) -> None:
    """Bring a locked ticket's row in line with its messages. It has at least one public one."""
    db.session.flush()
    ticket.message_count = db.session.scalar(_counted(ticket)) or 0
    last = db.session.scalars(_public(ticket).order_by(_of.id.desc()).limit(1)).one()
    ticket.last_public_message_id = last.id
    ticket.last_message_at, ticket.last_message_by = last.created_at, last.author_type
    ticket.last_message_preview = preview_of(last.body)
    ticket.waiting_since = db.session.scalar(_unanswered(ticket)) if ticket.is_open else None
    ticket.version += 1


def _counted(ticket: SupportTicket) -> sa.Select[int]:
    return sa.select(sa.func.count()).where(_of.ticket_id == ticket.id)


def _public(ticket: SupportTicket) -> sa.Select[SupportMessage]:
    return sa.select(_of).where(_of.ticket_id == ticket.id, _of.kind == MessageKind.PUBLIC)


def _unanswered(ticket: SupportTicket) -> sa.Select[datetime]:
    """When the customer first wrote after our last answer."""
    is_public = (_of.ticket_id == ticket.id, _of.kind == MessageKind.PUBLIC)
    answered = sa.select(sa.func.coalesce(sa.func.max(_of.id), 0)).where(
        *is_public, _of.author_type == AuthorType.AGENT
    )
    return (
        sa.select(_of.created_at)
        .where(
            *is_public,
            _of.author_type == AuthorType.CUSTOMER,
            _of.id > answered.scalar_subquery(),
        )
        .order_by(_of.id)
        .limit(1)
    )
