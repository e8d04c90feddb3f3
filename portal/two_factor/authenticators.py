"""A person's authenticator: checking a code, consuming its step, and stopping after too many.

A code is good once. The step is taken by one conditional UPDATE, so of twenty parallel requests
with the same code one wins, and a code older than the newest accepted one never works again.
"""

import sqlalchemy as sa

from portal.audit.actions import Action, Outcome
from portal.audit.ledger import record
from portal.config import settings
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.sealing import seal, unseal
from portal.mail.outbox import queue_mail
from portal.staff.models import Admin
from portal.staff.naming import target_of
from portal.staff.notices import notify
from portal.staff.second_factor import Proof
from portal.two_factor.models import TwoFactorAuth
from portal.two_factor.totp import match

MOST_CONSECUTIVE = 100  # NIST 800-63B 3.2.2: then the factor stops
NOBODYS_SECRET = "A" * 32  # the same work for people without an authenticator


def sealed_secret(secret: str, admin_id: int) -> bytes:
    """The secret at rest; it opens on this person's row alone."""
    return seal(secret.encode("ascii"), purpose=_purpose(admin_id))


def opened_secret(sealed: bytes, admin_id: int) -> str:
    return unseal(sealed, purpose=_purpose(admin_id)).decode("ascii")


def _purpose(admin_id: int) -> str:
    return f"totp|{admin_id}"


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
        .values(last_step=step, last_used_at=clock.now(), consecutive_failures=0)
        .returning(TwoFactorAuth.admin_id)
    )
    return taken.one_or_none() is not None


def _warn_of_replay(admin_id: int) -> None:
    """The owner hears of it, whoever sends the code hears what every wrong one does."""
    notify(
        admin_id=admin_id,
        kind="totp.replayed",
        text="A code of yours was entered a second time. If that was not you, somebody saw it.",
        url="/account/security",
    )


def count_failure(admin_id: int) -> None:
    """One more wrong code of any kind. Time never forgives it, only a right code does."""
    failures = db.session.scalar(
        sa.update(TwoFactorAuth)
        .where(TwoFactorAuth.admin_id == admin_id, TwoFactorAuth.disabled_at.is_(None))
        .values(consecutive_failures=TwoFactorAuth.consecutive_failures + 1)
        .returning(TwoFactorAuth.consecutive_failures)
    )
    if failures is not None and failures >= MOST_CONSECUTIVE:
        _stop(admin_id)


def forgive_failures(admin_id: int) -> None:
    db.session.execute(
        sa.update(TwoFactorAuth)
        .where(TwoFactorAuth.admin_id == admin_id)
        .values(consecutive_failures=0)
    )


def _stop(admin_id: int) -> None:
    """The person still owes a second step, so nobody gets in by password: recovery is needed."""
    row = db.session.get_one(TwoFactorAuth, admin_id, populate_existing=True)
    row.disabled_at = clock.now()
    person = db.session.get_one(Admin, admin_id)
    record(
        Action.TOTP_DISABLED_BY_POLICY,
        by=SYSTEM,
        target=target_of(person),
        outcome=Outcome.FAILURE,
        reason=f"{MOST_CONSECUTIVE} wrong codes in a row",
    )
    notify(
        admin_id=admin_id,
        kind=Action.TOTP_DISABLED_BY_POLICY,
        text="Your second factor was stopped after a hundred wrong codes in a row.",
        url="/account/security",
    )
    queue_mail(by=SYSTEM, to=person.email, template="factor_stopped", context={"name": person.name})
