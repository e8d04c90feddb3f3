"""How many backup codes a person still has."""

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


@cache
def _counting() -> Quick:
    me = sa.bindparam("me", type_=sa.Integer)
    now = sa.bindparam("now", type_=UTCDateTime())
    return Quick(
        sa.select(sa.func.count().label("left")).where(
            BackupCode.admin_id == me,
            BackupCode.revoked_at.is_(None),
            BackupCode.used_at.is_(None),
            sa.or_(BackupCode.expires_at.is_(None), BackupCode.expires_at > now),
        )
    )
