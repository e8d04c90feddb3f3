"""How a recovery ends: its owner completes it with the code, or stops it by a mailed link."""

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.provenance import provenance
from portal.staff.current import SignedInStaff
from portal.staff.directory import locked_person
from portal.staff.links import ADVICE, LinkGone, open_link, revoke_links, use_link
from portal.staff.models import Admin, AdminSession, LinkPurpose
from portal.staff.naming import actor_of, target_of
from portal.staff.notices import notify
from portal.staff.passwords import verify_password
from portal.staff.people import freeze_person, lock_active_admins
from portal.staff.second_factor import Proof
from portal.staff.sessions import SessionReplaced, end_sessions_of, renew_session, session_of
from portal.staff.steps import Step, refused, throttled
from portal.staff.throttles import book_failure, code_buckets, hand_back
from portal.two_factor.backup_codes import NOTHING_TYPED, normalised
from portal.two_factor.failures import count_failure
from portal.two_factor.models import RecoveryRequest, RecoveryState
from portal.two_factor.recovery_codes import NotYet, ready_request
from portal.two_factor.recovery_letters import addresses_of, write_end
from portal.two_factor.recovery_requests import OPEN, ended, moved, open_request
from portal.two_factor.removing import take_all_away
from portal.web.access import SessionState

METHOD = "recovery"


def complete_recovery(*, staff: SignedInStaff, code: str) -> Step:
    """Take the code in a session that proved the password. Only now the old factors go.

    Commit whatever comes back: a wrong code is counted like a wrong second factor. The session
    then owes a new factor and reaches nothing else.

    Raises:
        NotYet, SessionReplaced: the code was not looked at.
    """
    person = locked_person(staff.id)
    session = session_of(staff)
    if session.state != SessionState.PREAUTH:
        raise SessionReplaced("You are past this step. Reload the page.")
    request = ready_request(person.id)
    booked = code_buckets(staff.id, provenance().ip)
    wait = book_failure(booked)
    if wait is not None:
        return throttled(staff, booked, wait)
    if not _is_right(request, code):
        count_failure(staff.id)
        return refused(staff, session, METHOD, Proof(False, "invalid"))
    hand_back(booked)
    unchanged = RecoveryRequest.code_hash == request.code_hash
    done, waiting = RecoveryState.COMPLETED, (RecoveryState.WAITING,)
    if not moved(request, waiting, done, unchanged, **ended(staff.actor)):
        raise NotYet("It was cancelled a moment ago.")
    return Step(accepted=True, token=_recovered(staff, person, session))


def _is_right(request: RecoveryRequest, code: str) -> bool:
    """The same work, whether or not there is a code that works."""
    until = request.code_expires_at
    stored = request.code_hash if until is not None and until > clock.now() else None
    plain = normalised(code)
    return verify_password(plain or NOTHING_TYPED, stored) and bool(plain)


def _recovered(staff: SignedInStaff, person: Admin, session: AdminSession) -> str:
    by = staff.actor
    take_all_away(person)
    revoke_links(admin=person, purposes=(LinkPurpose.RECOVERY_STOP,))
    end_sessions_of(by=by, admin_id=person.id, reason="recovered", except_session=session.id)
    proven = f"{session.amr} {METHOD}".strip()
    token = renew_session(session=session, state=SessionState.MUST_ENROL, amr=proven)
    record(Action.RECOVERY_COMPLETED, by=by, target=target_of(person))
    notify(
        admin_id=person.id,
        kind=Action.RECOVERY_COMPLETED,
        text="Your account was recovered. Your old second factors are gone.",
        url="/account/security",
    )
    write_end(by=by, person=person, template="recovery_completed")
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
    addresses_before = addresses_of(person)
    record(Action.RECOVERY_CANCELLED, by=by, target=target_of(person), reason="not_me")
    is_frozen = freeze_person(by=by, person_id=person.id, reason="recovery_cancelled")
    revoke_links(admin=person, purposes=(LinkPurpose.RECOVERY_STOP,))
    write_end(
        by=by,
        person=person,
        template="recovery_cancelled",
        addresses=addresses_before,
        is_frozen=is_frozen,
    )
    return is_frozen
