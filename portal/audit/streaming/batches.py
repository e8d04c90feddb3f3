"""What a stream tells next: leaves in their order, each with its event in the chosen words."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portal.audit.models import AuditEvent, Leaf, StreamFormat
from portal.audit.origins import current_name
from portal.audit.readable import event_in
from portal.audit.streaming.ecs import ecs
from portal.audit.streaming.ocsf import ocsf
from portal.core.database import db

MOST_EVENTS = 100
MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Told:
    """One leaf as it is sent: a line of JSON, and what a syslog header wants to know of it."""

    leaf_index: int
    occurred_at: str | None
    action: str | None
    severity: str
    line: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive leaves, at most 100 of them and at most 1 MiB."""

    first: int
    told: tuple[Told, ...]

    @property
    def end(self) -> int:
        """The leaf after the last one."""
        return self.first + len(self.told)


def next_batch(*, first: int, style: StreamFormat) -> Batch:
    """The leaves from `first` on; an empty batch when there are none yet."""
    query = (
        sa.select(
            Leaf.leaf_index,
            Leaf.leaf_hash,
            Leaf.event_id,
            AuditEvent.canonical,
        )
        .outerjoin(AuditEvent, AuditEvent.id == Leaf.event_id)
        .where(Leaf.leaf_index >= first, Leaf.leaf_index < first + MOST_EVENTS)
        .order_by(Leaf.leaf_index)
    )
    rows = db.session.execute(query).all()
    origin = current_name()
    told = (_told(row, style=style, origin=origin) for row in rows)
    return Batch(first, tuple(_within_size(told)))


def _told(row: sa.Row[*tuple[Any, ...]], *, style: StreamFormat, origin: str) -> Told:
    """The place in the tree goes along, so that whoever has the copy can check it.

    An event that was archived is told as its leaf alone, and so is what is no event.
    """
    body = event_in(row.canonical) if row.canonical is not None else None
    item = {
        "leaf_index": row.leaf_index,
        "leaf_hash": bytes(row.leaf_hash).hex(),
        "event_id": row.event_id,
        "origin": origin,
        "event": None if body is None else _in(style, body, row.leaf_index, origin),
    }
    line = json.dumps(item, ensure_ascii=True, separators=(",", ":")).encode()
    known = body or {}
    return Told(
        row.leaf_index,
        known.get("occurred_at"),
        known.get("action"),
        known.get("severity", "info"),
        line,
    )


def _in(style: StreamFormat, body: Mapping[str, Any], leaf_index: int, origin: str) -> Any:
    if style == StreamFormat.OCSF:
        return ocsf(body, leaf_index=leaf_index, origin=origin)
    if style == StreamFormat.ECS:
        return ecs(body, leaf_index=leaf_index, origin=origin)
    return body


def _within_size(told: Iterator[Told]) -> Iterator[Told]:
    """At least one, whatever its size: an event of ours has at most some 20 KiB."""
    size = 0
    for number, one in enumerate(told):
        size += len(one.line) + 1
        if number and size > MOST_BYTES:
            return
        yield one
