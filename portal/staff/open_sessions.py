"""Which sessions open something, said once for all who ask."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.staff.models import AdminSession


def is_open(now: datetime | sa.BindParameter[Any]) -> sa.ColumnElement[bool]:
    """Neither ended nor over; its person may still owe a step of signing in."""
    return sa.and_(
        AdminSession.revoked_at.is_(None),
        AdminSession.idle_expires_at > now,
        AdminSession.absolute_expires_at > now,
    )
