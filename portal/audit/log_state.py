"""What people see of the log as a whole: its key, its last checkpoint, and where that was left."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.audit.anchors import Anchored, anchored_places
from portal.audit.checkpoints import latest, pending_count, progress
from portal.audit.forks import Fork, alarm
from portal.audit.keys import UnusableKeyFile, public_keys, seeds
from portal.audit.models import SignedTree
from portal.audit.notes import VerifierKey
from portal.audit.origins import current_name
from portal.config import settings
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
    checkpoint = latest()
    keys, trouble = _keys()
    return LogState(
        origin=current_name(),
        keys=keys,
        trouble=trouble,
        checkpoint=checkpoint,
        is_signed=checkpoint is not None and checkpoint.key_id is not None,
        size=progress().size,
        pending=pending_count(),
        anchors=anchored_places(),
        fork=alarm(),
    )


def _keys() -> tuple[Sequence[VerifierKey], str | None]:
    try:
        return public_keys(), None
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
