"""Which events somebody may read, and which of them fit what they asked for."""

from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.audit.filters import Filters
from portal.audit.logs import LOGS
from portal.audit.models import AuditEvent
from portal.audit.searching import has_text
from portal.core.actor import Actor, ActorType
from portal.core.clock import timestamp
from portal.core.permissions import Permission

Conditions = list[sa.ColumnElement[bool]]
_event = AuditEvent.__table__.c
KINDS_OF_ACTOR = frozenset(ActorType)


def seen_by(by: Actor) -> Conditions:
    """Whoever may not see the events of everybody sees what they did themselves, and no more."""
    if by.may(Permission.AUDIT_ALL):
        return []
    return [_event.actor_type == by.type.value, _event.actor_id == by.id]


def fitting(filters: Filters, zone: ZoneInfo) -> Conditions:
    """The filters' conditions. Days are those of the zone.

    Raises:
        ValueError: filters with faults have no meaning.
    """
    stream = LOGS[filters.log]
    exact: dict[sa.ColumnElement[Any], str | int] = {
        _event.stream: stream.value if stream else "",
        _event.action: filters.action,
        _event.outcome: filters.outcome,
        _event.severity: filters.severity,
        _event.target_type: filters.target_type,
        _event.target_id: filters.target_id,
        _event.tenant_id: int(filters.tenant) if filters.tenant else "",
        _event.feature_name: filters.feature.lower().replace(" ", "_"),
        _event.ip: filters.ip.lower(),
        _event.session_ref: filters.session,
        _event.request_id: filters.request,
    }
    found = [column == value for column, value in exact.items() if value != ""]
    if filters.actor:
        found += done_by(filters.actor)
    since, until = filters.begin_and_end(zone)
    if since is not None:
        found.append(_event.occurred_at >= timestamp(since))
    if until is not None:
        found.append(_event.occurred_at < timestamp(until))
    return [*found, has_text(filters.q)] if filters.q else found


def done_by(text: str) -> Conditions:
    """A number (of a person of ours), `api_token:5`, or the label as it was written then."""
    kind, colon, number = text.rpartition(":")
    if number.isascii() and number.isdigit() and len(number) < 10:
        if not colon:
            kind = ActorType.ADMIN
        if kind in KINDS_OF_ACTOR:
            return [_event.actor_type == str(kind), _event.actor_id == int(number)]
    return [_event.actor_label == text]
