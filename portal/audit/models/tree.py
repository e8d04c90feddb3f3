"""The Merkle tree over the events, and what is signed and kept outside of it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.database import Base, BigId


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
