"""That somebody read the ledger is an event, too: one a person, a log and five minutes."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.audit.logs import LABELS
from portal.audit.models import AuditEvent
from portal.audit.standing import Standing, last_of_each
from portal.core import clock
from portal.core.actor import Actor
from portal.core.clock import timestamp
from portal.core.database import writing
from portal.core.quick import Quick

READING_IS_ONE = timedelta(minutes=5)
_event = AuditEvent.__table__.c
_IS_NOTED = (
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
_NOTED = Quick(sa.select(_IS_NOTED))
_NOTED_AND_STANDING = Quick(last_of_each().add_columns(_IS_NOTED))


def note_reading(*, by: Actor, log: str) -> None:
    """Leave the event that says who read which log, in a small transaction of its own, unless
    this person's reading of it was noted within five minutes.
    """
    if not _NOTED.row(**_reading(by, log)).is_noted:
        _note(by, log)


def note_reading_beside(*, by: Actor, log: str) -> Standing:
    """As `note_reading`, and where the log stands, in one statement."""
    *place, is_noted = _NOTED_AND_STANDING.row(**_reading(by, log))
    if not is_noted:
        _note(by, log)
    return Standing(*place)


def _reading(by: Actor, log: str) -> dict[str, Any]:
    since = timestamp(clock.now() - READING_IS_ONE)
    return {"number": by.id, "kind": by.type.value, "since": since, "log": log}


def _note(by: Actor, log: str) -> None:
    with writing():
        record(Action.AUDIT_SEARCHED, by=by, target=Target("log", log, LABELS[log]))
