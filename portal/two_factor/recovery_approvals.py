"""The second pair of eyes: an admin makes sure who asks, says how, and approves or rejects."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Conflict, Denied, DomainError
from portal.core.roles import Role
from portal.core.text import one_line
from portal.jobs.queue import enqueue
from portal.staff.directory import locked_person
from portal.staff.links import revoke_links
from portal.staff.models import Admin, LinkPurpose
from portal.staff.naming import target_of
from portal.staff.people import lock_active_admins
from portal.staff.policies import rule_for
from portal.staff.telling import tell
from portal.two_factor.models import RecoveryApproval, RecoveryRequest, RecoveryState
from portal.two_factor.recovery_codes import OPENING
from portal.two_factor.recovery_letters import addresses_of, copies_that_stop, copies_to
from portal.two_factor.recovery_requests import OPEN, OPEN_FOR, ended, moved, request_named

SHORTEST_STATEMENT, LONGEST_STATEMENT = 20, 1000
MANY_ADMINS = 3
UNDECIDED = (RecoveryState.REQUESTED, RecoveryState.APPROVED)


class BadStatement(DomainError):
    """It does not say how the person's identity was checked."""


class OwnRecovery(Denied):
    """Nobody lets themselves in."""


class FactorMissing(Denied):
    """Whoever gives a second factor back has one."""


class AlreadyApproved(Conflict):
    """One person is one pair of eyes."""


class NotOpen(Conflict):
    """It was decided already, or has ended."""


def approvals_needed(person: Admin, active_admins: Sequence[int]) -> int:
    """Two for an admin where two others could give them, else one."""
    is_guarded = person.role == Role.ADMIN and len(active_admins) >= MANY_ADMINS
    return 2 if is_guarded else 1


def approve_recovery(*, by: Actor, request_id: int, statement: str) -> RecoveryRequest:
    """Say that it is them, and how that was found out. The last approval starts the waiting time.

    Raises:
        BadStatement: too short or too long.
        OwnRecovery, FactorMissing, Denied: not this admin's to approve.
        AlreadyApproved, NotOpen: decided by them, or ended.
    """
    said = checked_statement(statement)
    request, person, admins = _request_to_decide(by, request_id)
    if _approved_by(request.id, by):
        raise AlreadyApproved("You approved it already. The second approval is another admin’s.")
    if request.state not in UNDECIDED:
        raise NotOpen("It was decided already. Reload the page.")
    approval = RecoveryApproval(
        request_id=request.id, approved_by=by.id, approved_at=clock.now(), statement=said
    )
    db.session.add(approval)
    db.session.flush()
    given, needed = approvals_of(request.id), approvals_needed(person, admins)
    if not moved(request, UNDECIDED, RecoveryState.APPROVED):
        raise NotOpen("It has ended meanwhile. Reload the page.")
    record(
        Action.RECOVERY_APPROVED,
        by=by,
        target=target_of(person),
        reason=said,
        meta={"approvals": given, "needed": needed},
    )
    if given >= needed:
        _begin_waiting(by, request, person)
    return request


def checked_statement(text: str) -> str:
    """The statement in NFC.

    Raises:
        BadStatement: too short or too long.
    """
    said = one_line(text)
    if not SHORTEST_STATEMENT <= len(said) <= LONGEST_STATEMENT:
        raise BadStatement(
            f"Say in {SHORTEST_STATEMENT} to {LONGEST_STATEMENT} characters how you made sure.",
            field="statement",
        )
    return said


def _request_to_decide(by: Actor, request_id: int) -> tuple[RecoveryRequest, Admin, list[int]]:
    """The request, its person and the active admins. All are locked: deciders take turns."""
    admins = lock_active_admins()
    request = request_named(request_id)
    if by.id == request.admin_id:
        raise OwnRecovery("Nobody decides on their own recovery. Ask another admin.")
    if by.id not in admins:
        raise Denied("Only an active admin decides on a recovery.")
    if not db.session.get_one(Admin, by.id).is_second_factor_on:
        raise FactorMissing("Set up a second factor of your own first.")
    person = locked_person(request.admin_id)
    request = request_named(request_id)
    if request.state not in OPEN or request.expires_at <= clock.now() or person.disabled_at:
        raise NotOpen("This recovery has ended. Reload the page.")
    return request, person, admins


def _approved_by(request_id: int, by: Actor) -> bool:
    query = sa.select(RecoveryApproval.id).where(
        RecoveryApproval.request_id == request_id, RecoveryApproval.approved_by == by.id
    )
    return db.session.scalar(query) is not None


def approvals_of(request_id: int) -> int:
    """How many there are."""
    count = sa.select(sa.func.count()).where(RecoveryApproval.request_id == request_id)
    return db.session.scalar(count) or 0


def _begin_waiting(by: Actor, request: RecoveryRequest, person: Admin) -> None:
    """The code is made when the time is over, so that it cannot be stolen before."""
    opens_at = clock.now() + timedelta(hours=rule_for(person.role).recovery_hours)
    moved(
        request,
        (RecoveryState.APPROVED,),
        RecoveryState.WAITING,
        opens_at=opens_at,
        expires_at=opens_at + OPEN_FOR,
    )
    enqueue(OPENING, {"request_id": request.id}, run_at=opens_at)
    copies = copies_that_stop(by=by, person=person)
    tell(Action.RECOVERY_APPROVED, by=by, person=person, copies=copies, opens_at=opens_at)


def reject_recovery(*, by: Actor, request_id: int, statement: str) -> RecoveryRequest:
    """Say that it is not them, or cannot be told, also while it waits. Their factors stay.

    Raises:
        As `approve_recovery`.
    """
    said = checked_statement(statement)
    request, person, _ = _request_to_decide(by, request_id)
    if not moved(request, OPEN, RecoveryState.CANCELLED, **ended(by)):
        raise NotOpen("It has ended meanwhile. Reload the page.")
    revoke_links(admin=person, purposes=(LinkPurpose.RECOVERY_STOP,))
    record(Action.RECOVERY_REJECTED, by=by, target=target_of(person), reason=said)
    copies = copies_to(addresses_of(person))
    tell(Action.RECOVERY_REJECTED, by=by, person=person, copies=copies)
    return request
