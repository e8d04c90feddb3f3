"""The second factors of the demo company's people."""

import uuid
from datetime import timedelta
from functools import cache

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.sealing import key_id
from portal.staff.models import Admin
from portal.staff.naming import actor_of, target_of
from portal.staff.passwords import hash_password
from portal.two_factor.authenticators import sealed_secret
from portal.two_factor.backup_codes import CODES, LIFETIME, new_code, normalised
from portal.two_factor.models import BackupCode, TwoFactorAuth
from portal.two_factor.totp import new_secret
from seeds.agenda import Agenda

DAY = timedelta(days=1)
CODES_DAYS = 170
"""So long ago everybody made new backup codes, or when they came later."""


def enrol(admin: Admin) -> str:
    """The secret of their authenticator, which is on from now."""
    secret, now = new_secret(), clock.now()
    sealed = sealed_secret(secret, admin.id)
    db.session.add(
        TwoFactorAuth(
            admin_id=admin.id,
            secret_sealed=sealed,
            key_id=key_id(sealed),
            last_step=0,
            enabled_at=now,
        )
    )
    admin.is_second_factor_on = True
    record(Action.TOTP_ENABLED, by=SYSTEM, target=Target("admin", admin.id, admin.email))
    return secret


def plan_codes(agenda: Agenda, admin: Admin) -> None:
    at = agenda.until - CODES_DAYS * DAY + admin.id * timedelta(hours=7)
    agenda.add(max(at, clock.now()), lambda: _give_codes(admin), by=actor_of(admin))


def _give_codes(admin: Admin) -> None:
    now, batch_id = clock.now(), str(uuid.uuid4())
    db.session.add_all(
        BackupCode(
            admin_id=admin.id,
            batch_id=batch_id,
            ordinal=ordinal,
            code_hash=code_hash,
            created_at=now,
            expires_at=now + LIFETIME,
        )
        for ordinal, code_hash in enumerate(_hashes(), start=1)
    )
    meta = {"count": CODES}
    record(Action.BACKUP_CODES_GENERATED, by=actor_of(admin), target=target_of(admin), meta=meta)


@cache
def _hashes() -> list[str]:
    """Nobody ever saw the codes, so one set of hashes serves all: each costs a while on purpose."""
    return [hash_password(normalised(new_code())) for _ in range(CODES)]
