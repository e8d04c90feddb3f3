"""Backup codes that are few or soon expire: their person is told once of each, for each set."""

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.staff.models import Admin, Notice
from portal.staff.naming import target_of
from portal.staff.telling import tell
from portal.two_factor.backup_codes import SOON
from portal.two_factor.codes_left import FEW, is_alive
from portal.two_factor.models import BackupCode


def warn_of_codes() -> int:
    """How many warnings were sent. Somebody who made new codes meanwhile is warned anew."""
    told = 0
    for person, action, remaining, why in _to_warn():
        meta = {"remaining": remaining}
        record(action, by=SYSTEM, target=target_of(person), meta=meta)
        tell(action, by=SYSTEM, person=person, why=why)
        told += 1
    return told


def _to_warn() -> Iterator[tuple[Admin, Action, int, str]]:
    now = clock.now()
    left = sa.func.count(sa.case((is_alive(now), 1)))
    made_at = sa.func.min(BackupCode.created_at, type_=BackupCode.created_at.type)
    expires_at = sa.func.min(BackupCode.expires_at, type_=BackupCode.expires_at.type)
    sets = (
        sa.select(Admin, left, made_at, expires_at)
        .join(BackupCode, BackupCode.admin_id == Admin.id)
        .where(
            BackupCode.revoked_at.is_(None),
            Admin.disabled_at.is_(None),
            Admin.is_second_factor_on.is_(True),
        )
        .group_by(Admin.id)
        .having(sa.or_(left <= FEW, expires_at <= now + SOON))
        .order_by(Admin.id)
    )
    for person, remaining, made, expires in db.session.execute(sets).all():
        low, aged = Action.BACKUP_CODES_RAN_LOW, Action.BACKUP_CODES_AGED
        if remaining <= FEW and not _was_told(person.id, low, made):
            yield person, low, remaining, _few(remaining)
        elif expires and expires <= now + SOON and not _was_told(person.id, aged, made):
            yield person, aged, remaining, f"Your backup codes expire on {expires:%Y-%m-%d}."


def _few(remaining: int) -> str:
    if not remaining:
        return "You have no backup code left."
    return f"You have {remaining} backup code{'' if remaining == 1 else 's'} left."


def _was_told(admin_id: int, action: Action, since: datetime) -> bool:
    query = sa.select(Notice.id).where(
        Notice.admin_id == admin_id, Notice.kind == action, Notice.created_at >= since
    )
    return db.session.scalar(query.limit(1)) is not None
