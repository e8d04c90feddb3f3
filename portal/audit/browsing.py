"""Reading the ledger: pages of events, one event whole, what a tenant or thing met last."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, NamedTuple
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic_core import from_json

from portal.audit.actions import Action
from portal.audit.filters import Filters
from portal.audit.keyset import ledger_page
from portal.audit.ledger import Target
from portal.audit.logs import LOGS
from portal.audit.models import AuditEvent
from portal.audit.readable import FIRST, event_in, instant_of
from portal.audit.scope import Conditions, Reach, fitting, is_seen_by, reach_of, seen_by
from portal.audit.telling import quoted_reason, told
from portal.audit.words import in_words
from portal.core.actor import Actor
from portal.core.clock import timestamp
from portal.core.database import db
from portal.core.errors import NotFound
from portal.core.quick import Quick
from portal.web.paging import PAGE_SIZE, ListPage

_event = AuditEvent.__table__.c
NEWEST_FIRST = (_event.occurred_at.desc(), _event.id.desc())
COLUMNS = (
    _event.id,
    _event.occurred_at,
    _event.action,
    _event.outcome,
    _event.severity,
    _event.reason,
    _event.actor_type,
    _event.actor_id,
    _event.actor_label,
    _event.target_type,
    _event.target_id,
    _event.target_label,
    _event.tenant_id,
    _event.ip,
    _event.canonical,
)


_newest = sa.select(*COLUMNS).order_by(*NEWEST_FIRST).limit(PAGE_SIZE + 1)
_NEWEST = Quick(_newest)
_NEWEST_OF_LOG = Quick(_newest.where(_event.stream == sa.bindparam("stream", type_=sa.String)))


class EventRow(NamedTuple):
    """One line of the list."""

    id: str
    occurred_at: datetime
    action: str
    outcome: str
    severity: str
    reason: str | None
    """Why, where the sentence does not tell it."""
    actor_type: str
    actor_id: int | None
    actor_label: str
    target_type: str | None
    target_id: str | None
    target_label: str | None
    tenant_id: int | None
    ip: str | None
    told: str
    """What was done, in a sentence."""

    @property
    def words(self) -> str:
        """What was done, of this action in general."""
        return in_words(self.action)

    @property
    def actor_key(self) -> str:
        """What the filter for whoever did it takes."""
        return actor_key(self.actor_type, self.actor_id, self.actor_label)

    @property
    def actor_query(self) -> str:
        """The same as an address has it."""
        return _quoted(self.actor_key)


@lru_cache(maxsize=1024)
def _quoted(key: str) -> str:
    """A page names a few people many times."""
    return quote_plus(key)


def actor_key(kind: str, number: int | None, label: str) -> str:
    if number is None:
        return label
    return str(number) if kind == "admin" else f"{kind}:{number}"


def browse(
    *,
    by: Actor,
    filters: Filters,
    zone: ZoneInfo,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> ListPage[EventRow]:
    """The newest first. Whoever may see only their own events sees those.

    Raises:
        BadCursor: the cursor is not of this list.
        ValueError: the filters have faults.
    """
    questions = seen_by(by, fitting(filters, zone))
    sees_all = reach_of(by) is Reach.EVERYBODY
    first_rows = _newest_of(filters) if sees_all and limit == PAGE_SIZE else None
    return read_page(zone, questions, cursor=cursor, limit=limit, first_rows=first_rows)


def _newest_of(filters: Filters) -> Callable[[], list[Any]] | None:
    """The first page of a log, which is what most people open, asked without a session."""
    if filters.is_narrowed:
        return None
    stream = LOGS[filters.log]
    return partial(_NEWEST_OF_LOG.rows, stream=stream.value) if stream else _NEWEST.rows


def read_page(
    zone: ZoneInfo,
    questions: list[Conditions],
    *,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
    first_rows: Callable[[], list[Any]] | None = None,
) -> ListPage[EventRow]:
    """The events that fit one of the questions; no event fits two. See `ledger_page`."""

    def make(row: sa.Row[*tuple[Any, ...]]) -> EventRow:
        return _row(row, zone)

    return ledger_page(COLUMNS, questions, make, cursor=cursor, limit=limit, first_rows=first_rows)


def bodies(
    *, by: Actor, filters: Filters, cursor: str | None = None, limit: int = PAGE_SIZE
) -> ListPage[dict[str, Any]]:
    """For programs: each event as it was recorded, and told in a sentence. Days are UTC's.

    Raises:
        BadCursor: the cursor is not of this list.
    """
    zone = ZoneInfo("UTC")
    questions = seen_by(by, fitting(filters, zone))
    columns = (_event.id, _event.occurred_at, _event.action, _event.canonical)

    def make(row: sa.Row[*tuple[Any, ...]]) -> dict[str, Any]:
        body = body_of(row.canonical)
        return {**body, "words": told(body, zone) if body else in_words(row.action)}

    return ledger_page(columns, questions, make, cursor=cursor, limit=limit)


def about(
    *,
    by: Actor,
    zone: ZoneInfo,
    tenant_id: int | None = None,
    target: Target | None = None,
    limit: int = 8,
) -> list[EventRow]:
    """The newest events of a tenant or about one thing, of every log, in this person's scope.

    That somebody looked at an address is left out: it would push what was changed off the page.
    """
    also: Conditions = [_event.action != Action.CUSTOMER_PII_UNMASKED.value]
    if tenant_id is not None:
        also.append(_event.tenant_id == tenant_id)
    if target is not None:
        also += _of(target)
    return read_page(zone, seen_by(by, also), limit=limit).items


def last_reason(action: Action, target: Target) -> str | None:
    """Why that was done to the thing when it was done last: for all who may see the thing."""
    done = sa.select(_event.reason).where(_event.action == action.value, *_of(target))
    return db.session.scalar(done.order_by(*NEWEST_FIRST).limit(1))


def _of(target: Target) -> Conditions:
    return [_event.target_type == target.type, _event.target_id == str(target.id)]


class Deed(NamedTuple):
    """What was done to a thing, or to a part of it: `entity_id`, where the event names one."""

    action: Action
    at: datetime
    by: str
    reason: str | None
    entity_id: int | None


def deeds_on(
    target: Target, actions: Sequence[Action], *, since: datetime, most: int = 100
) -> list[Deed]:
    """The newest first, at most so many: for all who may see the thing."""
    done = _event.occurred_at >= timestamp(since), _event.action.in_(actions)
    query = sa.select(*COLUMNS).where(*_of(target), *done).order_by(*NEWEST_FIRST)
    return [_deed(row) for row in db.session.execute(query.limit(most))]


def _deed(row: Any) -> Deed:
    at, event = instant_of(row.occurred_at) or FIRST, event_in(row.canonical)
    number = event["meta"].get("entity_id") if event else None
    known = number if isinstance(number, int) else None
    return Deed(Action(row.action), at, row.actor_label, row.reason, known)


def _row(row: sa.Row[*tuple[Any, ...]], zone: ZoneInfo) -> EventRow:
    id_, at, action, outcome, severity, reason, *others, canonical = row
    body = body_of(canonical)
    sentence = told(body, zone) if body else in_words(action)
    why = quoted_reason(action, reason)
    instant = instant_of(at) or FIRST
    return EventRow(id_, instant, action, outcome, severity, why, *others, sentence)  # type: ignore[call-arg]


def body_of(canonical: bytes) -> dict[str, Any]:
    """Empty where the bytes were tampered with beyond reading: the log must still be shown."""
    try:
        found = from_json(canonical, cache_strings="keys")  # at half the cost of `json`
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


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

    @property
    def canonical(self) -> str:
        """The very bytes that are hashed, as text."""
        return self.row.canonical.decode(errors="replace")

    @property
    def actor_key(self) -> str:
        return actor_key(self.row.actor_type, self.row.actor_id, self.row.actor_label)

    def told(self, zone: ZoneInfo) -> str:
        return told(self.body, zone) if self.body else self.words


def event_or_404(*, by: Actor, event_id: str, stream: str | None = None) -> WholeEvent:
    """One event in this person's scope, and of the stream if one is named.

    Raises:
        NotFound: there is none, or none that this person may see.
    """
    where = is_seen_by(by) + ([_event.stream == stream] if stream else [])
    query = sa.select(AuditEvent).where(AuditEvent.id == event_id[:36], *where)
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("There is no such event.")
    at = instant_of(row.occurred_at) or FIRST
    return WholeEvent(row, body_of(row.canonical), in_words(row.action), at)
