"""What keeps the tree growing and signed: every second, and once a day a sign of life."""

from datetime import timedelta
from typing import Any

from portal.audit import at_once, checkpoints, forks
from portal.audit.actions import Action
from portal.audit.keys import provide_key
from portal.audit.ledger import record
from portal.audit.origins import current_origin
from portal.audit.sequencing import sequence
from portal.audit.tree import frontier_of
from portal.core.actor import SYSTEM
from portal.core.database import db, glancing
from portal.jobs.registry import every_second, handles, recurring

__all__ = ["at_once"]
HEARTBEAT = "audit.heartbeat"

recurring(HEARTBEAT, every=timedelta(days=1))


@handles(HEARTBEAT)
def beat(_payload: dict[str, Any]) -> None:
    """An event, so that a log in which nothing happens still grows and is signed: its silence
    can be told from its end.
    """
    counts = {"tree_size": checkpoints.progress().size, "pending": checkpoints.pending_count()}
    record(Action.AUDIT_HEARTBEAT, by=SYSTEM, meta=counts)


@every_second
def give_leaves() -> bool:
    """It looks before it locks, and comes back at once while more waits."""
    with glancing():
        is_waiting = checkpoints.progress().is_waiting
    return bool(is_waiting and sequence())


@every_second
def sign_when_due() -> bool:
    """Apart from the leaves: a key that cannot be used holds up none of them."""
    with glancing():
        is_due = checkpoints.progress().is_checkpoint_due and not _is_still_forked()
    if is_due:
        provide_key()
        checkpoints.sign_due()
    return False


def _is_still_forked() -> bool:
    """While the alarm stands, nothing is written until the tree is the right one again."""
    if forks.alarm() is None:
        return False
    origin = current_origin()
    assert origin is not None  # noqa: S101 - an alarm is about one
    frontier = frontier_of(db.session.connection())
    return checkpoints.fault(origin, frontier, checkpoints.latest(origin.origin)) is not None
