"""What the ledger says happened, as tests ask it."""

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.models import AuditEvent
from portal.core.database import db


def events(action: Action | str) -> list[AuditEvent]:
    """The events of one kind, the oldest first."""
    query = sa.select(AuditEvent).where(AuditEvent.action == str(action))
    return list(db.session.scalars(query.order_by(AuditEvent.id)))
