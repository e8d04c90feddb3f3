"""The append-only ledger and the tree that proves it.

The database itself refuses to change or remove a row of an event, leaf, node, checkpoint, anchor
or origin.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, BigId

OF_FEATURES = sa.text("feature_name IS NOT NULL")


class AuditEvent(Base):
    """One thing that happened. `canonical` is the evidence; the other columns project it."""

    __tablename__ = "audit_events"
    __table_args__ = (
        sa.Index("ix_audit_events_occurred_at_id", "occurred_at", "id"),
        sa.Index("ix_audit_events_stream_occurred_at", "stream", "occurred_at", "id"),
        sa.Index("ix_audit_events_actor_id_occurred_at", "actor_id", "occurred_at", "id"),
        sa.Index("ix_audit_events_target", "target_type", "target_id", "occurred_at", "id"),
        sa.Index("ix_audit_events_tenant_id_occurred_at", "tenant_id", "occurred_at", "id"),
        sa.Index(
            "ix_audit_events_feature_name",
            "feature_name",
            "occurred_at",
            "id",
            sqlite_where=OF_FEATURES,
            postgresql_where=OF_FEATURES,
        ),
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


class StreamKind(StrEnum):
    """By which way a stream leaves the portal."""

    WEBHOOK = "webhook"
    SYSLOG = "syslog"
    FILE = "file"


class StreamFormat(StrEnum):
    """In which words the events of a stream are told."""

    OCSF = "ocsf"
    ECS = "ecs"
    CANONICAL = "canonical"


class AuditStream(Base):
    """One place outside that is told each event, in the order of the leaves."""

    __tablename__ = "audit_streams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    kind: Mapped[StreamKind] = mapped_column(sa.String(10))
    address: Mapped[str] = mapped_column(sa.String(500))
    format: Mapped[StreamFormat] = mapped_column(sa.String(10))
    next_index: Mapped[int] = mapped_column(BigId)
    """The leaf to be told next: all before it were taken by the receiver."""
    secret: Mapped[bytes | None]
    """Sealed. A webhook's alone."""
    previous_secret: Mapped[bytes | None]
    previous_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    """In a row."""
    failing_since: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(sa.String(500))
    last_sent_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    """A worker tells the next batch until then."""
    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str | None] = mapped_column(sa.String(500))
    created_at: Mapped[datetime]


class GroupBy(StrEnum):
    """Of whom or what an alert counts the events."""

    NOBODY = ""
    ACTOR = "actor"
    TARGET = "target"
    ADDRESS = "address"


class AlertRule(Base):
    """Which events, how many of them and how soon, somebody is told about."""

    __tablename__ = "audit_alert_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    actions: Mapped[list[str]]
    """Any action when empty."""
    outcome: Mapped[str | None] = mapped_column(sa.String(10))
    lowest_severity: Mapped[str | None] = mapped_column(sa.String(10))
    role: Mapped[str | None] = mapped_column(sa.String(20))
    """The new role of a `staff.role_changed`, the role of a person who joined."""
    threshold: Mapped[int]
    minutes: Mapped[int]
    """The window of the threshold."""
    group_by: Mapped[GroupBy] = mapped_column(sa.String(10))
    quiet_minutes: Mapped[int]
    """For so long the same alert about the same one is counted and not told again."""
    roles: Mapped[list[str]]
    """Whom it is told: everybody with one of these roles."""
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Alert(Base):
    """A rule that was met: by which event, and who has looked at it since."""

    __tablename__ = "audit_alerts"
    __table_args__ = (
        sa.UniqueConstraint("rule_id", "event_id"),
        sa.Index("ix_audit_alerts_rule_id_about", "rule_id", "about", "raised_at"),
        sa.Index("ix_audit_alerts_acknowledged_at", "acknowledged_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int]
    rule_name: Mapped[str] = mapped_column(sa.String(80))
    event_id: Mapped[str] = mapped_column(sa.String(36))
    about: Mapped[str] = mapped_column(sa.String(400))
    """Whom or what the rule counts by, as plain text; empty when it counts everything."""
    text: Mapped[str] = mapped_column(sa.String(500))
    count: Mapped[int]
    """How many events met it until its quiet time was over."""
    raised_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(sa.String(320))


class WatchPlace(Base):
    """The one row that says which leaf the alerts look at next."""

    __tablename__ = "audit_watch"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Always 1."""
    next_index: Mapped[int] = mapped_column(BigId)
