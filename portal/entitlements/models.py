"""Overrides of users and tenants, and the counters and ledger of quotas."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, BigId, JSONColumn

OPEN = sa.text("ended_at IS NULL AND effect <> 'hard_deny'")
OPEN_DENIAL = sa.text("ended_at IS NULL AND effect = 'hard_deny'")
UNNOTED = sa.text(
    "expiry_noted_at IS NULL AND expires_at IS NOT NULL "
    "AND (ended_at IS NULL OR ended_at >= expires_at)"
)
WAITING = sa.text("result IS NULL")
PENDING = sa.text("status = 'pending'")


def _one_open(table: str, *columns: str) -> list[sa.Index]:
    """At most one open override and one open denial: parallel grants cannot leave two."""
    return [
        sa.Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)
        for name, where in (
            (f"uq_{table}_open", OPEN),
            (f"uq_{table}_open_denial", OPEN_DENIAL),
        )
    ]


def _by_time(table: str) -> list[sa.Index]:
    """What will begin, and what will run out or has and is not noted yet."""
    return [
        sa.Index(f"ix_{table}_starts_at", "starts_at", "id"),
        sa.Index(
            f"ix_{table}_expires_at",
            "expires_at",
            "id",
            sqlite_where=UNNOTED,
            postgresql_where=UNNOTED,
        ),
    ]


class OverrideColumns:
    """What a grant or block of a user and one of a tenant have in common."""

    id: Mapped[int] = mapped_column(primary_key=True)
    feature_name: Mapped[str] = mapped_column(sa.String(64))
    effect: Mapped[str] = mapped_column(sa.String(10))
    quota_limit: Mapped[int | None] = mapped_column(sa.BigInteger)
    is_unlimited: Mapped[bool] = mapped_column(default=False)
    """With `quota_limit` None and this False, the limit of the layer below still counts."""
    interval: Mapped[str | None] = mapped_column(sa.String(8))
    is_soft: Mapped[bool] = mapped_column(default=False)
    overage_cap: Mapped[int | None] = mapped_column(sa.BigInteger)
    starts_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    cause_type: Mapped[str | None] = mapped_column(sa.String(40))
    cause_id: Mapped[str | None] = mapped_column(sa.String(64))
    batch_id: Mapped[str | None] = mapped_column(sa.String(36), index=True)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None]
    created_by_label: Mapped[str] = mapped_column(sa.String(320))
    ended_at: Mapped[datetime | None]
    """When it was superseded or revoked; may lie ahead when a scheduled grant follows."""
    ended_by_label: Mapped[str | None] = mapped_column(sa.String(320))
    ended_reason: Mapped[str | None] = mapped_column(sa.String(500))
    replaces_id: Mapped[int | None]
    """The row that this one closed at its start, opened again when this one is revoked before."""
    expiry_noted_at: Mapped[datetime | None]
    """When the sweeper recorded that it ran out: once."""


class UserEntitlement(OverrideColumns, Base):
    """An override for one user."""

    __tablename__ = "user_entitlements"
    __table_args__ = (
        sa.Index("ix_user_entitlements_user_id", "user_id", "feature_name", "starts_at"),
        *_by_time("user_entitlements"),
        *_one_open("user_entitlements", "user_id", "feature_name"),
    )

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="RESTRICT"))
    tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenants.id", ondelete="RESTRICT"))


class TenantEntitlement(OverrideColumns, Base):
    """An override for all users of a tenant."""

    __tablename__ = "tenant_entitlements"
    __table_args__ = (
        sa.Index("ix_tenant_entitlements_tenant_id", "tenant_id", "feature_name", "starts_at"),
        *_by_time("tenant_entitlements"),
        *_one_open("tenant_entitlements", "tenant_id", "feature_name"),
    )

    tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenants.id", ondelete="RESTRICT"))


class QuotaBucket(Base):
    """A counter: what a tenant or user has used of a feature in the running period.

    The limit is not stored here but derived at each use, except for a top-up or what was rolled
    over, which are a number of their own.
    """

    __tablename__ = "quota_buckets"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "user_key", "feature_name", "source", "source_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenants.id", ondelete="RESTRICT"))
    user_key: Mapped[int] = mapped_column(default=0)
    """The user's id, or 0 for the tenant's own counter: NULL would not be unique."""
    feature_name: Mapped[str] = mapped_column(sa.String(64))
    source: Mapped[str] = mapped_column(sa.String(10))
    """`base`, `topup` or `rollover`."""
    source_id: Mapped[int] = mapped_column(default=0)
    """Numbers the top-ups; 0 for the others, of which there is one."""
    own_limit: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Of a top-up or what was rolled over; a base counter's limit is derived."""
    used: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    reserved: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    interval: Mapped[str] = mapped_column(sa.String(8))
    period_start: Mapped[datetime]
    """Also what tells the ledger's entries of this period from those of closed ones."""
    period_end: Mapped[datetime | None]
    """None: it never starts anew."""
    priority: Mapped[int] = mapped_column(default=100)
    """The lower number is used up first; then what expires first, then the oldest."""
    expires_at: Mapped[datetime | None]
    exhausted_at: Mapped[datetime | None]
    """When a top-up ran empty: from the next period on nobody needs to see it."""
    has_extras: Mapped[bool] = mapped_column(default=False)
    """Of a base counter: top-ups or what was rolled over may count beside it."""
    over_limit_since: Mapped[datetime | None] = mapped_column(index=True)
    """Kept by the sweeper, for the list of subjects over their limit; never asked to decide."""
    created_at: Mapped[datetime]


class QuotaEvent(Base):
    """The ledger of counters: what was taken, from which buckets, under which key."""

    __tablename__ = "quota_events"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "idempotency_key"),
        sa.Index("ix_quota_events_bucket", "tenant_id", "feature_name", "at"),
        sa.Index(
            "ix_quota_events_pending",
            "expires_at",
            sqlite_where=PENDING,
            postgresql_where=PENDING,
        ),
        sa.Index(
            "ix_quota_events_held",
            "tenant_id",
            "feature_name",
            sqlite_where=PENDING,
            postgresql_where=PENDING,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenants.id", ondelete="RESTRICT"))
    user_id: Mapped[int | None]
    feature_name: Mapped[str] = mapped_column(sa.String(64))
    idempotency_key: Mapped[str] = mapped_column(sa.String(200))
    request_sha256: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    kind: Mapped[str] = mapped_column(sa.String(10))
    amount: Mapped[int] = mapped_column(sa.BigInteger)
    refers_to: Mapped[int | None] = mapped_column(BigId)
    """The event that a commit, release or refund is about."""
    allocations: Mapped[list[Any]] = mapped_column(JSONColumn)
    """`{"bucket", "period_start", "used", "reserved"}`, the last two as signed differences: their
    sum over a bucket's running period is what the bucket says."""
    result: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(sa.String(10))
    """`done`; of a reservation `pending`, then `committed`, `released` or `expired`."""
    refunded: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    expires_at: Mapped[datetime | None]
    at: Mapped[datetime]


class BulkGrant(Base):
    """One grant given to many: by a list or a filter, done by the worker, a result for each."""

    __tablename__ = "bulk_grants"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(sa.String(6))
    """`user` or `tenant`: what its subjects are."""
    terms: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(sa.String(10))
    """`queued`, `running` or `done`."""
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(index=True)
    created_by: Mapped[int | None] = mapped_column(sa.ForeignKey("admins.id", ondelete="SET NULL"))
    created_by_label: Mapped[str] = mapped_column(sa.String(320))
    finished_at: Mapped[datetime | None]


class BulkGrantRow(Base):
    """One subject of a bulk grant, and how it went."""

    __tablename__ = "bulk_grant_rows"
    __table_args__ = (
        sa.Index(
            "ix_bulk_grant_rows_waiting",
            "bulk_grant_id",
            "subject_id",
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
    )

    bulk_grant_id: Mapped[int] = mapped_column(
        sa.ForeignKey("bulk_grants.id", ondelete="CASCADE"), primary_key=True
    )
    subject_id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(sa.String(320))
    result: Mapped[str | None] = mapped_column(sa.String(10))
    """`granted`, `refused`, or None while it waits."""
    detail: Mapped[str | None] = mapped_column(sa.String(500))


class QuotaAlert(Base):
    """A threshold that was reached: each fires once a period."""

    __tablename__ = "quota_alerts"

    bucket_id: Mapped[int] = mapped_column(
        sa.ForeignKey("quota_buckets.id", ondelete="CASCADE"), primary_key=True
    )
    period_start: Mapped[datetime] = mapped_column(primary_key=True)
    threshold: Mapped[int] = mapped_column(primary_key=True)
    fired_at: Mapped[datetime]


class UsageEvent(Base):
    """One use that the product reported; its id is unique for good."""

    __tablename__ = "usage_events"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "source", "event_id"),
        sa.Index("ix_usage_events_tenant_id", "tenant_id", "feature_name", "occurred_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    tenant_id: Mapped[int] = mapped_column(sa.ForeignKey("tenants.id", ondelete="RESTRICT"))
    user_id: Mapped[int | None]
    source: Mapped[str] = mapped_column(sa.String(64))
    event_id: Mapped[str] = mapped_column(sa.String(128))
    feature_name: Mapped[str] = mapped_column(sa.String(64))
    value: Mapped[str] = mapped_column(sa.String(40))
    """A decimal number as text: exact."""
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    properties: Mapped[dict[str, Any]]


class UsageHour(Base):
    """Uses of a feature in one hour, kept in the transaction that takes the event."""

    __tablename__ = "usage_hourly"

    tenant_id: Mapped[int] = mapped_column(
        sa.ForeignKey("tenants.id", ondelete="RESTRICT"), primary_key=True
    )
    feature_name: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    events: Mapped[int] = mapped_column(sa.BigInteger)
    total_millionths: Mapped[int] = mapped_column(sa.BigInteger)
    """The sum of the values, in millionths: exact in every database."""
    largest_millionths: Mapped[int] = mapped_column(sa.BigInteger)
