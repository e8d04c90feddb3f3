"""A ticket as one line of a queue, ready to be drawn from its own row."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.support.due_words import DueChip, due_chip
from portal.support.models import SupportTicket
from portal.support.rule_terms import hours_by_priority
from portal.support.words import AuthorType, Priority, Status
from portal.web.times import Instant, instants

STATUS_COLOURS = {
    Status.NEW: "azure",
    Status.OPEN: "blue",
    Status.PENDING: "yellow",
    Status.ON_HOLD: "secondary",
    Status.SOLVED: "green",
    Status.CLOSED: "secondary",
    Status.SPAM: "orange",
    Status.MERGED: "secondary",
    Status.DELETED: "secondary",
}
PRIORITY_COLOURS = {Priority.URGENT: "red", Priority.HIGH: "orange"}
STATUSES = {each.value: (each.label, STATUS_COLOURS[each]) for each in Status}
PRIORITIES = {each.value: (each.label, PRIORITY_COLOURS.get(each)) for each in Priority}
"""In words, and in a colour; what is usual needs none."""
AUTHOR_NAMES = {
    AuthorType.CUSTOMER.value: "Customer",
    AuthorType.AGENT.value: "We",
    AuthorType.SYSTEM.value: "Portal",
}
NAMES = (
    "id",
    "number",
    "subject",
    "status",
    "is_open",
    "priority",
    "tenant_name",
    "plan_name",
    "requester_name",
    "assignee_name",
    "tags",
    "snoozed_until",
    "next_due_at",
    "queue_at",
    "created_at",
    "is_unread",
    "last_message_at",
    "last_message_by",
    "last_message_preview",
)
_ticket = SupportTicket.__table__.c
SOLVED_AT = sa.type_coerce(_ticket.solved_at, _ticket.solved_at.type)
"""Solved tickets stand by it. Theirs is never null, which nobody can tell by the column."""
COLUMNS = (
    SOLVED_AT.label("solved_at"),
    *(
        # As text: most tickets have the tags of others.
        sa.cast(_ticket.tags, sa.Text).label("tags") if name == "tags" else _ticket[name]
        for name in NAMES
    ),
)
"""All that a line shows and an order goes by: no other table is asked, and none a row."""


class QueueRow(NamedTuple):
    """One line, ready to be drawn: a page of fifty calls no method.

    `is_here` is False once the ticket has left the list that it is shown in.
    """

    id: int
    number: str
    subject: str
    status: str
    status_colour: str
    priority: str
    priority_colour: str | None
    tenant_name: str
    plan_name: str | None
    requester_name: str
    assignee_name: str | None
    tags: tuple[str, ...]
    snoozed_until: Instant | None
    due: DueChip | None
    due_at: Instant | None
    is_unread: bool
    last_message_at: Instant
    last_message_preview: str
    author: str
    is_here: bool = True


def row_maker(now: datetime) -> Callable[[sa.Row[*tuple[Any, ...]]], QueueRow]:
    """Makes lines as they stand at this instant. Opening hours are asked for once, if at all."""
    hours, instant = cache(hours_by_priority), instants()

    def make(row: Any) -> QueueRow:
        until, due_at = row.snoozed_until, row.next_due_at if row.is_open else None
        return QueueRow(
            row.id,
            row.number,
            row.subject,
            *STATUSES[row.status],
            *PRIORITIES[row.priority],
            row.tenant_name,
            row.plan_name,
            row.requester_name,
            row.assignee_name,
            _tags_of(row.tags),
            instant(until) if until and until > now else None,
            due_chip(due_at, now, hours().get(row.priority)) if due_at else None,
            instant(due_at) if due_at else None,
            row.is_unread,
            instant(row.last_message_at),
            row.last_message_preview,
            AUTHOR_NAMES[row.last_message_by],
            # The last of the columns, where the query asks for it.
            row[-1] if len(row) > len(COLUMNS) else True,
        )

    return make


@lru_cache(maxsize=1024)
def _tags_of(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def initials(name: str) -> str:
    """Of the first and the last word: what an avatar shows. An emoji or a sign is a letter too."""
    letters = [word[0] for word in name.split()]
    return "".join([letters[0], letters[-1]] if len(letters) > 1 else letters).upper()
