"""The ledger read from its beginning, a batch at a time, so that memory stays flat."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from portal.audit.models import AuditEvent, Leaf, Node, SignedTree
from portal.audit.tree import STEP
from portal.audit.verifying.events import COLUMNS, EventRow

AT_ONCE = 5000
CHECKPOINTS_AT_ONCE = 500
STORED = range(STEP, 64, STEP)
"""The levels whose nodes are stored."""
_leaf, _event, _node, _tree = (model.__table__.c for model in (Leaf, AuditEvent, Node, SignedTree))
_BARE = sa.select(_leaf.leaf_index, _leaf.event_id, _leaf.leaf_hash)
_WITH_EVENTS = sa.select(
    _leaf.leaf_index, _leaf.event_id, _leaf.leaf_hash, _event.canonical, *COLUMNS
).outerjoin_from(Leaf, AuditEvent, _event.id == _leaf.event_id)
_WITH_TIMES = sa.select(
    _leaf.leaf_index, _leaf.event_id, _leaf.leaf_hash, _event.occurred_at
).outerjoin_from(Leaf, AuditEvent, _event.id == _leaf.event_id)


def bare_leaves(connection: sa.Connection, first: int, end: int) -> Iterator[EventRow]:
    """Index, event id and hash of the leaves from `first` up to `end`."""
    return _in_batches(connection, _BARE, first, end)


def timed_leaves(connection: sa.Connection, first: int, end: int) -> list[EventRow]:
    """Index, event id, hash and time of a few leaves; no time where the event is gone."""
    return list(_in_batches(connection, _WITH_TIMES, first, end))


def leaves_with_events(connection: sa.Connection, first: int, end: int) -> Iterator[EventRow]:
    """The same with the event's bytes and columns, all None where the event is gone."""
    return _in_batches(connection, _WITH_EVENTS, first, end)


def _in_batches(
    connection: sa.Connection, query: sa.Select[Any], first: int, end: int
) -> Iterator[EventRow]:
    query = query.order_by(_leaf.leaf_index).limit(AT_ONCE)
    while first < end:
        batch = query.where(_leaf.leaf_index >= first, _leaf.leaf_index < end)
        rows = connection.execute(batch).all()
        yield from rows
        if len(rows) < AT_ONCE:
            return
        first = rows[-1][0] + 1


def checkpoints(connection: sa.Connection, first: int) -> Iterator[EventRow]:
    """Size, root, time, key id and note of each, from the size `first` on."""
    query = sa.select(_tree.tree_size, _tree.root, _tree.created_at, _tree.key_id, _tree.note)
    query = query.order_by(_tree.tree_size).limit(CHECKPOINTS_AT_ONCE)
    while True:
        rows = connection.execute(query.where(_tree.tree_size >= first)).all()
        yield from rows
        if len(rows) < CHECKPOINTS_AT_ONCE:
            return
        first = rows[-1][0] + 1


class StoredNodes:
    """The stored hashes of full subtrees. Asked in order, it reads each of them once."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self._low: dict[int, bytes] = {}
        higher = sa.select(_node.level, _node.position, _node.hash).where(_node.level > STEP)
        # One of these stands for 65,536 leaves or more: few enough to hold.
        self._high = {(row[0], row[1]): bytes(row[2]) for row in connection.execute(higher)}

    def at(self, level: int, position: int) -> bytes | None:
        if level != STEP:
            return self._high.get((level, position))
        if position not in self._low:
            self._low = self._read(position) or {position: b""}
        return self._low.get(position) or None

    def _read(self, first: int) -> dict[int, bytes]:
        nodes = sa.select(_node.position, _node.hash).where(
            _node.level == STEP, _node.position.between(first, first + AT_ONCE - 1)
        )
        found: dict[int, bytes] = dict.fromkeys(range(first, first + AT_ONCE), b"")
        return found | {row[0]: bytes(row[1]) for row in self.connection.execute(nodes)}

    def beyond(self, size: int, most: int) -> list[tuple[int, int]]:
        """Places whose leaves are not all there, or of levels that are not kept."""
        ends = [
            sa.and_(_node.level == level, _node.position >= (size >> level)) for level in STORED
        ]
        strange = _node.level.not_in(STORED) | (_node.position < 0)
        query = sa.select(_node.level, _node.position).where(sa.or_(strange, *ends))
        found = self.connection.execute(query.order_by(_node.level, _node.position).limit(most))
        return [(row[0], row[1]) for row in found]
