"""Legal holds: what may not be taken out of the ledger, whatever its age."""

from enum import StrEnum

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import LONGEST_LABEL, Target, record
from portal.audit.models import AuditEvent, Hold
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import changed_rows, db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.web.texts import LONGEST_REASON

SHORTEST_REASON = 5
_event = AuditEvent.__table__.c


class Scope(StrEnum):
    """Whose events are held."""

    EVERYTHING = "everything"
    TENANT = "tenant"
    USER = "user"
    STAFF = "staff"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Scope.EVERYTHING: "Everything",
    Scope.TENANT: "Tenant",
    Scope.USER: "User of a tenant",
    Scope.STAFF: "Person of ours",
}
_TARGETS = {Scope.TENANT: "tenant", Scope.USER: "user", Scope.STAFF: "admin"}
_ACTORS = {Scope.USER: ActorType.CUSTOMER, Scope.STAFF: ActorType.ADMIN}


class HoldIncomplete(DomainError):
    """A hold needs to say whose events it holds, and why."""

    title = "Nothing is held yet"


class AlreadyReleased(Conflict):
    """Somebody released this hold before."""

    title = "This hold is over"


def place_hold(*, by: Actor, scope: Scope, subject_id: int | None, reason: str) -> Hold:
    """From now on these events stay; also those that are being archived."""
    reason = reason.strip()[:LONGEST_REASON]
    if len(reason) < SHORTEST_REASON:
        raise HoldIncomplete("Say why, for whoever reads this in some years.", field="reason")
    if (subject_id is None) is not (scope is Scope.EVERYTHING):
        what = "Everything has no number." if subject_id is not None else "Write the number."
        raise HoldIncomplete(what, field="subject_id")
    hold = Hold(
        scope=scope.value,
        subject_id=subject_id,
        reason=reason,
        placed_at=clock.now(),
        placed_by=by.label[:LONGEST_LABEL],
    )
    db.session.add(hold)
    db.session.flush()
    record(
        Action.AUDIT_HOLD_PLACED,
        by=by,
        target=target_of(hold),
        reason=reason,
        tenant_id=tenant_of(hold),
    )
    return hold


def release_hold(*, by: Actor, hold_id: int) -> Hold:
    """
    Raises:
        NotFound: there is no such hold.
        AlreadyReleased: another person was faster.
    """
    hold = db.session.get(Hold, hold_id)
    if hold is None:
        raise NotFound("There is no such hold.")
    lasting = sa.update(Hold).where(Hold.id == hold_id, Hold.released_at.is_(None))
    over = lasting.values(released_at=clock.now(), released_by=by.label[:LONGEST_LABEL])
    if not changed_rows(over):
        raise AlreadyReleased("This hold was released before.")
    db.session.refresh(hold)
    record(Action.AUDIT_HOLD_RELEASED, by=by, target=target_of(hold), tenant_id=tenant_of(hold))
    return hold


def target_of(hold: Hold) -> Target:
    return Target("audit_hold", hold.id, whose(hold))


def whose(hold: Hold) -> str:
    """`Tenant 7`"""
    label = Scope(hold.scope).label
    return label if hold.subject_id is None else f"{label} {hold.subject_id}"


def tenant_of(hold: Hold) -> int | None:
    return hold.subject_id if hold.scope == Scope.TENANT else None


def holds() -> list[Hold]:
    """Those that last, the newest first, then those that are over."""
    order = (Hold.released_at.is_not(None), Hold.placed_at.desc(), Hold.id.desc())
    return list(db.session.scalars(sa.select(Hold).order_by(*order)))


def is_held(connection: sa.Connection) -> sa.ColumnElement[bool]:
    """Which events a hold keeps now."""
    lasting = sa.select(Hold.scope, Hold.subject_id).where(Hold.released_at.is_(None))
    kept = [_events_of(Scope(scope), number) for scope, number in connection.execute(lasting)]
    # An event without a target is not "not known to be held": NULL must not keep it.
    return sa.func.coalesce(sa.or_(sa.false(), *kept), sa.false())


def _events_of(scope: Scope, number: int | None) -> sa.ColumnElement[bool]:
    if scope is Scope.EVERYTHING:
        return sa.true()
    about = sa.and_(_event.target_type == _TARGETS[scope], _event.target_id == str(number))
    if scope is Scope.TENANT:
        return sa.or_(about, _event.tenant_id == number)
    by = sa.and_(_event.actor_type == _ACTORS[scope].value, _event.actor_id == number)
    return sa.or_(about, by)
