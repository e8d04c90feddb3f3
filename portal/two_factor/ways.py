"""The ways in which a person may take the second step, the one that they used last first."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from portal.config import settings
from portal.core.database import db
from portal.staff.second_factor import Way
from portal.two_factor.models import Passkey, TwoFactorAuth

TOTP = Way("totp", "staff.second_factor", "your authenticator app")
PASSKEY = Way("passkey", "staff.passkey", "a passkey")
BACKUP = Way("backup", "staff.backup_code", "a backup code")


def ways_of(admin_id: int) -> Sequence[Way]:
    """Backup codes come last however lately one was used: they are for the day when nothing else
    is at hand. A person whose other ways were all stopped is asked for a code as before.
    """
    passkey_used, totp_used = _passkey_used(admin_id), _totp_used(admin_id)
    if passkey_used is None:
        return (TOTP, BACKUP)
    if totp_used is None:
        return (PASSKEY, BACKUP)
    first = (TOTP, PASSKEY) if totp_used > passkey_used else (PASSKEY, TOTP)
    return (*first, BACKUP)


def _totp_used(admin_id: int) -> datetime | None:
    """When last, or since when it could be; None when there is none that works."""
    row = TwoFactorAuth
    return db.session.scalar(
        sa.select(
            sa.func.coalesce(row.last_used_at, row.enabled_at, type_=row.enabled_at.type)
        ).where(row.admin_id == admin_id, row.disabled_at.is_(None))
    )


def _passkey_used(admin_id: int) -> datetime | None:
    """The same of the person's passkeys. None too where browsers would not make a signature."""
    row = Passkey
    if settings().passkey_host is None:
        return None
    used = sa.func.coalesce(row.last_used_at, row.created_at)
    return db.session.scalar(
        sa.select(sa.func.max(used, type_=row.created_at.type)).where(
            row.admin_id == admin_id, row.disabled_at.is_(None)
        )
    )
