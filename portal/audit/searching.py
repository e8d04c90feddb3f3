"""Free text over the ledger."""

import sqlalchemy as sa

from portal.audit.models import AuditEvent

_event = AuditEvent.__table__.c


def has_text(text: str) -> sa.ColumnElement[bool]:
    """The text anywhere in a label or a reason, or the whole of a request id or an event's id."""
    columns = (_event.actor_label, _event.target_label, _event.reason)
    parts = [column.icontains(text, autoescape=True) for column in columns]
    return sa.or_(*parts, _event.request_id == text, _event.id == text)
