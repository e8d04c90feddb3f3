"""What sign-ins leave behind is swept out once a day. The ledger keeps what happened."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import changed_rows
from portal.jobs.registry import handles, recurring
from portal.staff.models import AdminSession
from portal.staff.throttles import forget_ended_windows

KIND = "staff.sweep_sessions"
KEPT_FOR = timedelta(days=90)


@handles(KIND)
def sweep(_payload: dict[str, Any]) -> None:
    """Remove sessions that ended long ago, and counts whose window is over."""
    forget_sessions_before(clock.now() - KEPT_FOR)
    forget_ended_windows()


def forget_sessions_before(limit: datetime) -> int:
    """Remove sessions that could not have been used since `limit`. How many there were."""
    return changed_rows(sa.delete(AdminSession).where(AdminSession.absolute_expires_at < limit))


recurring(KIND, every=timedelta(days=1))
