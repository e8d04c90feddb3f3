"""Events without a leaf: those that wait for theirs, and those that never will get one."""

from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa

from portal.audit.merkle import leaf_hash
from portal.audit.models import AuditEvent, Leaf, PendingEvent
from portal.audit.verifying.diagnosis import Orphan
from portal.audit.verifying.report import Findings, Kind
from portal.core import clock
from portal.core.clock import timestamp

PATIENCE = timedelta(seconds=5)
_event, _leaf, _pending = (m.__table__.c for m in (AuditEvent, Leaf, PendingEvent))
_WAITING = (
    sa.select(_pending.event_id, _event.occurred_at, _leaf.leaf_index)
    .outerjoin_from(PendingEvent, AuditEvent, _event.id == _pending.event_id)
    .outerjoin(Leaf, _leaf.event_id == _pending.event_id)
    .order_by(_pending.event_id)
)


def orphans(connection: sa.Connection, most: int) -> list[Orphan]:
    """Events that have no leaf and wait for none, the oldest first."""
    query = (
        sa.select(_event.id, _event.occurred_at, _event.canonical)
        .outerjoin_from(AuditEvent, Leaf, _leaf.event_id == _event.id)
        .outerjoin(PendingEvent, _pending.event_id == _event.id)
        .where(_leaf.event_id.is_(None), _pending.event_id.is_(None))
        .limit(most)
    )
    rows = sorted(connection.execute(query), key=lambda row: (row[1], row[0]))
    return [Orphan(row[0], leaf_hash(bytes(row[2]))) for row in rows]


def late(connection: sa.Connection, most: int) -> list[str]:
    """The ids of events that are older than five seconds and still wait, the oldest first."""
    old = _event.occurred_at < timestamp(clock.now() - PATIENCE)
    return [row[0] for row in connection.execute(_WAITING.where(old, _no_leaf()).limit(most))]


def _no_leaf() -> sa.ColumnElement[bool]:
    return _leaf.leaf_index.is_(None)


def check_waiting(
    connection: sa.Connection, known_late: Iterable[str] | None, findings: Findings
) -> None:
    """Name what waits in vain. With `known_late`, only what was late some seconds ago already:
    a long transaction commits events that are old at once.
    """
    ids = late(connection, findings.most)
    if known_late is not None:
        ids = [event_id for event_id in ids if event_id in set(known_late)]
    for event_id in ids:
        what = "It waits for its leaf for more than 5 seconds: does the worker run?"
        findings.add(Kind.UNSEQUENCED, what, None, event_id)
    strange = _event.id.is_(None) | _leaf.leaf_index.is_not(None)
    for event_id, at, index in connection.execute(_WAITING.where(strange).limit(findings.most)):
        if at is None and index is None:
            what = "The event was removed before it got its leaf."
            findings.add(Kind.MISSING, what, None, event_id)
        elif index is not None:
            what = "It has a leaf and still waits for one: the leaf was put in by hand."
            findings.add(Kind.INSERTED, what, index, event_id)


def name_orphans(left: Iterable[Orphan], findings: Findings) -> None:
    """Events that filled no gap of the tree: no leaf was ever given to them."""
    for orphan in left:
        what = "It has no leaf and waits for none: it was put in past the trigger."
        findings.add(Kind.INSERTED, what, None, orphan.event_id)
