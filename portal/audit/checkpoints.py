"""Signing the tree at one size, and never two trees of which one is no beginning of the other."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.audit.anchors import enqueue_anchoring, last_known
from portal.audit.forks import raise_alarm
from portal.audit.key_rotation import keys_to_sign
from portal.audit.merkle import Frontier
from portal.audit.models import FrontierRow, LogOrigin, PendingEvent, SignedTree
from portal.audit.notes import Checkpoint, MalformedNote, Note
from portal.audit.origins import begin_origin, current_origin, default_origin
from portal.audit.sequencing import hold
from portal.audit.tree import TreeDamaged, TreeReader, frontier_of
from portal.core import clock
from portal.core.database import db

EVERY = timedelta(seconds=60)
AT_LEAST_EVERY = 1000  # leaves
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the tree and its last checkpoint have come."""

    is_waiting: bool
    """Does an event wait for its leaf?"""
    size: int
    signed_size: int
    signed_at: datetime | None

    @property
    def is_checkpoint_due(self) -> bool:
        new = self.size - self.signed_size
        is_time = self.signed_at is None or clock.now() - self.signed_at >= EVERY
        return new >= AT_LEAST_EVERY or (new > 0 and is_time)


def progress() -> Progress:
    """One query of three looks at an index: cheap enough for each second."""
    newest = sa.select(SignedTree).order_by(SignedTree.tree_size.desc()).limit(1).subquery()
    row = db.session.execute(
        sa.select(
            sa.select(PendingEvent.event_id).exists().label("is_waiting"),
            sa.select(FrontierRow.size).scalar_subquery().label("size"),
            newest.c.tree_size,
            newest.c.created_at,
        ).select_from(sa.select(sa.literal(1)).subquery().outerjoin(newest, sa.true()))
    ).one()
    return Progress(bool(row.is_waiting), row.size or 0, row.tree_size or 0, row.created_at)


def pending_count() -> int:
    return db.session.scalar(sa.select(pending_events())) or 0


def pending_events() -> sa.ScalarSelect[int]:
    """How many events wait for their leaf; counted up to 10,000."""
    some = sa.select(PendingEvent.event_id).limit(COUNTED).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()


def newest_checkpoint_at() -> sa.ScalarSelect[datetime]:
    newest = sa.select(SignedTree.created_at).order_by(SignedTree.tree_size.desc())
    return newest.limit(1).scalar_subquery()


def latest(origin: str | None = None) -> SignedTree | None:
    """The newest checkpoint, or the newest under this name."""
    query = sa.select(SignedTree).order_by(SignedTree.tree_size.desc()).limit(1)
    found = db.session.scalar(query)
    if found is None or origin is None or found.note.startswith(f"{origin}\n"):
        return found
    return None


def sign_due() -> SignedTree | None:
    """The next checkpoint, when it is time for one; None otherwise. The caller commits.

    A tree that does not go on from what was signed is not signed: that is recorded instead.

    Raises:
        UnusableKeyFile: the key file is there and may not be used.
    """
    if not hold(db.session.connection()) or not progress().is_checkpoint_due:
        return None
    return _signed()


def sign_now() -> SignedTree | None:
    """As `sign_due`, whatever the time; None also when there is nothing new to sign."""
    hold(db.session.connection(), is_patient=True)
    found = progress()
    return _signed() if found.size > found.signed_size else None


def _signed() -> SignedTree | None:
    frontier = frontier_of(db.session.connection())
    origin = current_origin() or begin_origin(default_origin(), from_size=0)
    last = latest(origin.origin)
    if why := fault(origin, frontier, last):
        raise_alarm(origin, why)
        return None
    keys = keys_to_sign(origin, last)
    signed = SignedTree(
        tree_size=frontier.size,
        root=frontier.root,
        created_at=clock.now(),
        key_id=keys[0].verifier.id.hex() if keys else None,
        note=Checkpoint(origin.origin, frontier.size, frontier.root).signed_by(keys),
    )
    db.session.add(signed)
    db.session.flush()
    enqueue_anchoring()
    return signed


def fault(origin: LogOrigin, frontier: Frontier, last: SignedTree | None) -> str | None:
    """Why this tree may not be signed; None when it goes on from what is known of it."""
    known = [("The frontier", Checkpoint(origin.origin, frontier.size, frontier.root))]
    try:
        if last is not None:
            known.append(("The last checkpoint", Note.parse(last.note).checkpoint))
        if anchored := last_known(origin.origin):
            known.append(("The anchor file", anchored.checkpoint))
    except MalformedNote as error:
        return str(error)
    except OSError as error:
        return f"The anchor file cannot be read: {error.strerror}."
    for where, checkpoint in known:
        if checkpoint.size > frontier.size:
            return (
                f"{where} knows {checkpoint.size} events, the database only {frontier.size}: "
                "it was restored from an older backup, or its end was removed."
            )
    return _differing(known)


def _differing(known: list[tuple[str, Checkpoint]]) -> str | None:
    reader = TreeReader(db.session.connection())
    try:
        roots = reader.roots([checkpoint.size for _, checkpoint in known])
    except TreeDamaged as error:
        return str(error)
    for (where, checkpoint), root in zip(known, roots, strict=True):
        if root != checkpoint.root:
            return f"{where} has another root for {checkpoint.size} events than the leaves have."
    return None
