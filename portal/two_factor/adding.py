"""What every new factor asks of its person, and what it does to their session."""

from datetime import timedelta

from portal.core import clock
from portal.core.errors import Denied
from portal.staff.current import SignedInStaff
from portal.staff.directory import locked_person
from portal.staff.models import Admin
from portal.staff.sessions import renew_session, session_of
from portal.staff.sudo import is_proven
from portal.web.access import SessionState

FRESH = timedelta(minutes=10)


class ProofTooOld(Denied):
    """The last proof of who this is was given too long ago to set up a factor with it."""

    code = "sudo_required"
    title = "Prove it is you"


class EmailUnverified(Denied):
    """The address was never confirmed, so the owner could not be warned."""

    code = "email_unverified"


def person_adding(staff: SignedInStaff) -> Admin:
    """The person, kept from others until the transaction ends.

    Raises:
        ProofTooOld, EmailUnverified: see the classes.
    """
    person = locked_person(staff.id)
    refuse_unproven(staff, person)
    return person


def refuse_unproven(staff: SignedInStaff, person: Admin) -> None:
    """As `person_adding`, of a person who is locked already."""
    if not is_fresh(staff):
        raise ProofTooOld("Prove again that it is you to set up a second factor.")
    if person.email_verified_at is None:
        raise EmailUnverified("Confirm your e-mail address first.")


def is_fresh(staff: SignedInStaff) -> bool:
    """An open screen alone adds nothing, and beside a factor no password does either."""
    if is_proven(staff):
        return True
    proven = staff.password_proven_at
    is_recent = proven is not None and clock.now() - proven <= FRESH
    return is_recent and not staff.is_second_factor_on


def carry_on(*, staff: SignedInStaff, amr: str) -> str:
    """The session goes on with the new factor, past the step that owed it. Its new token."""
    session = session_of(staff)
    is_owed = session.state == SessionState.MUST_ENROL
    proven = " ".join(dict.fromkeys([*session.amr.split(), amr]))
    state = SessionState.ACTIVE if is_owed else None
    token = renew_session(session=session, state=state, amr=proven)
    session.amr = proven
    return token
