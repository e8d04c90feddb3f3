"""What a worker does for the ledger each second: tells the streams, looks for alerts.

Nearly always there is nothing to do, which is found out without SQLite's one write lock.
"""

from portal.audit.alerting.watching import is_anything_new, watch
from portal.audit.streaming.delivering import deliver_due, is_any_due
from portal.core.database import glancing
from portal.jobs.registry import every_second


@every_second
def tell_streams() -> bool:
    """More is left while every batch is taken."""
    with glancing():
        is_due = is_any_due()
    return is_due and deliver_due() > 0


@every_second
def look_for_alerts() -> bool:
    """500 leaves at a time, each time in a transaction of its own."""
    with glancing():
        is_new = is_anything_new()
    if is_new:
        watch()
    return is_new
