"""That somebody read something is an event, too: one a person, a thing and five minutes."""

from datetime import timedelta
from functools import cache
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


def _is_noted(action: Action) -> sa.Label[bool]:
    """Each action has one type of target, so the target's id is enough."""
    found = sa.exists().where(
        _event.actor_id == sa.bindparam("number", type_=sa.Integer),
        _event.actor_type == sa.bindparam("kind", type_=sa.String),
        _event.occurred_at >= sa.bindparam("since", type_=sa.String),
        _event.action == action.value,
        _event.target_id == sa.bindparam("thing", type_=sa.String),
    )
    return found.label("is_noted")


_NOTED_AND_STANDING = Quick(last_of_each().add_columns(_is_noted(Action.AUDIT_SEARCHED)))


@cache
def _noted(action: Action) -> Quick:
    return Quick(sa.select(_is_noted(action)))


def is_noted(action: Action, *, by: Actor, thing: int | str) -> bool:
    """Did this person leave such an event about the thing of this id within five minutes?"""
    return bool(_noted(action).row(**_reading(by, thing)).is_noted)


def note_reading(*, by: Actor, log: str) -> None:
    """Leave the event that says who read which log, in a small transaction of its own, unless
    this person's reading of it was noted within five minutes.
    """
    if not is_noted(Action.AUDIT_SEARCHED, by=by, thing=log):
        _note(by, log)


def note_reading_beside(*, by: Actor, log: str) -> Standing:
    """As `note_reading`, and where the log stands, in one statement."""
    *place, is_noted = _NOTED_AND_STANDING.row(**_reading(by, log))
    if not is_noted:
        _note(by, log)
    return Standing(*place)


def _reading(by: Actor, thing: int | str) -> dict[str, Any]:
    since = timestamp(clock.now() - READING_IS_ONE)
    return {"number": by.id, "kind": by.type.value, "since": since, "thing": str(thing)}


def _note(by: Actor, log: str) -> None:
    with writing():
        record(Action.AUDIT_SEARCHED, by=by, target=Target("log", log, LABELS[log]))
