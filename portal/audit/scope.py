"""Which events somebody may read, and which of them fit what they asked for."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.audit.actions import Outcome, Severity
from portal.audit.filters import Filters
from portal.audit.logs import LOGS
from portal.audit.models import AuditEvent
from portal.audit.models.ledger import ABOUT_MONEY
from portal.audit.searching import has_text, is_outcome, is_severity
from portal.core.actor import Actor, ActorType
from portal.core.clock import timestamp
from portal.core.permissions import Permission

Conditions = list[sa.ColumnElement[bool]]
_event = AuditEvent.__table__.c
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
KINDS_OF_ACTOR = frozenset(ActorType)


class Reach(StrEnum):
    """Whose events somebody may read."""

    EVERYBODY = "everybody"
    OWN_AND_MONEY = "own_and_money"
    OWN = "own"


def reach_of(by: Actor) -> Reach:
    if by.may(Permission.AUDIT_ALL):
        return Reach.EVERYBODY
    return Reach.OWN_AND_MONEY if by.may(Permission.AUDIT_MONEY) else Reach.OWN


def reach_about_money(by: Actor) -> Reach:
    """Among events about money alone."""
    return Reach.OWN if reach_of(by) is Reach.OWN else Reach.EVERYBODY


def seen_by(by: Actor, also: Sequence[sa.ColumnElement[bool]] = ()) -> list[Conditions]:
    """What fits `also`, as questions, each of which an index answers; no event fits two."""
    reach = reach_of(by)
    if reach is Reach.EVERYBODY:
        return [[*also]]
    kind, number = by.type.value, by.id
    own = [_event.actor_type == kind, _event.actor_id == number, *also]
    if reach is Reach.OWN:
        return [own]
    by_another = sa.or_(_event.actor_type != kind, _event.actor_id.is_distinct_from(number))
    return [own, [about_money(), by_another, *also]]


def is_seen_by(by: Actor) -> Conditions:
    """The same as one question: of a single event, or of a few."""
    if reach_of(by) is Reach.EVERYBODY:
        return []
    return [sa.or_(*(sa.and_(*question) for question in seen_by(by)))]


def about_money() -> sa.ColumnElement[bool]:
    return sa.literal_column(f"({ABOUT_MONEY})")


def fitting(filters: Filters, zone: ZoneInfo) -> Conditions:
    """The filters' conditions. Days are those of the zone.

    Raises:
        ValueError: filters with faults have no meaning.
    """
    exact: dict[sa.ColumnElement[Any], str | int | None] = {
        _event.stream: _stream(filters),
        _event.action: filters.action,
        _event.target_type: filters.target_type,
        _event.target_id: filters.target_id,
        _event.tenant_id: _tenant(filters),
        _event.feature_name: filters.feature.lower().replace(" ", "_"),
        _event.ip: filters.ip.lower(),
        _event.session_ref: filters.session,
        _event.request_id: filters.request,
    }
    found = [column == value for column, value in exact.items() if value]
    if filters.outcome:
        found.append(is_outcome(Outcome(filters.outcome)))
    if filters.severity:
        found.append(is_severity(Severity(filters.severity)))
    if filters.actor:
        found += done_by(filters.actor)
    return [*found, *_within(filters, zone), *_words(filters)]


def _stream(filters: Filters) -> str | None:
    stream = LOGS[filters.log]
    return stream.value if stream else None


def _tenant(filters: Filters) -> int | None:
    return int(filters.tenant) if filters.tenant else None


def _within(filters: Filters, zone: ZoneInfo) -> Conditions:
    since, until = filters.begin_and_end(zone)
    first = [_event.occurred_at >= timestamp(since)] if since else []
    return [*first, _event.occurred_at < timestamp(until)] if until else first


def _words(filters: Filters) -> Conditions:
    if not filters.q:
        return []
    if UUID.fullmatch(filters.q):  # an event's own id, or a request that a proxy named so
        return [sa.or_(_event.id == filters.q.lower(), _event.request_id == filters.q)]
    actor, stream, tenant_id = numbered(filters.actor), _stream(filters), _tenant(filters)
    return [has_text(filters.q, stream=stream, actor=actor, tenant_id=tenant_id)]


def done_by(text: str) -> Conditions:
    """A number (of a person of ours), `api_token:5`, or the label as it was written then."""
    if found := numbered(text):
        return [_event.actor_type == found[0], _event.actor_id == found[1]]
    return [_event.actor_label == text]


def numbered(text: str) -> tuple[str, int] | None:
    """The kind and the number of whoever acts; None for a label."""
    kind, colon, number = text.rpartition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    kind = kind if colon else str(ActorType.ADMIN)
    return (kind, int(number)) if kind in KINDS_OF_ACTOR else None
