"""How a recovery ends: its owner completes it with the code, or stops it."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db, looking
from portal.core.errors import Conflict
from portal.core.provenance import provenance
from portal.staff.current import SignedInStaff
from portal.staff.directory import locked_person
from portal.staff.links import ADVICE, LinkGone, open_link, revoke_links, use_link
from portal.staff.models import Admin, AdminSession, LinkPurpose
from portal.staff.naming import actor_of, target_of
from portal.staff.passwords import verify_password
from portal.staff.people import freeze_person, lock_active_admins
from portal.staff.second_factor import Proof
from portal.staff.sessions import SessionReplaced, end_sessions_of, renew_session, session_of
from portal.staff.sign_in import password_buckets
from portal.staff.steps import Step, refused, throttled
from portal.staff.telling import Copies, tell
from portal.staff.throttles import Bucket, book_failure, code_buckets, hand_back, seconds_to_wait
from portal.two_factor.backup_codes import NOTHING_TYPED, normalised
from portal.two_factor.failures import count_failure
from portal.two_factor.models import RecoveryRequest, RecoveryState
from portal.two_factor.recovery_codes import NotYet, ready_request
from portal.two_factor.recovery_letters import addresses_of, copies_to
from portal.two_factor.recovery_requests import OPEN, ended, moved, open_request
from portal.two_factor.removing import take_all_away
from portal.web.access import SessionState

METHOD = "recovery"


class NothingToStop(Conflict):
    """It has ended, or was never asked for."""

    title = "There is nothing to stop"


@dataclass(frozen=True, slots=True)
class Typed:
    """Whether what was typed is right, and against which stored hashes that was found."""

    is_password_right: bool = False
    is_code_right: bool = False
    password_hash: str | None = None
    code_hash: str | None = None


def complete_recovery(*, staff: SignedInStaff, password: str, code: str) -> Step:
    """Take the code beside the password, once more. Only now the old factors go.

    Commit whatever comes back: a wrong password counts as it does at the sign-in, a wrong code as
    a wrong second factor does, and both count for both. The session then owes a new factor and
    reaches nothing else.

    Raises:
        NotYet, SessionReplaced: the code was not looked at.
        Busy: too many passwords are being hashed at once.
    """
    booked = [
        *code_buckets(staff.id, provenance().ip),
        *password_buckets(staff.email, is_known=True),
    ]
    typed = _looked_at(staff, password, code, booked)
    person = locked_person(staff.id)
    session = session_of(staff)
    if session.state != SessionState.PREAUTH:
        raise SessionReplaced("You are past this step. Reload the page.")
    request = ready_request(person.id)
    wait = book_failure(booked)
    if wait is not None:
        return throttled(staff, booked, wait)
    if not typed.is_password_right or typed.password_hash != person.password_hash:
        wrong = Proof(False, "wrong_password")
        return refused(staff, session, METHOD, wrong, Action.SESSION_PASSWORD_REFUSED)
    if not typed.is_code_right:
        count_failure(staff.id)
        return refused(staff, session, METHOD, Proof(False, "invalid"))
    hand_back(booked)
    unchanged = RecoveryRequest.code_hash == typed.code_hash
    done, waiting = RecoveryState.COMPLETED, (RecoveryState.WAITING,)
    if not moved(request, waiting, done, unchanged, **ended(staff.actor)):
        raise NotYet("It was cancelled, or another code was mailed, a moment ago.")
    return Step(accepted=True, token=_recovered(staff, person, session))


def _looked_at(staff: SignedInStaff, password: str, code: str, booked: Sequence[Bucket]) -> Typed:
    """Ahead of the booking, as hashing takes long. Both always: the time tells not which is wrong,
    nor whether there is a code that works.
    """
    with looking():
        if seconds_to_wait(booked) is not None:
            return Typed()
        known = db.session.scalar(sa.select(Admin.password_hash).where(Admin.id == staff.id))
        request, plain = open_request(staff.id), normalised(code)
        until = request.code_expires_at if request else None
        mailed = request.code_hash if request and until and until > clock.now() else None
        is_code_right = verify_password(plain or NOTHING_TYPED, mailed) and bool(plain)
        return Typed(verify_password(password, known), is_code_right, known, mailed)


def _recovered(staff: SignedInStaff, person: Admin, session: AdminSession) -> str:
    by = staff.actor
    take_all_away(person)
    revoke_links(admin=person, purposes=(LinkPurpose.RECOVERY_STOP,))
    end_sessions_of(by=by, admin_id=person.id, reason="recovered", except_session=session.id)
    proven = f"{session.amr} {METHOD}".strip()
    token = renew_session(session=session, state=SessionState.MUST_ENROL, amr=proven)
    record(Action.RECOVERY_COMPLETED, by=by, target=target_of(person))
    copies = copies_to(addresses_of(person))
    tell(Action.RECOVERY_COMPLETED, by=by, person=person, copies=copies)
    return token


def recovery_behind(token: str) -> Admin:
    """Whose recovery the link would stop. Changes nothing.

    Raises:
        LinkGone: none any more.
    """
    _, person = open_link(token, LinkPurpose.RECOVERY_STOP)
    if open_request(person.id) is None:
        raise LinkGone(ADVICE[LinkPurpose.RECOVERY_STOP])
    return person


def stop_recovery(*, token: str) -> bool:
    """It was not me: end it and freeze the account. False when only the recovery ended.

    Whoever asked knows the password, so the account stays shut until an admin opens it again. The
    last active admin is signed out instead, as nobody could open it.

    Raises:
        LinkGone: it was completed, cancelled or expired.
    """
    lock_active_admins()  # before the person: the order that everybody takes
    _, person = use_link(token, LinkPurpose.RECOVERY_STOP)
    by, request = actor_of(person), open_request(person.id)
    if request is None or not moved(request, OPEN, RecoveryState.CANCELLED, **ended(by)):
        raise LinkGone(ADVICE[LinkPurpose.RECOVERY_STOP])
    copies = copies_to(addresses_of(person))  # before the links die that some are known by
    record(Action.RECOVERY_CANCELLED, by=by, target=target_of(person), reason="not_me")
    is_frozen = freeze_person(by=by, person_id=person.id, reason="recovery_cancelled")
    _tell_of_stop(by, person, copies, is_frozen=is_frozen, ended="All your sessions ended.")
    return is_frozen


def stop_own_recovery(*, staff: SignedInStaff) -> None:
    """End it, says its owner, who is signed in: whatever else is signed in as them ends too.

    The account stays open. Whoever asked has the password alone, and the owner, who has more, sets
    a new one. No fresh proof is asked for: nothing is won by it, and it may be the owner who asked
    and whose device is lost.

    Raises:
        NothingToStop: see the class.
    """
    by, person = staff.actor, locked_person(staff.id)
    request = open_request(person.id)
    if request is None or not moved(request, OPEN, RecoveryState.CANCELLED, **ended(by)):
        raise NothingToStop("No recovery of your account is open any more.")
    copies = copies_to(addresses_of(person))
    record(Action.RECOVERY_CANCELLED, by=by, target=target_of(person), reason="stopped_by_owner")
    end_sessions_of(
        by=by, admin_id=person.id, reason="recovery_cancelled", except_session=staff.session_id
    )
    _tell_of_stop(by, person, copies, is_frozen=False, ended="All your other sessions ended.")


def _tell_of_stop(by: Actor, person: Admin, copies: Copies, *, is_frozen: bool, ended: str) -> None:
    revoke_links(admin=person, purposes=(LinkPurpose.RECOVERY_STOP,))
    facts = {"is_frozen": is_frozen, "ended": ended}
    tell(Action.RECOVERY_CANCELLED, by=by, person=person, copies=copies, **facts)
