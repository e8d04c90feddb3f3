"""What a factor that goes leaves behind: codes, sessions, and what the person owes from then on."""

import sqlalchemy as sa

from portal.core.database import db
from portal.staff.current import SignedInStaff
from portal.staff.models import Admin
from portal.staff.policies import owes_second_factor
from portal.staff.sessions import end_sessions_of, end_with_grace, renew_session, session_of
from portal.two_factor.authenticators import has_authenticator
from portal.two_factor.backup_codes import revoke_codes
from portal.two_factor.models import Enrolment, Passkey, TwoFactorAuth
from portal.web.access import SessionState


def settle(*, staff: SignedInStaff, person: Admin) -> str:
    """Call it once the factor's rows are gone. The session's new token; the others end.

    After the last one the backup codes go too, and where the role requires a factor, the session
    must enrol anew before it does anything else: that is how a person moves to another device.
    """
    person.is_second_factor_on = has_authenticator(person.id) or has_passkey(person.id)
    end_sessions_of(
        by=staff.actor, admin_id=person.id, reason="factor_removed", except_session=staff.session_id
    )
    session = session_of(staff)
    if person.is_second_factor_on:
        return renew_session(session=session)
    revoke_codes(person.id)
    session.sudo_until = session.sudo_method = None
    end_with_grace(session=session, person=person)
    must_enrol = owes_second_factor(person)
    return renew_session(session=session, state=SessionState.MUST_ENROL if must_enrol else None)


def take_all_away(person: Admin) -> None:
    """Every factor of somebody who has lost them. Their sessions are left to the caller."""
    remove_authenticator(person)
    db.session.execute(sa.delete(Passkey).where(Passkey.admin_id == person.id))
    revoke_codes(person.id)
    person.is_second_factor_on = False


def remove_authenticator(person: Admin) -> None:
    db.session.execute(sa.delete(TwoFactorAuth).where(TwoFactorAuth.admin_id == person.id))
    db.session.execute(sa.delete(Enrolment).where(Enrolment.admin_id == person.id))


def has_passkey(admin_id: int) -> bool:
    """Is any registered? It may have been stopped."""
    found = db.session.scalar(sa.select(Passkey.id).where(Passkey.admin_id == admin_id).limit(1))
    return found is not None
