"""That one event stands in the tree, step by step from its leaf to a root that was signed."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from portal.audit import merkle
from portal.audit.merkle import Span
from portal.audit.models import AuditEvent, Leaf, SignedTree
from portal.audit.tree import TreeReader
from portal.core.database import db


@dataclass(frozen=True, slots=True)
class Step:
    """One hash on the way from a leaf to the root."""

    span: Span
    is_left: bool
    """Does the hash beside stand left of what was found so far?"""
    beside: bytes
    found: bytes
    """The hash over both."""


@dataclass(frozen=True, slots=True)
class EventProof:
    """That one event stands in the tree of one size, step by step."""

    event_id: str
    leaf_index: int
    leaf_hash: bytes
    is_event_kept: bool
    """An archived event left its leaf behind."""
    is_unchanged: bool
    """The stored event still has the hash of its leaf; also when it is archived."""
    tree_size: int
    root: bytes
    checkpoint: SignedTree | None
    """The first checkpoint that covers the event; None until there is one."""
    steps: tuple[Step, ...]

    @property
    def hashes(self) -> list[bytes]:
        """The inclusion proof as RFC 6962 has it."""
        return [step.beside for step in self.steps]

    @property
    def is_whole(self) -> bool:
        """Is the event unchanged, and do the steps lead to the root?"""
        found = self.steps[-1].found if self.steps else self.leaf_hash
        return self.is_unchanged and found == self.root


def proof_of(event_id: str) -> EventProof | None:
    """The proof for one event; None while it waits for its leaf.

    Raises:
        TreeDamaged: a hash of the proof is missing.
    """
    connection = db.session.connection()
    query = (
        sa.select(Leaf.leaf_index, Leaf.leaf_hash, AuditEvent.canonical)
        .outerjoin_from(Leaf, AuditEvent, AuditEvent.id == Leaf.event_id)
        .where(Leaf.event_id == event_id[:36])
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    covering = sa.select(SignedTree).where(SignedTree.tree_size > row.leaf_index)
    checkpoint = db.session.scalar(covering.order_by(SignedTree.tree_size).limit(1))
    reader = TreeReader(connection)
    size = checkpoint.tree_size if checkpoint else reader.size
    index, leaf, canonical = row
    spans = merkle.inclusion_spans(index, size)
    *beside, root = reader.hashes_of([*spans, (0, size)])
    return EventProof(
        event_id=event_id,
        leaf_index=index,
        leaf_hash=bytes(leaf),
        is_event_kept=canonical is not None,
        is_unchanged=canonical is None or merkle.leaf_hash(bytes(canonical)) == bytes(leaf),
        tree_size=size,
        root=checkpoint.root if checkpoint else root,
        checkpoint=checkpoint,
        steps=tuple(_steps(index, bytes(leaf), spans, beside)),
    )


def _steps(index: int, leaf: bytes, spans: list[Span], beside: list[bytes]) -> Iterator[Step]:
    found = leaf
    for span, other in zip(spans, beside, strict=True):
        is_left = span[0] < index
        found = merkle.node_hash(other, found) if is_left else merkle.node_hash(found, other)
        yield Step(span, is_left, other, found)
