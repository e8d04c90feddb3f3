"""What people leave behind is swept out once a day. The ledger keeps what happened."""

from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import remove_some
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles, recurring
from portal.staff.models import AdminSession, Notice, StaffLink
from portal.staff.throttles import forget_ended_windows

KIND = "staff.sweep_sessions"
AT_ONCE = 5_000
KEPT_FOR = timedelta(days=90)
NOTICES_KEPT_FOR = timedelta(days=400)
"""Longer than backup codes are good for: a notice that they are few is not sent a second time."""


@handles(KIND)
def sweep(_payload: dict[str, Any]) -> None:
    """Remove sessions and mailed links that ended long ago, old notices that were read, and counts
    whose window is over: at most 5000 of each, and the next job when there may be more.
    """
    now = clock.now()
    was_read = sa.and_(Notice.read_at.is_not(None), Notice.created_at < now - NOTICES_KEPT_FOR)
    remove = partial(remove_some, at_most=AT_ONCE)
    removed = (
        remove(AdminSession, AdminSession.absolute_expires_at < now - KEPT_FOR),
        remove(StaffLink, StaffLink.expires_at < now - KEPT_FOR),
        remove(Notice, was_read),
    )
    forget_ended_windows()
    if AT_ONCE in removed:
        enqueue(KIND, {})


recurring(KIND, every=timedelta(days=1))
