"""The log as a table for people. Not evidence: that is what bundles are for."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.browsing import body_of
from portal.audit.filters import Filters
from portal.audit.keyset import Place, ledger_rows
from portal.audit.ledger import Target, record
from portal.audit.logs import LABELS
from portal.audit.models import AuditEvent
from portal.audit.scope import fitting, seen_by
from portal.audit.telling import told
from portal.core.actor import Actor
from portal.core.database import glancing
from portal.core.errors import DomainError
from portal.web.csv import csv_lines

AT_ONCE = 1_000
MOST_ROWS = 100_000
HEADS = (
    "occurred_at",
    "actor",
    "what",
    "outcome",
    "severity",
    "reason",
    "action",
    "stream",
    "actor_type",
    "actor_id",
    "actor_role",
    "target_type",
    "target_id",
    "target",
    "tenant_id",
    "feature_name",
    "ip",
    "request_id",
    "session",
    "id",
)
_event = AuditEvent.__table__.c
COLUMNS = (
    _event.occurred_at,
    _event.actor_label,
    _event.outcome,
    _event.severity,
    _event.reason,
    _event.action,
    _event.stream,
    _event.actor_type,
    _event.actor_id,
    _event.actor_role,
    _event.target_type,
    _event.target_id,
    _event.target_label,
    _event.tenant_id,
    _event.feature_name,
    _event.ip,
    _event.request_id,
    _event.session_ref,
    _event.id,
    _event.canonical,
)


class BadFilters(DomainError):
    """Filters that mean nothing; everything instead would be more than was asked for."""


def note_csv(*, by: Actor, filters: Filters) -> None:
    """Say who takes which events away as a table.

    Raises:
        BadFilters: see the class.
    """
    for field, fault in filters.faults.items():
        raise BadFilters(fault, field=field)
    target = Target("log", filters.log, LABELS[filters.log])
    record(Action.AUDIT_CSV_EXPORTED, by=by, target=target, meta={"filters": filters.given})


def csv_of(*, by: Actor, filters: Filters, zone: ZoneInfo) -> Iterator[str]:
    """The newest first, a thousand at a time, 100,000 at most. Between two parts it holds nothing.

    The ledger only grows, so that parts read one after the other still make one table.
    """
    questions = seen_by(by, fitting(filters, zone))
    place: Place | None = None
    yield csv_lines([HEADS])
    for _ in range(MOST_ROWS // AT_ONCE):
        with glancing():
            rows = ledger_rows(COLUMNS, questions, place, AT_ONCE)
        yield csv_lines(_cells(row, zone) for row in rows)
        if len(rows) < AT_ONCE:
            return
        place = Place(True, rows[-1].occurred_at, rows[-1].id)
    with glancing():
        is_cut = bool(ledger_rows(COLUMNS, questions, place, 1))
    if is_cut:
        yield csv_lines([[f"Cut after {MOST_ROWS:,} events: narrow the time to take the rest."]])


def _cells(row: sa.Row[*tuple[Any, ...]], zone: ZoneInfo) -> list[object]:
    *values, canonical = row
    body = body_of(canonical)
    values.insert(HEADS.index("what"), told(body, zone) if body else row.action)
    return values
