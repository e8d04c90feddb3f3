"""Tickets, what happened to them, and how they belong together."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import clock
from portal.core.database import Base, BigId

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Sorts after every instant at which something is due."""

QUEUED, COUNTED = ("is_open", "queue_at", "id"), ("snoozed_until", "status")

SOLVED = sa.text("solved_at IS NOT NULL")
NO_WORK = sa.text("status IN ('spam', 'deleted', 'merged')")
"""Few, and asked for beside many: an index of their own tells in no time that one is not there."""


def ticket_key(*, primary_key: bool = False, index: bool = False) -> Mapped[int]:
    """The ticket that a row belongs to."""
    key = sa.ForeignKey("support_tickets.id", ondelete="CASCADE")
    return mapped_column(BigId, key, primary_key=primary_key, index=index)


class TicketNumber(Base):
    """The last number that was given in a year."""

    __tablename__ = "ticket_numbers"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class SupportTicket(Base):
    """One conversation with a customer. What a queue shows of it stands in this row alone."""

    __tablename__ = "support_tickets"
    __table_args__ = (
        # What the queues are counted by stands behind: a count then reads the index alone.
        sa.Index("ix_support_tickets_queue", *QUEUED, *COUNTED, "waiting_since"),
        sa.Index("ix_support_tickets_assignee", "assignee_id", *QUEUED, *COUNTED),
        sa.Index("ix_support_tickets_team", "team_id", *QUEUED, *COUNTED),
        sa.Index("ix_support_tickets_status", "status", "queue_at", "id"),
        sa.Index("ix_support_tickets_tenant", "tenant_id", "id"),
        sa.Index("ix_support_tickets_requester", "requester_id", "id"),
        sa.Index("ix_support_tickets_created_at", "created_at", "id"),
        sa.Index("ix_support_tickets_open_created_at", "is_open", "created_at", "id"),
        sa.Index("ix_support_tickets_open_last_message_at", "is_open", "last_message_at", "id"),
        sa.Index("ix_support_tickets_updated_at", "updated_at", "id"),
        sa.Index("ix_support_tickets_snoozed_until", "snoozed_until", "is_open", "status", "id"),
        sa.Index("ix_support_tickets_solved_at", "status", "solved_at", "id"),
        sa.Index(
            "ix_support_tickets_solved_by",
            *("assignee_id", "solved_at", "status"),
            sqlite_where=SOLVED,
            postgresql_where=SOLVED,
        ),
        sa.Index(
            "ix_support_tickets_no_work", "id", sqlite_where=NO_WORK, postgresql_where=NO_WORK
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    """`TCK-2026-000123`: the year and a count within it."""
    subject: Mapped[str] = mapped_column(sa.String(300))
    channel: Mapped[str] = mapped_column(sa.String(8))
    category: Mapped[str] = mapped_column(sa.String(12))
    priority: Mapped[str] = mapped_column(sa.String(8))
    status: Mapped[str] = mapped_column(sa.String(8))
    is_open: Mapped[bool]
    """Kept beside `status`, so that an index finds the work that is left."""
    tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenants.id", ondelete="RESTRICT"))
    tenant_name: Mapped[str] = mapped_column(sa.String(200))
    plan_name: Mapped[str | None] = mapped_column(sa.String(64))
    plan_level: Mapped[int] = mapped_column(default=0)
    requester_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"))
    requester_name: Mapped[str] = mapped_column(sa.String(200))
    requester_email: Mapped[str] = mapped_column(sa.String(320))
    team_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("support_teams.id", ondelete="SET NULL")
    )
    assignee_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("support_agents.id", ondelete="SET NULL")
    )
    assignee_name: Mapped[str | None] = mapped_column(sa.String(120))
    tags: Mapped[list[str]]
    """The same as the rows of `ticket_tags`, in order, for the queue."""
    snoozed_until: Mapped[datetime | None]
    """Hidden from the queues until then. No status: the clocks go on."""
    next_due_at: Mapped[datetime | None]
    """The earliest end of its running clocks. Once it has passed, a promise is broken."""
    queue_at: Mapped[datetime] = mapped_column(default=NEVER)
    """`next_due_at`, or the end of time: what the queues sort by."""
    waiting_since: Mapped[datetime | None]
    """The oldest message of the customer that nobody has answered."""
    is_unread: Mapped[bool] = mapped_column(default=False)
    """The customer wrote since the assignee last looked."""
    version: Mapped[int] = mapped_column(default=1)
    """Raised by every change, so that a form can tell what it was filled in under."""
    message_count: Mapped[int] = mapped_column(default=0)
    last_public_message_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    last_message_at: Mapped[datetime]
    last_message_by: Mapped[str] = mapped_column(sa.String(8))
    last_message_preview: Mapped[str] = mapped_column(sa.String(160), default="")
    """Of the last public message: a queue may be looked at over a shoulder."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
    """When anything of the row changed last, also what its customer does not see."""
    first_response_at: Mapped[datetime | None]
    first_solved_at: Mapped[datetime | None]
    solved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    reopened_count: Mapped[int] = mapped_column(default=0)
    merged_into_id: Mapped[int | None] = mapped_column(
        BigId, sa.ForeignKey("support_tickets.id", ondelete="SET NULL"), index=True
    )


class TicketTag(Base):
    """A word that somebody put on a ticket."""

    __tablename__ = "ticket_tags"
    __table_args__ = (sa.Index("ix_ticket_tags_tag", "tag", "ticket_id"),)

    ticket_id: Mapped[int] = ticket_key(primary_key=True)
    tag: Mapped[str] = mapped_column(sa.String(40), primary_key=True)


class TicketParticipant(Base):
    """Somebody beside the requester who gets and may write public messages."""

    __tablename__ = "ticket_participants"
    __table_args__ = (
        sa.UniqueConstraint("ticket_id", "email_key"),
        sa.Index("ix_ticket_participants_user_id", "user_id", "ticket_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = ticket_key()
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(sa.String(200))
    email: Mapped[str] = mapped_column(sa.String(320))
    email_key: Mapped[str] = mapped_column(sa.String(320))
    added_at: Mapped[datetime]


class TicketEvent(Base):
    """One change of a ticket: what its history and the reports read."""

    __tablename__ = "ticket_events"
    __table_args__ = (
        sa.Index("ix_ticket_events_ticket_id", "ticket_id", "id"),
        sa.Index("ix_ticket_events_kind_at", "kind", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = ticket_key()
    kind: Mapped[str] = mapped_column(sa.String(20))
    """`status`, `assigned`, `priority`, `tags`, `merged` ...: the field or deed."""
    old: Mapped[str | None] = mapped_column(sa.String(500))
    new: Mapped[str | None] = mapped_column(sa.String(500))
    cause: Mapped[str | None] = mapped_column(sa.String(40))
    """Why, when nobody did it by hand: `customer_replied`, `timer`, `macro:7`, `bulk:12` ..."""
    actor_type: Mapped[str] = mapped_column(sa.String(12))
    actor_id: Mapped[int | None]
    actor_label: Mapped[str] = mapped_column(sa.String(320))
    at: Mapped[datetime]


class TicketLink(Base):
    """One ticket belongs to another."""

    __tablename__ = "ticket_links"
    __table_args__ = (
        sa.UniqueConstraint("ticket_id", "other_id", "kind"),
        sa.Index("ix_ticket_links_other_id", "other_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = ticket_key()
    other_id: Mapped[int] = ticket_key()
    kind: Mapped[str] = mapped_column(sa.String(12))
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))


class TicketMerge(Base):
    """What a merge moved, so that it can be taken back."""

    __tablename__ = "ticket_merges"
    __table_args__ = (sa.Index("ix_ticket_merges_source_id", "source_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int] = ticket_key()
    target_id: Mapped[int] = ticket_key(index=True)
    source_status: Mapped[str] = mapped_column(sa.String(8))
    message_ids: Mapped[list[str]]
    merged_at: Mapped[datetime]
    merged_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    undone_at: Mapped[datetime | None]
