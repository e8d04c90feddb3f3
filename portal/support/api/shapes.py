"""Tickets and messages as the API gives them, to whoever asks."""

from typing import Any

from portal.core.actor import ActorType
from portal.support.for_programs import (
    ShownMessage,
    ShownTicket,
    changed_for_customer,
    shown,
    told_as,
)
from portal.support.models import MessageAttachment, SupportTicket
from portal.support.words import MessageKind
from portal.web.access import acting
from portal.web.times import machine, machine_or_none

INSTANTS = (
    "waiting_since",
    "next_due_at",
    "snoozed_until",
    "first_response_at",
    "solved_at",
    "closed_at",
)
PLAIN = ("id", "version", "channel", "team_id", "is_unread", "reopened_count")


def is_customer() -> bool:
    return acting().type is ActorType.CUSTOMER


def one_ticket(ticket: SupportTicket) -> dict[str, Any]:
    return ticket_shape(shown(acting(), [ticket])[0])


def ticket_shape(found: ShownTicket) -> dict[str, Any]:
    """What everybody is told, and to our own and services how we work on it."""
    row = found.row
    own = is_customer()
    told = {
        "number": row.number,
        "subject": row.subject,
        "status": told_as(row.status) if own else row.status,
        "priority": row.priority,
        "category": row.category,
        "messages_count": found.messages_count,
        "merged_into": found.merged_into,
        "created_at": machine(row.created_at),
        "updated_at": machine(changed_for_customer(row) if own else row.updated_at),
        "last_message_at": machine(row.last_message_at),
    }
    return told if own else {**told, **_inner(row)}


def _inner(row: Any) -> dict[str, Any]:
    assignee = {"id": row.assignee_id, "name": row.assignee_name}
    return {
        **{name: getattr(row, name) for name in PLAIN},
        "tags": row.tags,
        "requester": {
            "id": row.requester_id,
            "name": row.requester_name,
            "email": row.requester_email,
        },
        "tenant": {"id": row.tenant_id, "name": row.tenant_name},
        "plan": row.plan_name,
        "assignee": assignee if row.assignee_id is not None else None,
        **{name: machine_or_none(getattr(row, name)) for name in INSTANTS},
    }


def message_shape(found: ShownMessage, ticket: SupportTicket) -> dict[str, Any]:
    row = found.row
    told = {
        "id": row.id,
        "ticket_number": ticket.number,
        "body": row.body,
        "is_internal": row.kind != MessageKind.PUBLIC,
        "author": {"type": row.author_type, "name": row.author_name},
        "attachments": [_file_shape(one) for one in found.attachments],
        "created_at": machine(row.created_at),
    }
    if is_customer():
        return told
    told["author"] |= {"staff_id": row.author_admin_id, "user_id": row.author_user_id}
    return {**told, "kind": row.kind, "is_unverified": row.is_unverified}


def _file_shape(row: MessageAttachment) -> dict[str, Any]:
    return {
        "id": row.id,
        "filename": row.filename,
        "media_type": row.media_type,
        "size": row.size,
    }
