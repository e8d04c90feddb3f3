"""Coupons, the batches they were made in, whom they are for, and who used them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base


class CouponStatus(StrEnum):
    """Only an active one can be used."""

    ACTIVE = "active"
    AWAITING_APPROVAL = "awaiting_approval"
    REJECTED = "rejected"
    DISABLED = "disabled"


HELD_BACK = frozenset({CouponStatus.AWAITING_APPROVAL, CouponStatus.REJECTED})
"""Nobody can use what somebody asked for, until another person lets them."""


class UsageStatus(StrEnum):
    """reserved -> redeemed | released, each by one guarded change."""

    RESERVED = "reserved"
    REDEEMED = "redeemed"
    RELEASED = "released"


class CouponBatch(Base):
    """Many codes that were made at once. `terms` is what each of them says."""

    __tablename__ = "coupon_batches"

    id: Mapped[int] = mapped_column(primary_key=True)
    once: Mapped[str] = mapped_column(sa.String(36), unique=True)
    """Of the form that asked for it: sent twice, it makes one batch."""
    prefix: Mapped[str] = mapped_column(sa.String(20))
    size: Mapped[int]
    terms: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(sa.String(20))
    requested_by: Mapped[int | None]
    decided_by_label: Mapped[str | None] = mapped_column(sa.String(320))
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    created_by_label: Mapped[str] = mapped_column(sa.String(320))


class Coupon(Base):
    """A code and what it is worth. Amounts are minor units, one a currency."""

    __tablename__ = "coupons"
    __table_args__ = (
        sa.Index("ix_coupons_status", "status", "id"),
        sa.Index("ix_coupons_batch_id", "batch_id", "id"),
        sa.Index("ix_coupons_given_by", "given_by", "given_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40))
    code_key: Mapped[str] = mapped_column(sa.String(40), unique=True)
    """The code in small letters: customers type it as they like."""
    description: Mapped[str] = mapped_column(sa.String(200))
    basis_points: Mapped[int | None]
    """None: it takes off an amount, which `amounts` says by currency."""
    amounts: Mapped[dict[str, Any]]
    duration: Mapped[str] = mapped_column(sa.String(10))
    periods: Mapped[int | None]
    """Of a repeating one that counts them: how many."""
    months: Mapped[int | None]
    """Of a repeating one that counts these: how long its window is, from the first paid period."""
    starts_at: Mapped[datetime | None]
    redeem_by: Mapped[datetime | None]
    """When the last may redeem it. A discount that was redeemed goes on."""
    max_redemptions: Mapped[int | None]
    max_per_tenant: Mapped[int]
    max_per_user: Mapped[int | None]
    plans: Mapped[list[str]]
    """Empty: every plan."""
    min_amounts: Mapped[dict[str, Any]]
    is_first_time_only: Mapped[bool]
    is_stackable: Mapped[bool]
    carry_remaining: Mapped[bool]
    """What an amount leaves over on the first invoice is taken off the next ones."""
    is_public: Mapped[bool]
    """False: for the tenants in `coupon_tenants` alone; of a batch, in `coupon_batch_tenants`."""
    status: Mapped[str] = mapped_column(sa.String(20))
    times_redeemed: Mapped[int] = mapped_column(default=0)
    """A cache of its usages that are reserved or redeemed."""
    first_redeemed_at: Mapped[datetime | None]
    """From then on what it is worth is fixed."""
    requested_by: Mapped[int | None]
    """Who asked for more than they may give: somebody else approves."""
    decided_by_label: Mapped[str | None] = mapped_column(sa.String(320))
    created_at: Mapped[datetime]
    created_by_label: Mapped[str] = mapped_column(sa.String(320))
    given_by: Mapped[int | None]
    """Who made, changed or enabled it last: its uses count against what they may give alone."""
    given_at: Mapped[datetime]
    batch_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("coupon_batches.id", ondelete="RESTRICT")
    )


class CouponTenant(Base):
    """A tenant that a coupon which is not public is for."""

    __tablename__ = "coupon_tenants"

    coupon_id: Mapped[int] = mapped_column(
        sa.ForeignKey("coupons.id", ondelete="CASCADE"), primary_key=True
    )
    tenant_id: Mapped[int] = mapped_column(
        sa.ForeignKey("tenants.id", ondelete="RESTRICT"), primary_key=True, index=True
    )


class CouponBatchTenant(Base):
    """A tenant that every code of a batch which is not public is for."""

    __tablename__ = "coupon_batch_tenants"

    batch_id: Mapped[int] = mapped_column(
        sa.ForeignKey("coupon_batches.id", ondelete="CASCADE"), primary_key=True
    )
    tenant_id: Mapped[int] = mapped_column(
        sa.ForeignKey("tenants.id", ondelete="RESTRICT"), primary_key=True, index=True
    )


class CouponUsage(Base):
    """One use of a coupon, from the reservation on. `terms` is the coupon as it was then."""

    __tablename__ = "coupon_usages"
    __table_args__ = (
        sa.UniqueConstraint("coupon_id", "tenant_id", "slot"),
        sa.Index("ix_coupon_usages_coupon_id", "coupon_id", "id"),
        sa.Index("ix_coupon_usages_tenant_id", "tenant_id", "status", "id"),
        sa.Index(
            "ix_coupon_usages_expires_at",
            "expires_at",
            "id",
            sqlite_where=sa.text("status = 'reserved'"),
            postgresql_where=sa.text("status = 'reserved'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    coupon_id: Mapped[int] = mapped_column(sa.ForeignKey("coupons.id", ondelete="RESTRICT"))
    tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenants.id", ondelete="RESTRICT"))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"))
    slot: Mapped[int | None]
    """0 to max_per_tenant - 1, and None once released or refunded: NULLs are never the same."""
    status: Mapped[str] = mapped_column(sa.String(10))
    plan: Mapped[str] = mapped_column(sa.String(64))
    currency: Mapped[str] = mapped_column(sa.String(3))
    base_cents: Mapped[int] = mapped_column(sa.BigInteger)
    discount_cents: Mapped[int] = mapped_column(sa.BigInteger)
    terms: Mapped[dict[str, Any]]
    is_stackable: Mapped[bool]
    periods_total: Mapped[int | None]
    """None: without end, or until its window ends."""
    periods_used: Mapped[int] = mapped_column(default=0)
    discounted_from: Mapped[datetime | None]
    """Of one that counts months: the start of the first period that was billed with it."""
    discounted_until: Mapped[datetime | None]
    """A period that begins before this is discounted whole. None: no window, or not begun."""
    leftover_cents: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    """Of an amount that is carried over: what later invoices may still take off."""
    reserved_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """Until when it is held; means nothing once it is redeemed."""
    ended_at: Mapped[datetime | None]
    """When it was redeemed or released."""
    returned_at: Mapped[datetime | None]
    """When the purchase was refunded in full: it takes nothing off any more."""
    by_label: Mapped[str] = mapped_column(sa.String(320))
