"""Danger asks again who you are. The answer holds ten minutes and no activity makes it longer.

Whoever has a second factor proves it, everybody else their password (ASVS 5.0, 7.5.3).
"""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import record
from portal.core import clock
from portal.core.database import db, looking
from portal.core.errors import Denied
from portal.core.provenance import add_session, provenance
from portal.staff.current import SignedInStaff
from portal.staff.models import Admin
from portal.staff.passwords import verify_password
from portal.staff.second_factor import Check, Proof, factor_named
from portal.staff.sessions import renew_session, session_of
from portal.staff.steps import Step, itself, throttled
from portal.staff.throttles import Bucket, book_failure, code_buckets, hand_back, seconds_to_wait

WINDOW = timedelta(minutes=10)
PASSWORD = "password"  # noqa: S105 - the name of a method


class WrongProof(Denied):
    """This kind of proof is not the one that this person owes."""

    code = "sudo_required"
    title = "Prove it is you"


def is_proven(staff: SignedInStaff) -> bool:
    """May this session do dangerous things now? A password counts only without a factor."""
    return staff.has_sudo and (staff.sudo_method != PASSWORD or not staff.is_second_factor_on)


def has_second_factor_sudo(staff: SignedInStaff) -> bool:
    """Was a second factor proven within the window?"""
    return staff.has_sudo and staff.sudo_method != PASSWORD


def prove_again(*, staff: SignedInStaff, method: str, code: str) -> Step:
    """Open the window with a code, or with the password (`password`) while none is set up.

    Commit whatever comes back. Wrong ones share the throttle of the second step.

    Raises:
        WrongProof: see the class.
        Busy: too many passwords or codes are being hashed at once.
    """
    if (method == PASSWORD) == staff.is_second_factor_on:
        owed = "a code of your second factor" if staff.is_second_factor_on else "your password"
        raise WrongProof(f"Prove it is you with {owed}.")
    booked = code_buckets(staff.id, provenance().ip)
    check = _prepared(staff, method, code, booked)
    wait = book_failure(booked)
    if wait is not None:
        return throttled(staff, booked, wait)
    proof = check()
    if not proof.accepted:
        return _refused(staff, method, proof)
    hand_back(booked)
    return _granted(staff, method, proof)


def prove_password(*, staff: SignedInStaff, password: str) -> Step:
    """Is it theirs? Opens nothing, but a wrong one is counted and noted like a wrong code.

    Commit whatever comes back.

    Raises:
        Busy: too many passwords are being hashed at once.
    """
    booked = code_buckets(staff.id, provenance().ip)
    is_right = _is_hashed_right(staff, password, booked)
    wait = book_failure(booked)
    if wait is not None:
        return throttled(staff, booked, wait)
    if not is_right:
        return _refused(staff, PASSWORD, Proof(False, "wrong_password"))
    hand_back(booked)
    return Step(accepted=True, reason=PASSWORD)


def _is_hashed_right(staff: SignedInStaff, password: str, booked: Sequence[Bucket]) -> bool:
    """Ahead of the booking, as hashing takes long; not at all while the answer is a wait anyway."""
    with looking():
        if seconds_to_wait(booked) is not None:
            return False
        stored = db.session.scalar(sa.select(Admin.password_hash).where(Admin.id == staff.id))
        return verify_password(password, stored)


def _prepared(staff: SignedInStaff, method: str, code: str, booked: Sequence[Bucket]) -> Check:
    if method != PASSWORD:
        factor = factor_named(method)
        return factor.prepare(admin_id=staff.id, code=code, session_id=staff.session_id)
    is_right = _is_hashed_right(staff, code, booked)
    return lambda: Proof(is_right, "password" if is_right else "wrong_password")


def _granted(staff: SignedInStaff, method: str, proof: Proof) -> Step:
    session = session_of(staff)
    token = renew_session(session=session)
    session.sudo_until = clock.now() + WINDOW
    session.sudo_method = method
    if method == PASSWORD:
        session.password_proven_at = clock.now()
    add_session(session_ref=staff.session_ref, amr=staff.amr, has_sudo=True)
    record(
        Action.SESSION_SUDO_GRANTED, by=staff.actor, target=itself(staff), meta={"method": method}
    )
    return Step(accepted=True, token=token, reason=proof.reason, remaining=proof.remaining)


def _refused(staff: SignedInStaff, method: str, proof: Proof) -> Step:
    record(
        Action.SESSION_SUDO_REFUSED,
        by=staff.actor,
        target=itself(staff),
        outcome=Outcome.FAILURE,
        reason=proof.reason,
        meta={"method": method},
    )
    return Step(accepted=False, reason=proof.reason, remaining=proof.remaining)
