"""A tenant's stays on plans. A change ends one row and begins the next."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base


class SubscriptionStatus(StrEnum):
    """Stripe's words; which of them give access stands in `portal.subscriptions.access`."""

    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    CANCELED = "canceled"


UNDECIDED = sa.text("status = 'trialing' AND ends_at IS NULL")
"""A trial that runs, or is over and nobody chose a plan."""


class Subscription(Base):
    """One stay of a tenant on a plan, in force in [starts_at, ends_at)."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        sa.Index("ix_subscriptions_tenant_id_starts_at", "tenant_id", "starts_at", "id"),
        sa.Index("ix_subscriptions_plan_id_ends_at", "plan_id", "ends_at"),
        sa.Index("ix_subscriptions_trial_ends_at", "trial_ends_at"),
        sa.Index(
            "ix_subscriptions_undecided",
            "trial_ends_at",
            sqlite_where=UNDECIDED,
            postgresql_where=UNDECIDED,
        ),
        # One open stay a tenant: parallel changes cannot leave two.
        sa.Index(
            "uq_subscriptions_open",
            "tenant_id",
            unique=True,
            sqlite_where=sa.text("ends_at IS NULL"),
            postgresql_where=sa.text("ends_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenants.id", ondelete="RESTRICT"))
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan_templates.id", ondelete="RESTRICT"))
    status: Mapped[str] = mapped_column(sa.String(12), default=SubscriptionStatus.ACTIVE)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    trial_ends_at: Mapped[datetime | None]
    grace_ends_at: Mapped[datetime | None]
    anchor_at: Mapped[datetime]
    """Where its periods are counted from; a change of plan keeps it."""
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    created_by_label: Mapped[str] = mapped_column(sa.String(320))
    reason: Mapped[str | None] = mapped_column(sa.String(500))
