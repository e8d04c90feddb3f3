"""Deciding where the ledger is told, and the secrets that sign it."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.audit.models import AuditStream, StreamFormat, StreamKind
from portal.audit.streaming.addresses import checked_address
from portal.audit.tree import tree_size
from portal.core import clock
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db, take_turns
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.sealed_rows import Samples, purposes
from portal.core.sealing import CannotUnseal, resealed, seal, unseal
from portal.web.texts import LONGEST_REASON

LONGEST_NAME = 80
MOST_STREAMS = 20
LOCK = 0xA0D1_0002
OLD_SECRET_HOLDS = timedelta(hours=24)
GIVEN_UP = "The key that sealed its secret is gone. Make a new secret, then resume."
PURPOSE = "audit_streams.secret:"


class TooManyStreams(DomainError):
    """There is a limit, so that telling them never takes the worker's whole day."""

    title = "There are enough streams"


@dataclass(frozen=True, slots=True)
class StreamTerms:
    """What a person decides about a stream."""

    name: str
    kind: StreamKind
    address: str
    format: StreamFormat


@dataclass(frozen=True, slots=True)
class WithSecret:
    """A stream and its new secret, which is shown this once; None when it needs none."""

    row: AuditStream
    secret: str | None


def all_streams() -> list[AuditStream]:
    return list(db.session.scalars(sa.select(AuditStream).order_by(AuditStream.id)))


def stream_or_404(stream_id: int, *, locked: bool = False) -> AuditStream:
    """
    Raises:
        NotFound: there is none (any more).
    """
    row = db.session.get(AuditStream, stream_id, with_for_update=locked or None)
    if row is None:
        raise NotFound("There is no such stream. It may have been removed.")
    return row


def add_stream(*, by: Actor, terms: StreamTerms, from_beginning: bool) -> WithSecret:
    """A stream from now on, or from the first event that the log holds.

    Raises:
        TooManyStreams: there are 20 already.
        BadAddress: it cannot go there.
    """
    take_turns(LOCK)
    if len(all_streams()) >= MOST_STREAMS:
        raise TooManyStreams(f"There are {MOST_STREAMS} streams. Remove one before you add one.")
    row = AuditStream(
        name=terms.name.strip()[:LONGEST_NAME],
        kind=terms.kind,
        address=checked_address(terms.kind, terms.address),
        format=terms.format,
        next_index=0 if from_beginning else tree_size(),
        failures=0,
        created_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    secret = _new_secret(row) if row.kind == StreamKind.WEBHOOK else None
    values = {"address": (None, row.address), "format": (None, row.format)}
    begins = {"from_leaf": row.next_index, "kind": row.kind}
    record(Action.STREAM_ADDED, by=by, target=target_of(row), changes=values, meta=begins)
    return WithSecret(row, secret)


def change_stream(*, by: Actor, row: AuditStream, terms: StreamTerms) -> AuditStream:
    """Another name, address or format. The kind stays, and so does the place in the log.

    Raises:
        BadAddress: it cannot go there.
    """
    new = {
        "name": terms.name.strip()[:LONGEST_NAME],
        "address": checked_address(row.kind, terms.address),
        "format": terms.format,
    }
    changes = {k: (getattr(row, k), v) for k, v in new.items() if getattr(row, k) != v}
    if changes:
        for name, (_, value) in changes.items():
            setattr(row, name, value)
        row.next_try_at = None
        record(Action.STREAM_CHANGED, by=by, target=target_of(row), changes=changes)
    return row


def pause_stream(*, by: Actor, row: AuditStream, reason: str) -> AuditStream:
    """Tell nothing for now. Nothing is lost: it goes on where it stopped.

    Raises:
        Conflict: it is paused already.
    """
    if row.paused_at is not None:
        raise Conflict(f"{row.name} is paused already.")
    row.paused_at, row.pause_reason = clock.now(), reason.strip()[:LONGEST_REASON] or None
    record(Action.STREAM_PAUSED, by=by, target=target_of(row), reason=row.pause_reason)
    return row


def resume_stream(*, by: Actor, row: AuditStream) -> AuditStream:
    """Go on at the first event that was not told.

    Raises:
        Conflict: it is not paused.
    """
    if row.paused_at is None:
        raise Conflict(f"{row.name} is running.")
    row.paused_at = row.pause_reason = row.next_try_at = row.failing_since = None
    row.failures = 0
    record(Action.STREAM_RESUMED, by=by, target=target_of(row), meta={"from_leaf": row.next_index})
    return row


def rotate_secret(*, by: Actor, row: AuditStream) -> WithSecret:
    """A new secret; for a day both sign, so that the receiver can change over.

    Raises:
        Conflict: it signs nothing.
    """
    if row.kind != StreamKind.WEBHOOK:
        raise Conflict("Only a webhook is signed with a secret.")
    row.previous_secret = row.secret
    row.previous_until = clock.now() + OLD_SECRET_HOLDS
    secret = _new_secret(row)
    record(Action.STREAM_SECRET_ROTATED, by=by, target=target_of(row))
    return WithSecret(row, secret)


def remove_stream(*, by: Actor, row: AuditStream) -> None:
    """The receiver keeps what it was told."""
    record(Action.STREAM_REMOVED, by=by, target=target_of(row), meta={"next_leaf": row.next_index})
    db.session.delete(row)


def target_of(row: AuditStream) -> Target:
    return Target("audit_stream", row.id, row.name)


def secrets_of(row: AuditStream) -> tuple[bytes, ...]:
    """What signs now: the present secret, and for a day the one before it."""
    found = [row.secret] if row.secret else []
    if row.previous_secret and row.previous_until and clock.now() < row.previous_until:
        found.append(row.previous_secret)
    return tuple(unseal(each, purpose=_purpose(row)) for each in found)


def sealed_secrets(now: sa.ColumnElement[datetime]) -> list[Samples]:
    """Every secret that signs now, to try the data keys on: there are few."""
    purpose = purposes(PURPOSE, AuditStream.id)
    older = sa.select(purpose, AuditStream.previous_secret).where(AuditStream.previous_until > now)
    return [
        sa.select(purpose, AuditStream.secret).where(AuditStream.secret.is_not(None)),
        older.where(AuditStream.previous_secret.is_not(None)),
    ]


def reseal_secrets(*, giving_up: bool = False) -> tuple[int, int]:
    """Seal the secrets of every stream under the present data key: how many were, how many failed.

    For `keys rotate-data`. A stream whose secret is given up is paused: nothing is sent that its
    receiver could not check.
    """
    changed = failed = 0
    for row in db.session.scalars(
        sa.select(AuditStream).order_by(AuditStream.id).with_for_update()
    ):
        before = row.secret, row.previous_secret
        try:
            after = tuple(each and resealed(each, purpose=_purpose(row)) for each in before)
        except CannotUnseal:
            failed += 1
            if giving_up:
                _give_up_secret(row)
            continue
        row.secret, row.previous_secret = after
        changed += before != after
    return changed, failed


def _give_up_secret(row: AuditStream) -> None:
    row.previous_secret = row.previous_until = None
    _new_secret(row)  # known to nobody, until a person makes the next one
    if row.paused_at is None:
        pause_stream(by=SYSTEM, row=row, reason=GIVEN_UP)


def _new_secret(row: AuditStream) -> str:
    text = f"bos_{secrets.token_urlsafe(32)}"
    row.secret = seal(text.encode(), purpose=_purpose(row))
    return text


def _purpose(row: AuditStream) -> str:
    return f"{PURPOSE}{row.id}"
