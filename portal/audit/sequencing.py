"""Giving each event its place in the tree, after its commit.

One at a time, whoever it is: on PostgreSQL by an advisory lock, on SQLite by its write lock. So
writers never wait for each other, and indexes have no gap.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy import orm

from portal.audit.merkle import Frontier, leaf_hash
from portal.audit.models import AuditEvent, FrontierRow, Leaf, Node, PendingEvent
from portal.audit.tree import frontier_of, grow
from portal.core.database import db

AT_ONCE = 5000
LOCK = 0x617564_6974  # "audit": one number for the whole database
PATIENCE = "2s"
_pending, _event, _leaf = (model.__table__.c for model in (PendingEvent, AuditEvent, Leaf))


def sequence(limit: int = AT_ONCE, *, is_patient: bool = False) -> int:
    """Give leaves to at most `limit` events, in a transaction that this commits. How many.

    0 when none waits, or when another holds the lock. `is_patient` waits for that one, as it may
    have begun before the caller's event was committed.
    """
    with _own_transaction() as connection:
        if not hold(connection, is_patient=is_patient):
            return 0
        return _sequenced(connection, limit)


def sequence_all() -> int:
    """Everything that waits now; how many. Ends early when another process is at it."""
    total = 0
    while found := sequence():
        total += found
    return total


@contextmanager
def _own_transaction() -> Iterator[sa.Connection]:
    """Apart from the caller's session: that one may be between two transactions."""
    with (
        orm.Session(db.engine, join_transaction_mode="create_savepoint") as session,
        session.begin(),
    ):
        yield session.connection()


def hold(connection: sa.Connection, *, is_patient: bool = False) -> bool:
    """Take the tree for this transaction; False when another has it.

    On SQLite a transaction that may write has it already.

    Raises:
        DBAPIError: being patient was not enough.
    """
    if connection.dialect.name == "sqlite":
        return True
    if not is_patient:
        return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(LOCK))))
    connection.execute(sa.select(sa.func.set_config("lock_timeout", PATIENCE, True)))
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    return True


def _sequenced(connection: sa.Connection, limit: int) -> int:
    events = _next_events(connection, limit)
    if not events:
        return 0
    frontier = frontier_of(connection)
    first, nodes = frontier.size, []
    leaves = []
    for index, (event_id, canonical) in enumerate(events, first):
        leaf = leaf_hash(canonical)
        leaves.append({"leaf_index": index, "event_id": event_id, "leaf_hash": leaf})
        for (level, position), found in grow(frontier, leaf):
            nodes.append({"level": level, "position": position, "hash": found})
    connection.execute(sa.insert(Leaf), leaves)
    if nodes:
        connection.execute(sa.insert(Node), nodes)
    keep_frontier(connection, frontier)
    given = sa.select(_leaf.event_id).where(_leaf.leaf_index >= first)
    connection.execute(sa.delete(PendingEvent).where(_pending.event_id.in_(given)))
    return len(events)


def _next_events(connection: sa.Connection, limit: int) -> Sequence[tuple[str, bytes]]:
    """The oldest that wait: (id, canonical), by time and then id.

    Ids begin with their time, so the batch is cut by the key alone, however long the queue is.
    What waits but has no event, or has its leaf already, was tampered with: it is passed over and
    stays for the verification to name.
    """
    after = ""
    while True:
        batch = (
            sa.select(_pending.event_id)
            .where(_pending.event_id > after)
            .order_by(_pending.event_id)
            .limit(limit)
            .subquery()
        )
        query = (
            sa.select(batch.c.event_id, _event.canonical, _leaf.leaf_index)
            .outerjoin_from(batch, AuditEvent, _event.id == batch.c.event_id)
            .outerjoin(Leaf, _leaf.event_id == batch.c.event_id)
            .order_by(_event.occurred_at, _event.id)
        )
        rows = connection.execute(query).all()
        events = [(row[0], bytes(row[1])) for row in rows if row[1] is not None and row[2] is None]
        if events or not rows:
            return events
        after = max(row[0] for row in rows)


def keep_frontier(connection: sa.Connection, frontier: Frontier) -> None:
    """Whoever calls holds the tree."""
    values = {"size": frontier.size, "hashes": frontier.packed}
    update = sa.update(FrontierRow).where(FrontierRow.id == 1).values(**values)
    if connection.execute(update).rowcount != 1:
        connection.execute(sa.insert(FrontierRow).values(id=1, **values))
