"""Features, plan templates, and every version that the catalogue has had."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base


class FeatureCategory(StrEnum):
    """The eight shelves of the catalogue."""

    QUOTES = "quotes"
    PARTIES = "parties"
    INVOICES = "invoices"
    SUPPORT = "support"
    ANALYTICS = "analytics"
    INTEGRATIONS = "integrations"
    ADMIN = "admin"
    OTHER = "other"


class FeatureRow(Base):
    """One thing that may be allowed to customers. Its name never changes."""

    __tablename__ = "features"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(64), unique=True)
    display_name: Mapped[str] = mapped_column(sa.String(120))
    description: Mapped[str] = mapped_column(sa.String(500))
    category: Mapped[str] = mapped_column(sa.String(20), index=True)
    is_default: Mapped[bool]
    min_plan_level: Mapped[int]
    is_metered: Mapped[bool]
    unit: Mapped[str | None] = mapped_column(sa.String(40))
    interval: Mapped[str] = mapped_column(sa.String(8), default="month")
    """When its limits start anew; `never` for what is counted, not consumed."""
    killed_at: Mapped[datetime | None]
    killed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class PlanTemplate(Base):
    """A plan as it is offered. Prices are minor units; None means by agreement."""

    __tablename__ = "plan_templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(64), unique=True)
    display_name: Mapped[str] = mapped_column(sa.String(120))
    description: Mapped[str] = mapped_column(sa.String(500), default="")
    level: Mapped[int]
    currency: Mapped[str] = mapped_column(sa.String(3))
    monthly_price_cents: Mapped[int | None]
    annual_price_cents: Mapped[int | None]
    includes_all: Mapped[bool] = mapped_column(default=False)
    is_fallback: Mapped[bool] = mapped_column(default=False)
    """The plan of tenants without any other; at most one."""
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class PlanFeatureRow(Base):
    """What a plan says of a feature; no row leaves it to the plan's level."""

    __tablename__ = "plan_features"

    plan_id: Mapped[int] = mapped_column(
        sa.ForeignKey("plan_templates.id", ondelete="CASCADE"), primary_key=True
    )
    feature_id: Mapped[int] = mapped_column(
        sa.ForeignKey("features.id", ondelete="CASCADE"), primary_key=True
    )
    is_included: Mapped[bool]
    is_unlimited: Mapped[bool] = mapped_column(default=True)
    quota_limit: Mapped[int | None] = mapped_column(sa.BigInteger)
    interval: Mapped[str | None] = mapped_column(sa.String(8))
    """None: the feature's own."""
    is_soft: Mapped[bool] = mapped_column(default=False)
    overage_cap: Mapped[int | None] = mapped_column(sa.BigInteger)
    """How far a soft limit may be passed; None: without end."""
    rollover_min: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    rollover_max: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    """What of the rest goes over into the next period: at least and at most."""


class CatalogRevision(Base):
    """The whole catalogue as it stood from an instant on: what "as of" questions read.

    The newest id is the catalogue's version, part of every cached answer's key.
    """

    __tablename__ = "catalog_revisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    effective_at: Mapped[datetime] = mapped_column(index=True)
    content: Mapped[dict[str, Any]]
    changed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
