"""What was given to make something good, and how much of it may be given."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base
from portal.support.models.tickets import ticket_key


class GoodwillGesture(Base):
    """One gesture: a coupon, a feature for a time, more quota or a longer trial."""

    __tablename__ = "goodwill_gestures"
    __table_args__ = (
        sa.UniqueConstraint("ticket_id", "submit_key"),
        sa.Index("ix_goodwill_gestures_tenant_id", "tenant_id", "created_at"),
        sa.Index("ix_goodwill_gestures_status", "status", "id"),
        sa.Index("ix_goodwill_gestures_requested_by", "requested_by", "id"),
        sa.Index("ix_goodwill_gestures_month", "month", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = ticket_key(index=True)
    tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenants.id", ondelete="RESTRICT"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"))
    kind: Mapped[str] = mapped_column(sa.String(8))
    terms: Mapped[dict[str, Any]]
    """`{percent}`, `{feature_name, days}`, `{feature_name, amount}` or `{days}`."""
    summary: Mapped[str] = mapped_column(sa.String(200))
    """`14 days of Custom Reports`: what it is called wherever it is named."""
    value_cents: Mapped[int] = mapped_column(sa.BigInteger)
    """What it is worth by the rules of `goodwill_values`."""
    spent_cents: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    """What it takes of its giver's budget: nothing when somebody else approved it."""
    currency: Mapped[str] = mapped_column(sa.String(3))
    month: Mapped[str] = mapped_column(sa.String(7))
    """`2026-11`, the month whose budgets it counts in."""
    status: Mapped[str] = mapped_column(sa.String(20))
    reason: Mapped[str] = mapped_column(sa.String(400))
    sentence: Mapped[str | None] = mapped_column(sa.String(400))
    """What the customer may be told, once it is given."""
    target_type: Mapped[str | None] = mapped_column(sa.String(20))
    """`coupon`, `user_entitlement`, `quota` or `subscription`: the row that it made."""
    target_id: Mapped[int | None]
    target_label: Mapped[str | None] = mapped_column(sa.String(80))
    since: Mapped[datetime | None]
    """From when it gives something: of a trial, its end before."""
    until: Mapped[datetime | None]
    submit_key: Mapped[str | None] = mapped_column(sa.String(64))
    requested_by: Mapped[int | None] = mapped_column(
        sa.ForeignKey("admins.id", ondelete="SET NULL")
    )
    requested_by_label: Mapped[str] = mapped_column(sa.String(320))
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    decided_by_label: Mapped[str | None] = mapped_column(sa.String(320))
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class GoodwillLimit(Base):
    """How much may be given away. The row of person 0 counts for whoever has none of their own."""

    __tablename__ = "goodwill_limits"

    admin_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    monthly_cents: Mapped[int] = mapped_column(sa.BigInteger)
    cap_cents: Mapped[int] = mapped_column(sa.BigInteger)
    """Of one gesture."""
    tenant_cents: Mapped[int] = mapped_column(sa.BigInteger)
    """To one tenant in a month, whoever gives; only the row of person 0 says it."""
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by_label: Mapped[str] = mapped_column(sa.String(320))


class GoodwillSpent(Base):
    """A counter: what one person gave, or one tenant got, in a month."""

    __tablename__ = "goodwill_spent"

    owner: Mapped[str] = mapped_column(sa.String(6), primary_key=True)
    """`agent` or `tenant`."""
    owner_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[str] = mapped_column(sa.String(7), primary_key=True)
    spent_cents: Mapped[int] = mapped_column(sa.BigInteger)
