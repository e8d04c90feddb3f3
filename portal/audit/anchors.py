"""Leaving checkpoints outside of the database, so that not even its owner can rewrite history.

Each place has a kind of job of its own: one that is away holds up no other. A checkpoint may
arrive twice, which harms nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from portal.audit import anchor_file, anchor_gateway
from portal.audit.models import Anchor, SignedTree
from portal.audit.notes import Note
from portal.audit.signals import checkpoint_for_people
from portal.config import settings
from portal.core import clock
from portal.core.database import db, glancing
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles, recurring

AT_ONCE = 500
FILE_JOB, WEBHOOK_JOB, MAIL_JOB = "audit.anchor_file", "audit.anchor_webhook", "audit.anchor_mail"


class Place(StrEnum):
    """Where checkpoints are left."""

    FILE = "file"
    WEBHOOK = "webhook"
    MAIL = "mail"


JOBS = {Place.FILE: FILE_JOB, Place.WEBHOOK: WEBHOOK_JOB}
recurring(FILE_JOB, every=timedelta(minutes=5))
recurring(WEBHOOK_JOB, every=timedelta(minutes=5))
recurring(MAIL_JOB, every=timedelta(days=1))


def is_used(place: Place) -> bool:
    """Do the settings name it? Mail always goes."""
    found = {Place.FILE: settings().audit_anchor_file, Place.WEBHOOK: settings().audit_anchor_url}
    return bool(found.get(place, True))


def enqueue_anchoring() -> None:
    """In the transaction that signs. What is missed here, the recurring job finds."""
    for place, kind in JOBS.items():
        if is_used(place):
            enqueue(kind, {}, dedupe_key=f"recurring:{kind}")


def last_known(origin: str) -> Note | None:
    """The newest note of the anchor file under this name.

    Raises:
        MalformedNote, OSError: the file is there and cannot be read.
    """
    path = settings().audit_anchor_file
    return anchor_file.last_note(path, origin) if path else None


@handles(FILE_JOB, commits_itself=True)
def _anchor_in_file(_payload: dict[str, Any]) -> None:
    path = settings().audit_anchor_file
    while path and (missing := _missing(Place.FILE)):
        receipts = anchor_file.append(path, [row.note for row in missing])
        sizes = [row.tree_size for row in missing]
        _keep(Place.FILE, dict(zip(sizes, receipts, strict=True)))


@handles(WEBHOOK_JOB, commits_itself=True)
def _anchor_by_webhook(_payload: dict[str, Any]) -> None:
    """The newest alone: the others are its beginnings."""
    gateway = chosen_gateway()
    missing = _missing(Place.WEBHOOK, newest_first=True, limit=1) if gateway else ()
    if gateway and missing:
        _keep(Place.WEBHOOK, {missing[0].tree_size: gateway.deliver(missing[0].note)})


def chosen_gateway() -> anchor_gateway.Gateway | None:
    return anchor_gateway.gateway_for(settings())


@handles(MAIL_JOB)
def _anchor_by_mail(_payload: dict[str, Any]) -> None:
    """Once a day, what listens above writes to people; their mailboxes are out of our reach."""
    newest = sa.select(SignedTree).order_by(SignedTree.tree_size.desc()).limit(1)
    signed = db.session.scalar(newest)
    if signed is None or signed.tree_size <= _last_size(Place.MAIL):
        return
    checkpoint = Note.parse(signed.note).checkpoint
    told = sum(count for _, count in checkpoint_for_people.send(checkpoint) if count)
    if told:
        receipt = f"mailed to {told}"
        _add(Place.MAIL, {signed.tree_size: receipt})


def _missing(
    place: Place, *, newest_first: bool = False, limit: int = AT_ONCE
) -> Sequence[sa.Row[int, str]]:
    """Checkpoints that came after the last one that was left there. Nothing is held meanwhile."""
    size = SignedTree.tree_size
    with glancing():
        after = sa.select(size, SignedTree.note).where(size > _last_size(place))
        order = size.desc() if newest_first else size
        return db.session.execute(after.order_by(order).limit(limit)).all()


def _last_size(place: Place) -> int:
    newest = sa.select(Anchor.tree_size).where(Anchor.target == place.value)
    return db.session.scalar(newest.order_by(Anchor.tree_size.desc()).limit(1)) or 0


def _keep(place: Place, receipts: dict[int, str]) -> None:
    _add(place, receipts)
    db.session.commit()


def _add(place: Place, receipts: dict[int, str]) -> None:
    """The table refuses a second row of the same, also where one would ignore the conflict."""
    have = sa.select(Anchor.tree_size).where(
        Anchor.target == place.value, Anchor.tree_size.in_(receipts)
    )
    known, now = set(db.session.scalars(have)), clock.now()
    for size, receipt in receipts.items():
        if size not in known:
            anchor = Anchor(
                tree_size=size, target=place.value, receipt=receipt[:2000], created_at=now
            )
            db.session.add(anchor)
    db.session.flush()


@dataclass(frozen=True, slots=True)
class Anchored:
    """How far a place has come."""

    place: Place
    is_used: bool
    tree_size: int | None
    at: datetime | None
    receipt: str | None


def anchored_places() -> list[Anchored]:
    """Each place with the newest checkpoint that was left there."""
    newest = [
        sa.and_(Anchor.target == place.value, Anchor.tree_size == _newest_of(place))
        for place in Place
    ]
    rows = {row.target: row for row in db.session.scalars(sa.select(Anchor).where(sa.or_(*newest)))}
    found = []
    for place in Place:
        row = rows.get(place.value)
        last = (row.tree_size, row.created_at, row.receipt) if row else (None, None, None)
        found.append(Anchored(place, is_used(place), *last))
    return found


def _newest_of(place: Place) -> sa.ScalarSelect[int]:
    other = orm.aliased(Anchor)
    largest = sa.select(sa.func.max(other.tree_size)).where(other.target == place.value)
    return largest.scalar_subquery()
