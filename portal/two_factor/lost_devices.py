"""A phone that is gone for good: one backup code lets its owner in and takes its app away."""

from dataclasses import replace

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.staff.current import SignedInStaff
from portal.staff.directory import locked_person
from portal.staff.naming import target_of
from portal.staff.steps import Step, take_second_step
from portal.staff.telling import tell
from portal.two_factor.authenticators import has_authenticator
from portal.two_factor.removing import remove_authenticator, settle

METHOD = "backup"


def come_in_without_device(*, staff: SignedInStaff, code: str) -> Step:
    """Finish signing in with a backup code; the authenticator stops working in the same moment.

    Commit whatever comes back. Passkeys stay: which of them is lost, only their owner knows. Where
    nothing is left and the role asks for a factor, the session then sets up a new one.

    Raises:
        SessionReplaced: another request took the step with this session.
    """
    step = take_second_step(staff=staff, method=METHOD, code=code)
    person = locked_person(staff.id)
    if step.token is None or not has_authenticator(person.id):
        return step
    remove_authenticator(person)
    token = settle(staff=staff, person=person)
    record(Action.TOTP_DISABLED, by=staff.actor, target=target_of(person), reason="lost_device")
    tell(Action.TOTP_DISABLED, by=staff.actor, person=person)
    return replace(step, token=token)
