"""What was archived, and what may not be."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, BigId


class Archive(Base):
    """A range of leaves whose events were written into a bundle and then taken out of the table.

    That it was is an event, which verification believes; this row says how far the work has come.
    """

    __tablename__ = "audit_archives"

    id: Mapped[int] = mapped_column(primary_key=True)
    first_index: Mapped[int] = mapped_column(BigId, unique=True)
    end_index: Mapped[int] = mapped_column(BigId)
    """One after the last."""
    file: Mapped[str] = mapped_column(sa.String(500))
    """Where the bundle was written; whoever keeps it may have moved it since."""
    sha256: Mapped[str] = mapped_column(sa.String(64))
    event_id: Mapped[str] = mapped_column(sa.String(36))
    """Of the event that tells of it."""
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    """None while events are still being taken out: the work goes on where it stopped."""


class Hold(Base):
    """A legal hold: events of one tenant or person, or all, stay in the table while it lasts."""

    __tablename__ = "audit_holds"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(sa.String(12))
    subject_id: Mapped[int | None]
    """The number of the tenant, user or person of ours; None when everything is held."""
    reason: Mapped[str] = mapped_column(sa.String(500))
    placed_at: Mapped[datetime]
    placed_by: Mapped[str] = mapped_column(sa.String(320))
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None] = mapped_column(sa.String(320))
