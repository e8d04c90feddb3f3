"""Filters of the log that people keep."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base

IS_SHARED = sa.text("owner_id IS NULL")


class AuditView(Base):
    """Filters of the log under a name. Without an owner it is for everybody who reads it all."""

    __tablename__ = "audit_views"
    __table_args__ = (
        sa.UniqueConstraint("owner_id", "name_key"),
        sa.Index(
            "uq_audit_views_shared",
            "name_key",
            unique=True,
            sqlite_where=IS_SHARED,
            postgresql_where=IS_SHARED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    name_key: Mapped[str] = mapped_column(sa.String(200))
    """The name case-folded: an owner has each name once."""
    query: Mapped[str] = mapped_column(sa.String(2000))
    """As an address of the log has it."""
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
