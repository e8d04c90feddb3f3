"""A ticket as one line of a queue, ready to be drawn from its own row."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from portal.support.due_words import DueChip, due_chip, single_hours
from portal.support.models import SupportTicket
from portal.support.words import AuthorType, Priority, Status

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
AUTHORS = {AuthorType.CUSTOMER: "Customer", AuthorType.AGENT: "We", AuthorType.SYSTEM: "Portal"}
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
    "assignee_id",
    "assignee_name",
    "tags",
    "snoozed_until",
    "next_due_at",
    "queue_at",
    "is_unread",
    "version",
    "message_count",
    "last_message_at",
    "last_message_by",
    "last_message_preview",
)
COLUMNS = tuple(SupportTicket.__table__.c[name] for name in NAMES)
"""All that a line shows: no other table is asked, and none a row."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line. `is_here` is False once the ticket has left the list that it is shown in."""

    id: int
    number: str
    subject: str
    status: Status
    priority: Priority
    tenant_name: str
    plan_name: str | None
    requester_name: str
    assignee_id: int | None
    assignee_name: str | None
    tags: list[str]
    snoozed_until: datetime | None
    due: DueChip | None
    is_unread: bool
    version: int
    message_count: int
    last_message_at: datetime
    last_message_preview: str
    author: str
    is_here: bool = True

    @property
    def status_colour(self) -> str:
        return STATUS_COLOURS[self.status]

    @property
    def priority_colour(self) -> str | None:
        """None for what needs no colour, as most tickets."""
        return PRIORITY_COLOURS.get(self.priority)


def row_maker(now: datetime) -> Callable[[sa.Row[*tuple[Any, ...]]], QueueRow]:
    """Makes lines as they stand at this instant. Opening hours are asked for once, if at all."""
    hours = cache(single_hours)

    def due(at: datetime | None) -> DueChip | None:
        return due_chip(at, now, hours()) if at else None

    def make(row: sa.Row[*tuple[Any, ...]]) -> QueueRow:
        values = row._asdict()
        next_due_at, is_open = values.pop("next_due_at"), values.pop("is_open")
        snoozed_until = values.pop("snoozed_until")
        del values["queue_at"]
        values |= {
            "status": Status(row.status),
            "priority": Priority(row.priority),
            "author": AUTHORS[AuthorType(values.pop("last_message_by"))],
            "due": due(next_due_at) if is_open else None,
            "snoozed_until": snoozed_until if snoozed_until and snoozed_until > now else None,
        }
        return QueueRow(**values)

    return make


def initials(name: str) -> str:
    """Of the first and the last word: what an avatar shows."""
    words: Iterable[str] = name.split()
    letters = [word[0] for word in words]
    return "".join([letters[0], letters[-1]] if len(letters) > 1 else letters).upper()
