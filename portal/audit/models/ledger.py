"""The one append-only table of events. The database itself refuses to change or remove a row."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.audit.kinds import MONEY
from portal.core.database import Base

NOT_SUCCESS, NOT_INFO = "outcome <> 'success'", "severity <> 'info'"
"""Few events: an index of them alone costs the others nothing. See `searching.is_outcome`."""

ABOUT_MONEY = " OR ".join(f"substr(action, 1, {len(it) + 1}) = '{it}.'" for it in MONEY)
"""A question in these very words is answered by the index of such events."""


def _index(*columns: str, where: str | None = None, name: str = "") -> sa.Index:
    """For one filter, the newest first; of most events only what the filter is asked for."""
    condition = sa.text(where) if where else None
    return sa.Index(
        f"ix_audit_events_{name or '_'.join(columns)}",
        *columns,
        "occurred_at",
        "id",
        sqlite_where=condition,
        postgresql_where=condition,
    )


class AuditEvent(Base):
    """One thing that happened. `canonical` is the evidence; the other columns project it."""

    __tablename__ = "audit_events"
    __table_args__ = (
        sa.Index("ix_audit_events_occurred_at_id", "occurred_at", "id"),
        sa.Index("ix_audit_events_stream_occurred_at", "stream", "occurred_at", "id"),
        _index("actor_type", "actor_id", name="actor"),
        _index("actor_type", "actor_id", "stream", name="actor_stream"),
        sa.Index("ix_audit_events_target", "target_type", "target_id", "occurred_at", "id"),
        sa.Index("ix_audit_events_tenant_id_occurred_at", "tenant_id", "occurred_at", "id"),
        _index("feature_name", where="feature_name IS NOT NULL"),
        _index("action"),
        _index("outcome", where=NOT_SUCCESS),
        _index("stream", "outcome", where=NOT_SUCCESS),
        _index("severity", where=NOT_INFO),
        _index(where=ABOUT_MONEY, name="money"),
        _index("stream", "severity", where=NOT_INFO),
        _index("ip", where="ip IS NOT NULL"),
        _index("session_ref", where="session_ref IS NOT NULL"),
        _index("request_id", where="request_id IS NOT NULL"),
        {"sqlite_with_rowid": False},
    )

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    """UUIDv7."""
    occurred_at: Mapped[str] = mapped_column(sa.String(27))
    """RFC 3339 in UTC with microseconds, as text: sorts as it happened, on every database."""
    stream: Mapped[str] = mapped_column(sa.String(20))
    action: Mapped[str] = mapped_column(sa.String(60))
    outcome: Mapped[str] = mapped_column(sa.String(10))
    severity: Mapped[str] = mapped_column(sa.String(10))
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    actor_type: Mapped[str] = mapped_column(sa.String(12))
    actor_id: Mapped[int | None]
    actor_label: Mapped[str] = mapped_column(sa.String(320))
    actor_role: Mapped[str | None] = mapped_column(sa.String(20))
    target_type: Mapped[str | None] = mapped_column(sa.String(40))
    target_id: Mapped[str | None] = mapped_column(sa.String(64))
    target_label: Mapped[str | None] = mapped_column(sa.String(320))
    tenant_id: Mapped[int | None]
    feature_name: Mapped[str | None] = mapped_column(sa.String(64))
    """Which feature an event of the entitlement stream is about, for its log's filter."""
    ip: Mapped[str | None] = mapped_column(sa.String(45))
    request_id: Mapped[str | None] = mapped_column(sa.String(64))
    session_ref: Mapped[str | None] = mapped_column(sa.String(16))
    canonical: Mapped[bytes]
    """RFC 8785 bytes of the whole event; never re-serialised, only hashed and shown."""
