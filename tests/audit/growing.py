"""A ledger that grows: events by the number, and what stands in the tree over them."""

from datetime import timedelta

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.checkpoints import sign_due
from portal.audit.ledger import record
from portal.audit.merkle import leaf_hash
from portal.audit.models import AuditEvent, Leaf, PendingEvent, SignedTree
from portal.audit.sequencing import sequence_all
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db


def happen(times: int = 1, *, action: Action = Action.BACKUP_MADE, **more: object) -> None:
    """So many events, committed together."""
    for number in range(times):
        record(action, by=SYSTEM, meta={"number": number}, **more)
    db.session.commit()


def leaves() -> list[sa.Row[tuple[int, str, bytes]]]:
    """In the order of the tree."""
    query = sa.select(Leaf.leaf_index, Leaf.event_id, Leaf.leaf_hash)
    return list(db.session.execute(query.order_by(Leaf.leaf_index)))


def pending() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(PendingEvent))


def events_in_order() -> list[tuple[str, bytes]]:
    """Each event's id and the hash that its leaf must have."""
    query = sa.select(AuditEvent.id, AuditEvent.canonical)
    rows = db.session.execute(query.order_by(AuditEvent.occurred_at, AuditEvent.id))
    return [(row.id, leaf_hash(row.canonical)) for row in rows]


def grow(times: int) -> None:
    """So many events with their leaves."""
    happen(times)
    sequence_all()
    db.session.rollback()


def sign_as_worker(*, after: timedelta = timedelta(0)) -> SignedTree | None:
    """What is due when so much time has passed."""
    with clock.standing_at(clock.now() + after):
        signed = sign_due()
        db.session.commit()
    return signed
