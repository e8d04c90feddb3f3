"""What a worker does for the ledger each second: tells the streams, looks for alerts."""

from collections.abc import Callable

from portal.audit.alerting.watching import is_anything_new, watch
from portal.audit.streaming.delivering import deliver_due, is_any_due
from portal.core.database import db, looking
from portal.jobs.registry import every_second


@every_second
def tell_streams() -> bool:
    """More is left while every batch is taken."""
    return _is_true(is_any_due) and deliver_due() > 0


@every_second
def look_for_alerts() -> bool:
    """500 leaves at a time, each time in a transaction of its own."""
    if not _is_true(is_anything_new):
        return False
    watch()
    return True


def _is_true(question: Callable[[], bool]) -> bool:
    """Asked without SQLite's one write lock: nearly always the answer is no."""
    with looking():
        answer = question()
    db.session.rollback()
    return answer
