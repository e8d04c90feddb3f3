"""That somebody read the ledger is an event, too: one a person, a log and five minutes."""

from datetime import timedelta

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.audit.logs import LABELS
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import Actor
from portal.core.clock import timestamp
from portal.core.database import writing
from portal.core.quick import Quick

READING_IS_ONE = timedelta(minutes=5)
_event = AuditEvent.__table__.c


_NOTED = Quick(
    sa.select(
        sa.exists()
        .where(
            _event.actor_id == sa.bindparam("number", type_=sa.Integer),
            _event.actor_type == sa.bindparam("kind", type_=sa.String),
            _event.occurred_at >= sa.bindparam("since", type_=sa.String),
            _event.action == Action.AUDIT_SEARCHED.value,
            _event.target_id == sa.bindparam("log", type_=sa.String),
        )
        .label("is_noted")
    )
)


def reading_is_due(*, by: Actor, log: str) -> bool:
    """Has this person's reading of this log not been noted within five minutes?"""
    since = timestamp(clock.now() - READING_IS_ONE)
    return not _NOTED.row(number=by.id, kind=by.type.value, since=since, log=log).is_noted


def note_reading(*, by: Actor, log: str) -> None:
    """Leave the event that says who read which log, in a small transaction of its own."""
    if reading_is_due(by=by, log=log):
        with writing():
            record(Action.AUDIT_SEARCHED, by=by, target=Target("log", log, LABELS[log]))
