"""What people see of the log as a whole: its key, its last checkpoint, and where that was left."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from portal.audit.anchors import Anchored, anchored_places
from portal.audit.checkpoints import pending_events
from portal.audit.forks import Fork, alarm_about
from portal.audit.keys import UnusableKeyFile, seeds, signers
from portal.audit.models import FrontierRow, LogOrigin, SignedTree
from portal.audit.notes import VerifierKey
from portal.audit.origins import default_origin
from portal.config import settings
from portal.core.database import db
from portal.web.qr import qr_data_url


@dataclass(frozen=True, slots=True)
class LogState:
    """The page about the log."""

    origin: str
    keys: Sequence[VerifierKey]
    trouble: str | None
    """Why the key file cannot be used."""
    checkpoint: SignedTree | None
    is_signed: bool
    size: int
    pending: int
    anchors: Sequence[Anchored]
    fork: Fork | None

    @property
    def qr(self) -> str | None:
        """The last checkpoint as a picture to print: paper is an anchor, too."""
        return qr_data_url(self.checkpoint.note) if self.checkpoint else None


def log_state() -> LogState:
    """A fixed number of queries, whatever the size of the log."""
    checkpoint, origin, size, pending = _newest()
    name = origin.origin if origin else default_origin()
    keys, trouble = _keys(name)
    return LogState(
        origin=name,
        keys=keys,
        trouble=trouble,
        checkpoint=checkpoint,
        is_signed=checkpoint is not None and checkpoint.key_id is not None,
        size=size or 0,
        pending=pending,
        anchors=anchored_places(),
        fork=alarm_about(origin, checkpoint) if origin else None,
    )


def _newest() -> tuple[SignedTree | None, LogOrigin | None, int | None, int]:
    """The last checkpoint, the present origin, and how many events have a leaf and have none."""
    trees = sa.select(SignedTree).order_by(SignedTree.tree_size.desc()).limit(1).subquery()
    origins = sa.select(LogOrigin).order_by(LogOrigin.generation.desc()).limit(1).subquery()
    tree, origin = orm.aliased(SignedTree, trees), orm.aliased(LogOrigin, origins)
    size = sa.select(FrontierRow.size).scalar_subquery()
    one = sa.select(sa.literal(1).label("one")).subquery()
    both = one.outerjoin(trees, sa.true()).outerjoin(origins, sa.true())
    query = sa.select(tree, origin, size, pending_events()).select_from(both)
    last, present, leaves, pending = db.session.execute(query).one()
    return last, present, leaves, pending


def _keys(origin: str) -> tuple[Sequence[VerifierKey], str | None]:
    try:
        return [key.verifier for key in signers(origin)], None
    except UnusableKeyFile as error:
        return [], error.message


def signing_warning() -> str | None:
    """What a probe is told when nothing will be signed; None while a key can be used.

    Outside production the worker makes the first key itself.
    """
    try:
        is_missing = not seeds() and settings().is_production
    except UnusableKeyFile:
        return "the audit log is not signed: its key file cannot be used"
    return "the audit log is not signed: no key (flask audit init)" if is_missing else None
