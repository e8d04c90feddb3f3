"""How many backup codes a person still has."""

from datetime import datetime
from functools import cache

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import UTCDateTime
from portal.core.quick import Quick
from portal.two_factor.models import BackupCode

FEW = 3
"""With so many or fewer it is time for new ones."""


def codes_left(admin_id: int) -> int:
    """Those that would be taken now. One statement."""
    return int(_counting().row(me=admin_id, now=clock.now()).left)


def is_alive(now: datetime | sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
    """Would the code be taken then? Neither used, nor revoked, nor too old."""
    return sa.and_(
        BackupCode.used_at.is_(None),
        BackupCode.revoked_at.is_(None),
        sa.or_(BackupCode.expires_at.is_(None), BackupCode.expires_at > now),
    )


@cache
def _counting() -> Quick:
    me = sa.bindparam("me", type_=sa.Integer)
    now = sa.bindparam("now", type_=UTCDateTime())
    return Quick(
        sa.select(sa.func.count().label("left")).where(BackupCode.admin_id == me, is_alive(now))
    )
