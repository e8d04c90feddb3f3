"""Prepared answers, and macros that also act."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, BigId
from portal.support.models.tickets import ticket_key


class CannedReply(Base):
    """A text that is written often. Without an owner it is everybody's."""

    __tablename__ = "canned_replies"
    __table_args__ = (sa.Index("ix_canned_replies_owner_id", "owner_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    body: Mapped[str] = mapped_column(sa.Text)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by_label: Mapped[str] = mapped_column(sa.String(320))
    archived_at: Mapped[datetime | None]


class Macro(Base):
    """Several steps by one press: fields, a reply, a grant."""

    __tablename__ = "macros"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    steps: Mapped[dict[str, Any]]
    """`{status, priority, category, add_tags, remove_tags, assign_to, body, is_internal,
    grant: {feature_name, days, quota_limit}}`, each only when it is set."""
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by_label: Mapped[str] = mapped_column(sa.String(320))
    archived_at: Mapped[datetime | None]


class MacroRun(Base):
    """A macro, applied to one ticket; what it changed, so that it can be taken back."""

    __tablename__ = "macro_runs"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    macro_id: Mapped[int] = mapped_column(sa.ForeignKey("macros.id", ondelete="RESTRICT"))
    ticket_id: Mapped[int] = ticket_key(index=True)
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    message_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    entitlement_id: Mapped[int | None]
    ran_at: Mapped[datetime]
    ran_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
