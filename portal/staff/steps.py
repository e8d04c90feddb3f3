"""The second step of signing in, whatever kind of code it is taken with."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import Target, record
from portal.core.database import db
from portal.core.provenance import provenance
from portal.staff.current import SignedInStaff
from portal.staff.models import Admin, AdminSession
from portal.staff.naming import person_target
from portal.staff.new_devices import tell_of_new_device
from portal.staff.places import NotFromHere, is_outside, note_sign_in_outside
from portal.staff.second_factor import Proof, factor_named
from portal.staff.sessions import (
    SessionReplaced,
    end_session,
    renew_session,
    session_of,
    take_turns,
)
from portal.staff.throttles import Bucket, book_failure, code_buckets, hand_back, is_first_refusal
from portal.web.access import SessionState

MOST_WRONG_CODES = 5


@dataclass(frozen=True, slots=True)
class Step:
    """What came of a proof. With `token` the browser has a new session cookie to carry."""

    accepted: bool
    token: str | None = None
    reason: str = ""
    """For the ledger: the person hears one answer for every wrong code."""
    retry_after: int | None = None
    is_session_over: bool = False
    remaining: int | None = None
    owes_codes: bool = False
    """The last backup code is used up: the person is led to make new ones."""
    outside: NotFromHere | None = None
    """The code was right, at a place that the role may not use: the session is over."""

    @property
    def codes_left(self) -> int | None:
        """Of the backup codes, where it is time to say so: one was used, or none is left."""
        return 0 if self.owes_codes else self.remaining

    def check_place(self) -> None:
        """Call it once what came of it is committed.

        Raises:
            NotFromHere: see the class.
        """
        if self.outside is not None:
            raise self.outside


def take_second_step(*, staff: SignedInStaff, method: str, code: str) -> Step:
    """Finish signing in with a code. Commit whatever comes back.

    Raises:
        SessionReplaced: another request took the step with this session.
        Busy: too many codes are being hashed at once.
    """
    factor = factor_named(method)
    check = factor.prepare(admin_id=staff.id, code=code, session_id=staff.session_id)
    take_turns(staff.id)
    booked = code_buckets(staff.id, provenance().ip)
    wait = book_failure(booked)
    if wait is not None:
        return throttled(staff, booked, wait)
    session = session_of(staff)
    if session.state != SessionState.PREAUTH or staff.state is not SessionState.PREAUTH:
        raise SessionReplaced("You are past this step. Reload the page.")
    proof = check()
    if not proof.accepted:
        return refused(staff, session, method, proof)
    hand_back(booked)
    if is_outside(staff.role):
        return _turned_away(staff, session, method)
    amr = f"{session.amr} {factor.amr}".strip()
    token = renew_session(session=session, state=SessionState.ACTIVE, amr=amr)
    record(
        Action.SESSION_OPENED,
        by=staff.actor,
        target=itself(staff),
        meta={"method": method, "device": session.device_label},
    )
    tell_of_new_device(by=staff.actor, session=session)
    return Step(
        accepted=True,
        token=token,
        reason=proof.reason,
        remaining=proof.remaining,
        owes_codes=proof.owes_codes,
    )


def throttled(staff: SignedInStaff, booked: Sequence[Bucket], wait: int) -> Step:
    """Too many failures: the code was not looked at, so not even a right one opens anything."""
    if is_first_refusal(booked):
        record(
            Action.SESSION_THROTTLED,
            by=staff.actor,
            target=itself(staff),
            outcome=Outcome.FAILURE,
            reason="throttled",
        )
    return Step(accepted=False, reason="throttled", retry_after=wait)


def _turned_away(staff: SignedInStaff, session: AdminSession, method: str) -> Step:
    person = db.session.get_one(Admin, staff.id)
    note_sign_in_outside(by=staff.actor, person=person, reason=method)
    end_session(by=staff.actor, session=session, reason="outside_networks")
    refusal = NotFromHere(staff.role, provenance().ip)
    return Step(accepted=False, reason="outside_networks", is_session_over=True, outside=refusal)


def itself(staff: SignedInStaff) -> Target:
    return person_target(staff.id, staff.email)


def refused(
    staff: SignedInStaff,
    session: AdminSession,
    method: str,
    proof: Proof,
    action: Action = Action.SESSION_CODE_REFUSED,
) -> Step:
    """The fifth wrong code sends the person back to the password."""
    session.wrong_codes += 1
    record(
        action,
        by=staff.actor,
        target=itself(staff),
        outcome=Outcome.FAILURE,
        reason=proof.reason,
        meta={"method": method},
    )
    is_over = session.wrong_codes >= MOST_WRONG_CODES
    if is_over:
        end_session(by=staff.actor, session=session, reason="wrong_codes")
    return Step(
        accepted=False, reason=proof.reason, is_session_over=is_over, remaining=proof.remaining
    )
