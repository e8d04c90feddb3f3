"""When the tree is not the one that was signed before: signing stops until a person decides.

So it is after a database was restored from an old backup. What was signed meanwhile is known
outside, and the same log must never say something else.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.audit.models import AuditEvent, FrontierRow, LogOrigin, SignedTree
from portal.audit.origins import begin_origin, current_origin, next_name
from portal.audit.sequencing import hold, keep_frontier
from portal.audit.signals import log_forked
from portal.audit.tree import TreeDamaged, TreeReader
from portal.core.actor import SYSTEM, Actor
from portal.core.clock import timestamp
from portal.core.database import db
from portal.core.errors import Conflict, DomainError
from portal.web.texts import LONGEST_REASON

TARGET = "audit_origin"
SHORTEST_REASON = 5


class NothingForked(Conflict):
    """The log is the one that was signed before: there is nothing to accept."""

    title = "There is no fork"


class CannotGoOn(Conflict):
    """Leaves are missing, so that nothing can be signed under any name."""

    title = "The log cannot go on"


class ReasonMissing(DomainError):
    """A fork is accepted for a reason that others will read."""

    title = "A reason is needed"


@dataclass(frozen=True, slots=True)
class Fork:
    """Why nothing is signed, and since when."""

    origin: str
    found_at: datetime
    why: str


def alarm() -> Fork | None:
    """What stopped the signing; None while all is well, and again after the next checkpoint."""
    origin = current_origin()
    if origin is None:
        return None
    newest = sa.select(SignedTree).order_by(SignedTree.tree_size.desc()).limit(1)
    return alarm_about(origin, db.session.scalar(newest))


def alarm_about(origin: LogOrigin, last: SignedTree | None) -> Fork | None:
    """As `alarm`, for who has read the present origin and the last checkpoint."""
    since = max(origin.created_at, last.created_at) if last else origin.created_at
    query = sa.select(AuditEvent.occurred_at, AuditEvent.reason).where(
        AuditEvent.target_type == TARGET,
        AuditEvent.target_id == str(origin.generation),
        AuditEvent.action == Action.AUDIT_FORK_FOUND.value,
        AuditEvent.occurred_at >= timestamp(since),
    )
    row = db.session.execute(query.order_by(AuditEvent.occurred_at).limit(1)).one_or_none()
    if row is None:
        return None
    return Fork(origin.origin, datetime.fromisoformat(row.occurred_at), row.reason or "")


def raise_alarm(origin: LogOrigin, why: str) -> None:
    """Record it and tell people, once a fork."""
    if alarm() is not None:
        return
    event = record(Action.AUDIT_FORK_FOUND, by=SYSTEM, target=target_of(origin), reason=why)
    found_at = datetime.fromisoformat(event.occurred_at)
    log_forked.send(Fork(origin.origin, found_at, why))


def target_of(origin: LogOrigin) -> Target:
    return Target(TARGET, origin.generation, origin.origin)


def accept_fork(*, by: Actor, reason: str) -> LogOrigin:
    """Go on with the tree as it is, under a new name: checkpoints of the old one end here.

    Raises:
        NothingForked: nothing stopped the signing.
        ReasonMissing: no reason is given.
        CannotGoOn: leaves are missing.
    """
    origin, found = current_origin(), alarm()
    if origin is None or found is None:
        raise NothingForked("The tree is the one that was signed before: nothing to accept.")
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise ReasonMissing("Say why the log goes on, in words for those who check it.")
    size = _frontier_made_anew()
    name = next_name(origin.origin)
    begun = begin_origin(name, from_size=size, reason=reason[:LONGEST_REASON])
    record(
        Action.AUDIT_FORK_ACCEPTED,
        by=by,
        target=target_of(begun),
        reason=reason,
        changes={"origin": (origin.origin, begun.origin)},
        meta={"from_size": size, "found": found.why},
    )
    return begun


def _frontier_made_anew() -> int:
    """The frontier as the leaves say it; how many there are."""
    connection = db.session.connection()
    hold(connection, is_patient=True)
    try:
        frontier = TreeReader(connection).frontier()
    except TreeDamaged as error:
        raise CannotGoOn(f"{error} Restore the database from a backup that has it.") from error
    db.session.execute(sa.delete(FrontierRow))
    keep_frontier(connection, frontier)
    return frontier.size
