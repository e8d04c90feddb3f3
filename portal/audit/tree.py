"""Hashes out of the stored tree, and what proofs are made of.

A full subtree's hash is kept for every eighth level, so that any span is put together from at
most a few hundred stored hashes, in one query for leaves and one for nodes.
"""

from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa

from portal.audit import merkle
from portal.audit.merkle import EMPTY_ROOT, Frontier, Span
from portal.audit.models import FrontierRow, Leaf, Node
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
    return Frontier.unpacked(row.size, bytes(row.hashes))


def tree_size() -> int:
    """How many leaves there are now, as the session sees it."""
    return TreeReader(db.session.connection()).size


class TreeReader:
    """Reads one database's tree over a connection. Each proof costs the same two queries."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection

    @property
    def size(self) -> int:
        """How many leaves there are, asked anew each time."""
        last = self.connection.scalar(sa.select(sa.func.max(_leaf.leaf_index)))
        return 0 if last is None else int(last) + 1

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
