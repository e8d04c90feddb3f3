"""Telling what is due: each stream by itself, in order, at least once.

A worker claims a stream, commits, sends without holding any lock, then moves the stream's place
on if it is still where it was. Killed in between, the batch is told again after the claim ends.
"""

import json
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
import structlog

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.audit.models import AuditStream, Leaf
from portal.audit.signals import stream_given_up
from portal.audit.streaming.batches import Batch, Told, next_batch
from portal.audit.streaming.gateway import Destination, NotTaken, send
from portal.audit.streaming.streams import secrets_of, target_of
from portal.audit.tree import tree_size
from portal.config import settings
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.clock import timestamp
from portal.core.database import changed_rows, db

CLAIM = timedelta(seconds=60)
LONGEST_DELAY = timedelta(hours=1)
GIVEN_UP_AFTER = timedelta(days=7)
LONGEST_ERROR = 500
BATCHES_AT_ONCE = 20

log = structlog.get_logger("portal.audit.streaming")


def is_any_due() -> bool:
    """Reads only: the worker asks each second."""
    return db.session.scalar(sa.select(AuditStream.id).where(*_due()).limit(1)) is not None


def deliver_due() -> int:
    """Tell every stream that has something to tell; how many leaves were taken. Commits."""
    due = db.session.scalars(sa.select(AuditStream.id).where(*_due()).order_by(AuditStream.id))
    return sum(deliver(stream_id) for stream_id in list(due))


def deliver(stream_id: int) -> int:
    """Up to 2,000 leaves of one stream, so that no stream keeps the others waiting. Commits."""
    taken = 0
    for _ in range(BATCHES_AT_ONCE):
        found = _one_batch(stream_id)
        taken += found
        if not found:
            break
    return taken


def _one_batch(stream_id: int) -> int:
    until = _claimed(stream_id)
    if until is None:
        return 0
    row = db.session.get_one(AuditStream, stream_id)
    batch = next_batch(first=row.next_index, style=row.format)
    to = _destination(row)
    db.session.rollback()
    if not batch.told:
        return 0
    try:
        send(batch, to)
    except NotTaken as refusal:
        _note_failure(stream_id, until, str(refusal))
        return 0
    return _move_on(stream_id, until, batch)


def _due() -> tuple[sa.ColumnElement[bool], ...]:
    now, stream = clock.now(), AuditStream
    return (
        stream.paused_at.is_(None),
        sa.or_(stream.next_try_at.is_(None), stream.next_try_at <= now),
        sa.or_(stream.claimed_until.is_(None), stream.claimed_until <= now),
        sa.exists().where(Leaf.leaf_index == stream.next_index),
    )


def _claimed(stream_id: int) -> datetime | None:
    """Until when it is ours; None when another worker was faster or nothing is due."""
    until = clock.now() + CLAIM
    claim = sa.update(AuditStream).where(AuditStream.id == stream_id, *_due())
    is_ours = changed_rows(claim.values(claimed_until=until)) == 1
    db.session.commit()
    return until if is_ours else None


def _destination(row: AuditStream) -> Destination:
    folder = settings().instance_dir / "streams"
    at = int(clock.now().timestamp())
    return Destination(row.kind, row.address, folder, at, secrets_of(row))


def _move_on(stream_id: int, until: datetime, batch: Batch) -> int:
    moved = _ours(stream_id, until).where(AuditStream.next_index == batch.first)
    changed = changed_rows(
        moved.values(
            next_index=batch.end,
            failures=0,
            failing_since=None,
            next_try_at=None,
            last_error=None,
            last_sent_at=clock.now(),
            claimed_until=None,
        )
    )
    db.session.commit()
    return len(batch.told) if changed else 0


def _note_failure(stream_id: int, until: datetime, why: str) -> None:
    """Later again; after seven days somebody has to look."""
    row = db.session.get(AuditStream, stream_id, with_for_update=True, populate_existing=True)
    if row is None or row.claimed_until != until:
        db.session.rollback()
        return
    now = clock.now()
    row.failures += 1
    row.failing_since = row.failing_since or now
    row.next_try_at = now + retry_delay(row.failures, seed=row.id)
    row.last_error, row.claimed_until = why[:LONGEST_ERROR], None
    if now - row.failing_since >= GIVEN_UP_AFTER and row.paused_at is None:
        _give_up(row)
    db.session.commit()
    log.warning("audit.stream_not_taken", stream=stream_id, failures=row.failures, reason=why)


def _give_up(row: AuditStream) -> None:
    row.paused_at = clock.now()
    row.pause_reason = "Nothing was taken for seven days."
    behind = tree_size() - row.next_index
    record(
        Action.STREAM_GAVE_UP,
        by=SYSTEM,
        target=target_of(row),
        reason=row.last_error,
        meta={"next_leaf": row.next_index, "behind": behind},
    )
    stream_given_up.send(row)


def _ours(stream_id: int, until: datetime) -> sa.Update:
    return sa.update(AuditStream).where(
        AuditStream.id == stream_id, AuditStream.claimed_until == until
    )


def retry_delay(failures: int, *, seed: int) -> timedelta:
    """One second, then twice as long each time, up to an hour, and up to a fifth on top of it.

    The fifth differs by stream and try, so that receivers that share a fault are not asked in step.
    """
    plain: timedelta = min(timedelta(seconds=2 ** min(failures - 1, 20)), LONGEST_DELAY)
    digest = sha256(f"{seed}:{failures}".encode()).digest()
    return plain * (1 + digest[0] / 255 / 5)


def send_test(row: AuditStream) -> str | None:
    """Send one line that says it is a test; why it was not taken, or None when it was.

    The place in the log stays. Ends the transaction first: nothing is locked while it waits.
    """
    line = json.dumps({"test": True, "stream": row.name, "next_index": row.next_index})
    told = Told(row.next_index, timestamp(clock.now()), "portal.test", "info", line.encode())
    to = _destination(row)
    batch = Batch(row.next_index, (told,))
    db.session.rollback()
    try:
        send(batch, to)
    except NotTaken as refusal:
        return str(refusal)
    return None
