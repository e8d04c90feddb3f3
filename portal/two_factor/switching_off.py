"""Taking a second factor away: by its owner with proof, or by an operator for the locked out."""

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core.actor import Actor
from portal.core.errors import Conflict
from portal.staff.current import SignedInStaff
from portal.staff.directory import locked_person
from portal.staff.models import Admin
from portal.staff.naming import target_of
from portal.staff.sessions import end_sessions_of
from portal.staff.telling import tell
from portal.two_factor.authenticators import has_authenticator
from portal.two_factor.recovery_requests import drop_requests
from portal.two_factor.removing import remove_authenticator, settle, take_all_away


class NotEnabled(Conflict):
    """There is nothing to turn off."""

    code = "conflict"
    title = "No second factor is on"


def switch_off(*, staff: SignedInStaff) -> str:
    """Turn the own authenticator off; the caller has checked the proof. The session's new token.

    What that means for the session stands in `removing`.

    Raises:
        NotEnabled: see the class.
    """
    person = locked_person(staff.id)
    if not has_authenticator(person.id):
        raise NotEnabled("Set one up first.")
    remove_authenticator(person)
    token = settle(staff=staff, person=person)
    record(Action.TOTP_DISABLED, by=staff.actor, target=target_of(person))
    tell(Action.TOTP_DISABLED, by=staff.actor, person=person)
    return token


def reset_second_factor(*, by: Actor, person: Admin, reason: str) -> None:
    """Break glass: take a locked-out person's factors away, passkeys too, and end their sessions.

    Raises:
        NotEnabled: see the class.
    """
    if not person.is_second_factor_on:
        raise NotEnabled(f"{person.email} has no second factor.")
    take_all_away(person)
    drop_requests(by=by, person=person, reason="factor_reset")
    end_sessions_of(by=by, admin_id=person.id, reason="factor_reset")
    record(
        Action.TOTP_RESET,
        by=by,
        target=target_of(person),
        reason=reason,
    )
    tell(Action.TOTP_RESET, by=by, person=person)
