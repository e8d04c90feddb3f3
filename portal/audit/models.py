"""The append-only ledger and the tree that proves it.

The database itself refuses to change or remove a row of an event, leaf, node, checkpoint, anchor
or origin.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, BigId

NOT_SUCCESS, NOT_INFO = "outcome <> 'success'", "severity <> 'info'"
"""Few events: an index of them alone costs the others nothing. See `searching.is_outcome`."""
IS_SHARED = sa.text("owner_id IS NULL")


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


class PendingEvent(Base):
    """An event that waits for its leaf. A trigger adds it with the event, in the same transaction.

    Sequences are given before commit and times are taken before it, so "newer than the last one
    seen" would lose events; what stands here is lost by nobody.
    """

    __tablename__ = "audit_pending"
    __table_args__ = ({"sqlite_with_rowid": False},)

    event_id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)


class Leaf(Base):
    """The place of one event in the Merkle tree, given after its commit. Outlives the event."""

    __tablename__ = "audit_leaves"
    __table_args__ = ({"sqlite_with_rowid": False},)

    leaf_index: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    event_id: Mapped[str] = mapped_column(sa.String(36), unique=True)
    leaf_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))


class Node(Base):
    """A full subtree's hash, kept for every eighth level: a proof then reads a few hundred hashes.

    A copy of what the leaves say, which verification compares with them.
    """

    __tablename__ = "audit_nodes"
    __table_args__ = ({"sqlite_with_rowid": False},)

    level: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    """It covers 2**level leaves; 8, 16, 24, ..."""
    position: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    """It begins at leaf position * 2**level."""
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))


class FrontierRow(Base):
    """The one row that holds the tree's right edge. Only a copy: the leaves can make it anew."""

    __tablename__ = "audit_frontier"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Always 1."""
    size: Mapped[int] = mapped_column(BigId)
    hashes: Mapped[bytes] = mapped_column(sa.LargeBinary(64 * 32))
    """32 bytes a full subtree, the largest first."""


class SignedTree(Base):
    """A checkpoint: the root at one size, as a signed note that anybody can check."""

    __tablename__ = "audit_checkpoints"
    __table_args__ = ({"sqlite_with_rowid": False},)

    tree_size: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    created_at: Mapped[datetime]
    key_id: Mapped[str | None] = mapped_column(sa.String(8))
    """Hexadecimal; None while the installation has no key, so that the note is not signed."""
    note: Mapped[str] = mapped_column(sa.Text)


class Anchor(Base):
    """Where outside the database a checkpoint was left, and what the place answered."""

    __tablename__ = "audit_anchors"
    __table_args__ = ({"sqlite_with_rowid": False},)

    tree_size: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    target: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    receipt: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[datetime]


class LogOrigin(Base):
    """The log's name in its checkpoints. A fork that was accepted begins a new one."""

    __tablename__ = "audit_origins"
    __table_args__ = ({"sqlite_with_rowid": False},)

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    origin: Mapped[str] = mapped_column(sa.String(200), unique=True)
    from_size: Mapped[int] = mapped_column(BigId)
    """How many leaves the tree had when the name began to be used."""
    reason: Mapped[str | None] = mapped_column(sa.String(500))
    created_at: Mapped[datetime]


class Verification(Base):
    """One whole check of the ledger: up to where, when, and what it found."""

    __tablename__ = "audit_verifications"

    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    tree_size: Mapped[int] = mapped_column(BigId)
    exit_code: Mapped[int] = mapped_column(sa.SmallInteger)
    """As the command ends: 0 whole, 1 tampered with, 3 could not be verified."""
    faults: Mapped[dict[str, Any]]
    """`{"faults": [{"kind", "leaf_index", "event_id", "message"}], "notes": [...]}`."""


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
