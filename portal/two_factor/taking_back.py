"""An account that its owner took back: what lets somebody in and was made since is removed.

Nobody can tell the owner's own new passkey from a thief's: it goes too, and the owner is told.
"""

from datetime import datetime

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core.actor import Actor
from portal.core.database import db
from portal.staff.models import Admin
from portal.staff.naming import target_of
from portal.staff.signals import account_taken_back
from portal.two_factor.authenticators import has_authenticator
from portal.two_factor.backup_codes import revoke_codes
from portal.two_factor.models import BackupCode, Enrolment, Passkey, TwoFactorAuth
from portal.two_factor.passkeys import passkey_target
from portal.two_factor.recovery_requests import drop_requests
from portal.two_factor.removing import has_passkey, remove_authenticator

REASON = "email_change_undone"


@account_taken_back.connect
def take_away_since(person: Admin, *, by: Actor, since: datetime) -> list[str]:
    """Factors made since then, and a recovery, whose links that stop it are dead.

    Without a factor the person owes a new one at the next sign-in, where the role demands it.
    """
    return [
        *_authenticator_since(by, person, since),
        *_passkeys_since(by, person, since),
        *_codes_since(by, person, since),
        *(["request for recovery"] if drop_requests(by=by, person=person, reason=REASON) else []),
    ]


def _authenticator_since(by: Actor, person: Admin, since: datetime) -> list[str]:
    db.session.execute(sa.delete(Enrolment).where(Enrolment.admin_id == person.id))
    found = db.session.get(TwoFactorAuth, person.id, populate_existing=True)
    if found is None or found.enabled_at < since:
        return []
    remove_authenticator(person)
    record(Action.TOTP_DISABLED, by=by, target=target_of(person), reason=REASON)
    return ["authenticator app"]


def _passkeys_since(by: Actor, person: Admin, since: datetime) -> list[str]:
    found = db.session.scalars(
        sa.select(Passkey)
        .where(Passkey.admin_id == person.id, Passkey.created_at >= since)
        .order_by(Passkey.id)
    ).all()
    for passkey in found:
        db.session.delete(passkey)
        record(Action.PASSKEY_REMOVED, by=by, target=passkey_target(passkey), reason=REASON)
    db.session.flush()
    return [f"passkey “{passkey.label}”" for passkey in found]


def _codes_since(by: Actor, person: Admin, since: datetime) -> list[str]:
    """Older ones too, once no factor is left that they belong to."""
    person.is_second_factor_on = has_authenticator(person.id) or has_passkey(person.id)
    made = [BackupCode.created_at >= since] if person.is_second_factor_on else []
    if not revoke_codes(person.id, *made):
        return []
    record(Action.BACKUP_CODES_REVOKED, by=by, target=target_of(person), reason=REASON)
    return ["backup codes"]
