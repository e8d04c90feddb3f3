"""A hundred wrong proofs in a row stop a person's factors (NIST 800-63B 3.2.2).

Whatever kind they are of, they count against all: changing kinds wins no tries. Time forgives
none of them, only a right proof does.
"""

import sqlalchemy as sa

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import changed_rows, db
from portal.staff.models import Admin
from portal.staff.naming import target_of
from portal.staff.telling import tell
from portal.two_factor.models import Passkey, PasskeyHolder, TwoFactorAuth

MOST_CONSECUTIVE = 100


def count_failure(admin_id: int) -> None:
    """One more wrong proof of any kind."""
    failures = db.session.scalar(
        sa.update(TwoFactorAuth)
        .where(TwoFactorAuth.admin_id == admin_id, TwoFactorAuth.disabled_at.is_(None))
        .values(consecutive_failures=TwoFactorAuth.consecutive_failures + 1)
        .returning(TwoFactorAuth.consecutive_failures)
    )
    if failures is not None and failures >= MOST_CONSECUTIVE:
        _stop_authenticator(admin_id)
    failures = db.session.scalar(
        sa.update(PasskeyHolder)
        .where(PasskeyHolder.admin_id == admin_id)
        .values(consecutive_failures=PasskeyHolder.consecutive_failures + 1)
        .returning(PasskeyHolder.consecutive_failures)
    )
    if failures is not None and failures >= MOST_CONSECUTIVE:
        _stop_passkeys(admin_id)


def forgive_failures(admin_id: int) -> None:
    for table in (TwoFactorAuth, PasskeyHolder):
        db.session.execute(
            sa.update(table)
            .where(table.admin_id == admin_id, table.consecutive_failures > 0)
            .values(consecutive_failures=0)
        )


def _stop_authenticator(admin_id: int) -> None:
    """The person still owes a second step, so nobody gets in by password: recovery is needed."""
    row = db.session.get_one(TwoFactorAuth, admin_id, populate_existing=True)
    row.disabled_at = clock.now()
    _note(admin_id, Action.TOTP_DISABLED_BY_POLICY)


def _stop_passkeys(admin_id: int) -> None:
    """The ones that work now; one that is added later begins anew."""
    stopped = changed_rows(
        sa.update(Passkey)
        .where(Passkey.admin_id == admin_id, Passkey.disabled_at.is_(None))
        .values(disabled_at=clock.now())
    )
    if stopped:
        _note(admin_id, Action.PASSKEY_DISABLED_BY_POLICY)


def _note(admin_id: int, action: Action) -> None:
    person = db.session.get_one(Admin, admin_id)
    record(
        action,
        by=SYSTEM,
        target=target_of(person),
        outcome=Outcome.FAILURE,
        reason=f"{MOST_CONSECUTIVE} wrong codes in a row",
    )
    tell(action, by=SYSTEM, person=person)
