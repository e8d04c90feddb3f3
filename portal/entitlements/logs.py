"""The log of entitlements: every change of grants, quotas, plans and features, from the ledger."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Stream
from portal.audit.models import AuditEvent
from portal.core.actor import ActorType
from portal.core.clock import timestamp
from portal.web.paging import PAGE_SIZE, ListPage, page_of
from portal.web.urls import LARGEST_ID

_event = AuditEvent.__table__.c


@dataclass(frozen=True, slots=True)
class LogFilters:
    """What the log is narrowed to. `admin` is a number or the label as it was written then."""

    user_id: int | None = None
    tenant_id: int | None = None
    feature_name: str | None = None
    action: str | None = None
    admin: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One change. The values are as the ledger holds them."""

    id: str
    action: str
    entity_type: str | None
    entity_id: int | str | None
    user_id: int | None
    tenant_id: int | None
    feature_name: str | None
    old_value: Any
    new_value: Any
    reason: str | None
    admin: str
    at: datetime


def entitlement_log(
    filters: LogFilters, *, cursor: str | None = None, limit: int = PAGE_SIZE
) -> ListPage[LogEntry]:
    """The newest first.

    Raises:
        BadCursor: the cursor is not of this list.
    """
    query = (
        sa.select(_event.id, _event.occurred_at, _event.canonical)
        .where(_event.stream == Stream.ENTITLEMENT.value, *_conditions(filters))
        .order_by(_event.occurred_at.desc(), _event.id.desc())
    )
    return page_of(query, _entry, cursor=cursor, limit=limit)


def _conditions(filters: LogFilters) -> list[sa.ColumnElement[bool]]:
    exact: dict[sa.ColumnElement[Any], Any] = {
        _event.tenant_id: filters.tenant_id,
        _event.feature_name: filters.feature_name,
        _event.action: filters.action,
    }
    found = [column == value for column, value in exact.items() if value is not None]
    if filters.user_id is not None:
        found += [_event.target_type == "user", _event.target_id == str(filters.user_id)]
    if filters.admin is not None:
        found += _by_admin(filters.admin)
    if filters.since is not None:
        found.append(_event.occurred_at >= timestamp(filters.since))
    if filters.until is not None:
        found.append(_event.occurred_at < timestamp(filters.until))
    return found


def _by_admin(text: str) -> list[sa.ColumnElement[bool]]:
    if text.isascii() and text.isdigit() and int(text) <= LARGEST_ID:
        return [_event.actor_type == ActorType.ADMIN.value, _event.actor_id == int(text)]
    return [_event.actor_label == text]


def _entry(row: sa.Row[*tuple[Any, ...]]) -> LogEntry:
    body: dict[str, Any] = json.loads(row.canonical)
    meta, target = body["meta"], body["target"] or {}
    return LogEntry(
        id=row.id,
        action=body["action"],
        entity_type=meta.get("entity_type", target.get("type")),
        entity_id=meta.get("entity_id", target.get("id")),
        user_id=meta.get("user_id"),
        tenant_id=body["tenant_id"],
        feature_name=meta.get("feature_name"),
        old_value=_side(body["changes"], "old"),
        new_value=_side(body["changes"], "new"),
        reason=body["reason"],
        admin=body["actor"]["label"],
        at=datetime.fromisoformat(row.occurred_at),
    )


def _side(changes: list[dict[str, Any]], side: str) -> Any:
    """One changed thing is its value; several are an object by field."""
    if len(changes) <= 1:
        return changes[0].get(side) if changes else None
    return {change["field"]: change.get(side) for change in changes if "field" in change}
