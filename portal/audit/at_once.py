"""A critical event gets its leaf as soon as it is committed, before the answer is sent.

What is deleted from the database before it has a leaf leaves no trace; for such events that
moment is closed. A failure here is left to the worker, which is there within a second.
"""

import structlog
from sqlalchemy import event, orm

from portal.audit.actions import Severity
from portal.audit.models import AuditEvent
from portal.audit.sequencing import sequence
from portal.core.database import PortalSession

WRITTEN, COMMITTED = "critical_event_written", "critical_event_committed"

log = structlog.get_logger("portal.audit")


@event.listens_for(PortalSession, "after_flush")
def _note(session: orm.Session, _context: object) -> None:
    new = (row for row in session.new if isinstance(row, AuditEvent))
    if any(row.severity == Severity.CRITICAL for row in new):
        session.info[WRITTEN] = True


@event.listens_for(PortalSession, "after_commit")
def _committed(session: orm.Session) -> None:
    if not session.in_nested_transaction() and session.info.pop(WRITTEN, False):
        session.info[COMMITTED] = True


@event.listens_for(PortalSession, "after_transaction_end")
def _ended(session: orm.Session, transaction: orm.SessionTransaction) -> None:
    """By now the session has given its connection back, so this needs no second one."""
    if transaction.parent is not None:
        return
    session.info.pop(WRITTEN, None)
    if session.info.pop(COMMITTED, False):
        _give_leaf()


def _give_leaf() -> None:
    try:
        sequence(is_patient=True)
    except Exception as error:
        # The deed is committed and must be answered as done, whatever happened here.
        log.error("audit.leaf_delayed", reason=type(error).__name__, exc_info=error)
