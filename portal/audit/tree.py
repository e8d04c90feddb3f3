"""Hashes and proofs out of the stored tree.

A full subtree's hash is kept for every eighth level, so that any span is put together from at
most a few hundred stored hashes, in one query for leaves and one for nodes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.audit import merkle
from portal.audit.merkle import EMPTY_ROOT, Frontier, Span
from portal.audit.models import AuditEvent, FrontierRow, Leaf, Node, SignedTree
from portal.core.database import db

STEP = 8
"""Every eighth level is stored; level 0 are the leaves."""
Place = tuple[int, int]
"""A level and a position in it: what begins at leaf position * 2**level."""
_leaf, _node = Leaf.__table__.c, Node.__table__.c


class TreeDamaged(LookupError):
    """A hash that the tree of this size must have is not stored."""


def grow(frontier: Frontier, leaf: bytes) -> list[tuple[Place, bytes]]:
    """Append a leaf; what it completed of the levels that are stored, the lowest first."""
    position, completed = frontier.size, []
    left, found, level = len(frontier.hashes), leaf, 0
    while position & 1:
        left, level, position = left - 1, level + 1, position >> 1
        found = merkle.node_hash(frontier.hashes[left], found)
        if level % STEP == 0:
            completed.append(((level, position), found))
    frontier.hashes[left:] = [found]
    frontier.size += 1
    return completed


def frontier_of(connection: sa.Connection) -> Frontier:
    """The right edge as it is stored; without the row, as the leaves make it anew."""
    row = connection.execute(sa.select(FrontierRow.size, FrontierRow.hashes)).one_or_none()
    if row is None:
        return TreeReader(connection).frontier()
    hashes = [row.hashes[start : start + 32] for start in range(0, len(row.hashes), 32)]
    return Frontier(row.size, hashes)


class TreeReader:
    """Reads one database's tree over a connection. Each proof costs the same two queries."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection

    @property
    def size(self) -> int:
        """How many leaves there are, asked anew each time."""
        last = self.connection.scalar(sa.select(sa.func.max(_leaf.leaf_index)))
        return 0 if last is None else int(last) + 1

    def hash_of(self, span: Span) -> bytes:
        """
        Raises:
            TreeDamaged: a leaf or node of the span is missing.
        """
        return self.hashes_of([span])[0]

    def root(self, size: int) -> bytes:
        """The root when the tree had so many leaves.

        Raises:
            TreeDamaged: it has fewer now.
        """
        return self.roots([size])[0]

    def roots(self, sizes: Sequence[int]) -> list[bytes]:
        """The root at each of these sizes, for the price of one."""
        found = iter(self.hashes_of([(0, size) for size in sizes if size]))
        return [next(found) if size else EMPTY_ROOT for size in sizes]

    def frontier(self, size: int | None = None) -> Frontier:
        """The right edge at this size, by default of all leaves."""
        size = self.size if size is None else size
        spans: list[Span] = []
        for bit in reversed(range(size.bit_length())):
            if size >> bit & 1:
                start = spans[-1][1] if spans else 0
                spans.append((start, start + (1 << bit)))
        return Frontier(size, self.hashes_of(spans))

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that leaf `index` stands in the tree of that size, the nearest hash first."""
        return self.hashes_of(merkle.inclusion_spans(index, size))

    def consistency(self, old_size: int, size: int) -> list[bytes]:
        """The proof that the tree of the old size is a beginning of the other."""
        return self.hashes_of(merkle.consistency_spans(old_size, size))

    def outside(self, first: int, end: int, size: int) -> list[bytes]:
        """The hashes left and right of a range of leaves, from left to right."""
        return self.hashes_of(merkle.outside_spans(first, end, size))

    def hashes_of(self, spans: Sequence[Span]) -> list[bytes]:
        """The hash of each span; however many there are, two queries.

        Raises:
            TreeDamaged: a leaf or node is missing.
        """
        subtrees: set[Place] = set()

        def note(level: int, position: int) -> bytes:
            subtrees.add((level, position))
            return b""

        for span in spans:
            merkle.subtree_root(note, span)
        stored = self._stored(subtrees)
        return [merkle.subtree_root(lambda *place: _from(stored, place), span) for span in spans]

    def _stored(self, subtrees: Iterable[Place]) -> dict[Place, bytes]:
        ranges: dict[int, list[Span]] = {}
        for place in sorted(subtrees):
            level, span = _below(place)
            known = ranges.setdefault(level, [])
            if known and known[-1][1] == span[0]:
                span = (known.pop()[0], span[1])
            known.append(span)
        return {place: found for query in _queries(ranges) for place, found in self._rows(query)}

    def _rows(self, query: sa.Select[int, int, bytes]) -> Iterator[tuple[Place, bytes]]:
        for level, position, found in self.connection.execute(query):
            yield (level, position), bytes(found)


def _below(place: Place) -> tuple[int, Span]:
    """The stored level that this subtree is put together from, and the positions in it."""
    level, position = place
    width = 1 << level % STEP
    return level - level % STEP, (position * width, (position + 1) * width)


def _queries(ranges: dict[int, list[Span]]) -> Iterator[sa.Select[int, int, bytes]]:
    if 0 in ranges:
        leaves = sa.select(sa.literal(0), _leaf.leaf_index, _leaf.leaf_hash)
        yield leaves.where(sa.or_(*(_within(_leaf.leaf_index, span) for span in ranges[0])))
    nodes = [
        sa.and_(_node.level == level, _within(_node.position, span))
        for level, spans in ranges.items()
        for span in spans
        if level
    ]
    if nodes:
        yield sa.select(_node.level, _node.position, _node.hash).where(sa.or_(*nodes))


def _within(column: sa.ColumnElement[int], span: Span) -> sa.ColumnElement[bool]:
    return column.between(span[0], span[1] - 1)


def _from(stored: dict[Place, bytes], place: Place) -> bytes:
    level, (start, end) = _below(place)
    try:
        return merkle.root([stored[level, position] for position in range(start, end)])
    except KeyError as error:
        level, position = error.args[0]
        what = f"leaf {position}" if level == 0 else f"node {position} of level {level}"
        raise TreeDamaged(f"The tree has no {what}.") from error


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
