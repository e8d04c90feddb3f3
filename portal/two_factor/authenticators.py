"""A person's authenticator: checking a code, and consuming its step.

A code is good once. The step is taken by one conditional UPDATE, so of twenty parallel requests
with the same code one wins, and a code older than the newest accepted one never works again.
"""

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.config import settings
from portal.core import clock
from portal.core.database import db
from portal.core.sealing import seal, unseal
from portal.staff.models import Admin
from portal.staff.naming import actor_of
from portal.staff.second_factor import Proof
from portal.staff.telling import tell
from portal.two_factor.failures import count_failure, forgive_failures
from portal.two_factor.models import TwoFactorAuth
from portal.two_factor.totp import match

PURPOSE = "totp|"
NOBODYS_SECRET = "A" * 32  # the same work for people without an authenticator


def sealed_secret(secret: str, admin_id: int) -> bytes:
    """The secret at rest; it opens on this person's row alone."""
    return seal(secret.encode("ascii"), purpose=_purpose(admin_id))


def opened_secret(sealed: bytes, admin_id: int) -> str:
    return unseal(sealed, purpose=_purpose(admin_id)).decode("ascii")


def _purpose(admin_id: int) -> str:
    return f"{PURPOSE}{admin_id}"


def has_authenticator(admin_id: int) -> bool:
    """Is one set up? It may have been stopped."""
    found = db.session.scalar(
        sa.select(TwoFactorAuth.admin_id).where(TwoFactorAuth.admin_id == admin_id)
    )
    return found is not None


def check_code(*, admin_id: int, code: str) -> Proof:
    """Consume a code of the person's authenticator, or say for the ledger why it is none."""
    row = db.session.get(TwoFactorAuth, admin_id, populate_existing=True)
    secret = opened_secret(row.secret_sealed, admin_id) if row else NOBODYS_SECRET
    found = match(secret, code, at=clock.now(), is_strict=settings().strict_totp)
    if row is None:
        return Proof(accepted=False, reason="not_enabled")
    if row.disabled_at is not None:
        return Proof(accepted=False, reason="stopped")
    if found.step is None:
        count_failure(admin_id)
        return Proof(accepted=False, reason="clock" if found.steps_off else "invalid")
    if not _take_step(admin_id, found.step):
        count_failure(admin_id)
        _warn_of_replay(admin_id)
        return Proof(accepted=False, reason="replay")
    forgive_failures(admin_id)
    return Proof(accepted=True, reason="accepted")


def _take_step(admin_id: int, step: int) -> bool:
    """Compare and set (RFC 6238 5.2): only a later step than the newest accepted one."""
    taken = db.session.execute(
        sa.update(TwoFactorAuth)
        .where(
            TwoFactorAuth.admin_id == admin_id,
            TwoFactorAuth.disabled_at.is_(None),
            TwoFactorAuth.last_step < step,
        )
        .values(last_step=step, last_used_at=clock.now())
        .returning(TwoFactorAuth.admin_id)
    )
    return taken.one_or_none() is not None


def _warn_of_replay(admin_id: int) -> None:
    """The owner hears of it, whoever sends the code hears what every wrong one does."""
    person = db.session.get_one(Admin, admin_id)
    tell(Action.SESSION_CODE_REFUSED, by=actor_of(person), person=person)
