"""What surrounds the work on tickets: views, drafts, who looks, changes in bulk, ratings."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, BigId
from portal.support.models.tickets import ticket_key

SHARED = sa.text("owner_id IS NULL")


def _person() -> Mapped[int]:
    return mapped_column(sa.ForeignKey("admins.id", ondelete="CASCADE"), primary_key=True)


class SavedView(Base):
    """A filter under a name. Without an owner it is everybody's."""

    __tablename__ = "saved_views"
    __table_args__ = (
        sa.Index("ix_saved_views_owner_id", "owner_id", "position"),
        sa.UniqueConstraint("owner_id", "name_key"),
        sa.Index(
            "uq_saved_views_shared",
            "name_key",
            unique=True,
            sqlite_where=SHARED,
            postgresql_where=SHARED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    name_key: Mapped[str] = mapped_column(sa.String(200))
    """The name case-folded: an owner has each name once."""
    query: Mapped[str] = mapped_column(sa.String(500))
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class TicketDraft(Base):
    """What somebody has written and not sent."""

    __tablename__ = "ticket_drafts"

    ticket_id: Mapped[int] = ticket_key(primary_key=True)
    admin_id: Mapped[int] = _person()
    kind: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    body: Mapped[str] = mapped_column(sa.Text)
    updated_at: Mapped[datetime]


class TicketPresence(Base):
    """Somebody has the ticket open, or is writing in it."""

    __tablename__ = "ticket_presence"
    __table_args__ = (sa.Index("ix_ticket_presence_seen_at", "seen_at"),)

    ticket_id: Mapped[int] = ticket_key(primary_key=True)
    admin_id: Mapped[int] = _person()
    seen_at: Mapped[datetime]
    typed_at: Mapped[datetime | None]


class TicketWatcher(Base):
    """Somebody of ours wants to know what happens to a ticket."""

    __tablename__ = "ticket_watchers"
    __table_args__ = (sa.Index("ix_ticket_watchers_admin_id", "admin_id"),)

    ticket_id: Mapped[int] = ticket_key(primary_key=True)
    admin_id: Mapped[int] = _person()
    since: Mapped[datetime]


class TicketRating(Base):
    """What the customer thought of one solution."""

    __tablename__ = "csat_responses"
    __table_args__ = (
        sa.UniqueConstraint("ticket_id", "solved_at"),
        sa.Index("ix_csat_responses_rated_at", "rated_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = ticket_key()
    solved_at: Mapped[datetime]
    agent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    score: Mapped[int]
    """1 bad, 2 fair, 3 good."""
    comment: Mapped[str] = mapped_column(sa.String(1000), default="")
    rated_at: Mapped[datetime]


class BulkChange(Base):
    """One change for many tickets, worked off by the worker."""

    __tablename__ = "ticket_bulk_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    change: Mapped[dict[str, Any]]
    """`{status, priority, assign_to, team_id, add_tags, remove_tags}`, each only when set."""
    query: Mapped[str | None] = mapped_column(sa.String(500))
    """The filter that chose the tickets; None: they were ticked one by one."""
    status: Mapped[str] = mapped_column(sa.String(10))
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    undoes_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("ticket_bulk_changes.id", ondelete="SET NULL")
    )
    created_at: Mapped[datetime] = mapped_column(index=True)
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    created_by_label: Mapped[str] = mapped_column(sa.String(320))
    finished_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class BulkChangeRow(Base):
    """One ticket of it, and what became of it."""

    __tablename__ = "ticket_bulk_change_rows"

    bulk_id: Mapped[int] = mapped_column(
        sa.ForeignKey("ticket_bulk_changes.id", ondelete="CASCADE"), primary_key=True
    )
    ticket_id: Mapped[int] = ticket_key(primary_key=True)
    result: Mapped[str | None] = mapped_column(sa.String(8))
    """`changed` or `skipped`; None while it waits."""
    detail: Mapped[str | None] = mapped_column(sa.String(300))
    before: Mapped[dict[str, Any] | None]
    """`{before, after}`: what was changed, as `portal.support.applying.state_of` tells it."""
