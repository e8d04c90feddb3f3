"""Reading the ledger: filters, pages by key, one event whole, and the note that it was read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.audit.actions import Action, Outcome, Stream
from portal.audit.ledger import Target, record
from portal.audit.models import AuditEvent
from portal.audit.words import in_words
from portal.core import clock
from portal.core.actor import Actor
from portal.core.clock import timestamp
from portal.core.database import db
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.web.paging import ListPage, page_of

LOGS: dict[str, Stream] = {
    "admin-actions": Stream.ADMIN,
    "admin-logins": Stream.ADMIN_LOGIN,
    "auth-events": Stream.AUTH,
    "entitlements": Stream.ENTITLEMENT,
    "mail": Stream.EMAIL,
}
LABELS = {
    "admin-actions": "Admin actions",
    "admin-logins": "Sign-ins",
    "auth-events": "Authentication",
    "entitlements": "Entitlements",
    "mail": "Mail",
}
READING_IS_ONE = timedelta(minutes=5)
_event = AuditEvent.__table__.c
_COLUMNS = (
    _event.id,
    _event.occurred_at,
    _event.action,
    _event.outcome,
    _event.severity,
    _event.actor_label,
    _event.target_label,
    _event.target_type,
    _event.ip,
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; empty text narrows nothing."""

    log: str = "admin-actions"
    actor: str = ""
    action: str = ""
    outcome: str = ""
    target_type: str = ""
    target_id: str = ""
    ip: str = ""
    session: str = ""
    request: str = ""
    since: str = ""
    until: str = ""
    q: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Filters":
        """From a query string; `from` and `to` are its names for days."""
        names = {found.name for found in fields(cls)}
        clean = {k: v.replace("\x00", "").strip()[:200] for k, v in given.items() if k in names}
        clean["since"], clean["until"] = given.get("from", "")[:40], given.get("to", "")[:40]
        if clean.get("log") not in LOGS:
            clean["log"] = "admin-actions"
        if clean.get("outcome") not in list(Outcome):
            clean["outcome"] = ""
        return cls(**clean)

    @property
    def is_narrowed(self) -> bool:
        return any(getattr(self, found.name) for found in fields(self) if found.name != "log")


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the list."""

    id: str
    occurred_at: datetime
    action: str
    words: str
    outcome: str
    severity: str
    actor_label: str
    target_label: str | None
    target_type: str | None
    ip: str | None


def browse(
    *, by: Actor, filters: Filters, zone: str, cursor: str | None = None
) -> ListPage[EventRow]:
    """The newest first, fifty a page. Whoever may see only their own events sees those."""
    query = sa.select(*_COLUMNS).where(*_in_scope(by), *_conditions(filters, zone))
    return page_of(query.order_by(_event.occurred_at.desc(), _event.id.desc()), _row, cursor=cursor)


def about(
    *, by: Actor, tenant_id: int | None = None, target: Target | None = None, limit: int = 8
) -> list[EventRow]:
    """The newest events of a tenant or about one thing, of every log, in this person's scope."""
    where = _in_scope(by)
    if tenant_id is not None:
        where.append(_event.tenant_id == tenant_id)
    if target is not None:
        where += [_event.target_type == target.type, _event.target_id == str(target.id)]
    query = sa.select(*_COLUMNS).where(*where)
    newest = query.order_by(_event.occurred_at.desc(), _event.id.desc()).limit(limit)
    return [_row(row) for row in db.session.connection().execute(newest)]


def _row(row: sa.Row[*tuple[Any, ...]]) -> EventRow:
    values = row._asdict()
    at = datetime.fromisoformat(values.pop("occurred_at"))
    return EventRow(occurred_at=at, words=in_words(row.action), **values)


def _in_scope(by: Actor) -> list[sa.ColumnElement[bool]]:
    if by.may(Permission.AUDIT_ALL):
        return []
    return [_event.actor_type == by.type.value, _event.actor_id == by.id]


def _conditions(filters: Filters, zone: str) -> list[sa.ColumnElement[bool]]:
    found = [_event.stream == LOGS[filters.log].value]
    exact = {
        _event.action: filters.action,
        _event.outcome: filters.outcome,
        _event.target_type: filters.target_type,
        _event.target_id: filters.target_id,
        _event.ip: filters.ip,
        _event.session_ref: filters.session,
        _event.request_id: filters.request,
    }
    found += [column == value for column, value in exact.items() if value]
    if filters.actor:
        found.append(_is_actor(filters.actor))
    if since := _midnight(filters.since, zone):
        found.append(_event.occurred_at >= timestamp(since))
    if until := _midnight(filters.until, zone, days=1):
        found.append(_event.occurred_at < timestamp(until))
    if filters.q:
        found.append(_has_text(filters.q))
    return found


def _is_actor(text: str) -> sa.ColumnElement[bool]:
    """Their number, or their label as it was written then."""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return _event.actor_id == int(text)
    return _event.actor_label == text


def _midnight(text: str, zone: str, *, days: int = 0) -> datetime | None:
    """The day's first instant in the reader's zone; what is no day narrows nothing."""
    try:
        day = date.fromisoformat(text[:10]) + timedelta(days=days)
        return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _has_text(text: str) -> sa.ColumnElement[bool]:
    """The text anywhere in a label, or the whole of a request id."""
    columns = (_event.actor_label, _event.target_label, _event.reason)
    parts = [column.icontains(text, autoescape=True) for column in columns]
    return sa.or_(*parts, _event.request_id == text, _event.id == text)


@dataclass(frozen=True, slots=True)
class WholeEvent:
    """Everything that was recorded of one event, read from its canonical bytes."""

    row: AuditEvent
    body: dict[str, Any]
    words: str
    occurred_at: datetime

    @property
    def pretty(self) -> str:
        return json.dumps(self.body, indent=2, ensure_ascii=False, sort_keys=True)


def event_or_404(*, by: Actor, event_id: str) -> WholeEvent:
    """One event in this person's scope.

    Raises:
        NotFound: there is none, or none that this person may see.
    """
    query = sa.select(AuditEvent).where(AuditEvent.id == event_id[:36], *_in_scope(by))
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("There is no such event.")
    body: dict[str, Any] = json.loads(row.canonical)
    at = datetime.fromisoformat(row.occurred_at)
    return WholeEvent(row, body, in_words(row.action), at)


def reading_is_due(*, by: Actor, log: str) -> bool:
    """Has this person's reading of this log not been noted within five minutes?"""
    since = timestamp(clock.now() - READING_IS_ONE)
    query = sa.select(
        sa.exists().where(
            _event.actor_id == by.id,
            _event.occurred_at >= since,
            _event.action == Action.AUDIT_SEARCHED.value,
            _event.target_id == log,
        )
    )
    return not db.session.scalar(query)


def note_reading(*, by: Actor, log: str) -> None:
    """Leave the event that says who read which log."""
    record(Action.AUDIT_SEARCHED, by=by, target=Target("log", log, LABELS[log]))
