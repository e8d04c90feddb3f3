"""Each event by itself: its bytes have the hash of its leaf, its columns say what the bytes say."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeAlias

import sqlalchemy as sa

from portal.audit.actions import Stream
from portal.audit.ledger import feature_name_in
from portal.audit.merkle import Span
from portal.audit.models import AuditEvent
from portal.audit.verifying.report import Findings, Kind

PROJECTED = (
    "id",
    "occurred_at",
    "stream",
    "action",
    "outcome",
    "severity",
    "reason",
    "tenant_id",
    "ip",
    "request_id",
    "session_ref",
    "actor_type",
    "actor_id",
    "actor_label",
    "actor_role",
    "target_type",
    "target_id",
    "target_label",
    "feature_name",
)
"""The columns that repeat what stands in the canonical bytes, in the order of `projection`."""
COLUMNS = tuple(AuditEvent.__table__.c[name] for name in PROJECTED)
NOBODY = {"type": None, "id": None, "label": None}
FIRST_COLUMN = 4
EventRow: TypeAlias = sa.Row[*tuple[Any, ...]]


_decode = json.JSONDecoder().raw_decode


def _parsed(canonical: bytes) -> dict[str, Any]:
    """`json.loads` for bytes that are UTF-8 without a space at either end, and much faster.

    Raises:
        ValueError: they are no such JSON.
    """
    text = canonical.decode()
    body, end = _decode(text)
    if end != len(text):
        raise ValueError("something stands behind the event")
    found: dict[str, Any] = body
    return found


def projection(body: dict[str, Any]) -> tuple[object, ...]:
    """What the columns must hold.

    Raises:
        KeyError, TypeError, AttributeError: the bytes are JSON, but no event.
    """
    actor, target = body["actor"], body["target"] or NOBODY
    return (
        body["id"],
        body["occurred_at"],
        body["stream"],
        body["action"],
        body["outcome"],
        body["severity"],
        body["reason"],
        body["tenant_id"],
        body["ip"],
        body["request_id"],
        body["session_ref"],
        actor["type"],
        actor["id"],
        actor["label"],
        actor["role"],
        target["type"],
        target["id"],
        target["label"],
        feature_name_in(body["meta"]) if body["stream"] == Stream.ENTITLEMENT else None,
    )


@dataclass(frozen=True, slots=True)
class Differing:
    """A leaf whose event has another hash than the leaf says."""

    index: int
    event_id: str
    stored: bytes
    actual: bytes


class EventCheck:
    """Looks at one row after the other: leaf index, event id, leaf hash, bytes, columns."""

    def __init__(self, archived: Sequence[Span], findings: Findings) -> None:
        self.archived = archived
        self.findings = findings
        self.differing: list[Differing] = []
        self.count = 0

    def look(self, row: EventRow) -> None:
        canonical = row[3]
        if canonical is None:
            return self._look_for_archive(row)
        self.count += 1
        actual = sha256(b"\x00" + canonical).digest()
        if actual != row[2]:
            if len(self.differing) < self.findings.most:
                self.differing.append(Differing(row[0], row[1], bytes(row[2]), actual))
            return None
        try:
            expected = projection(_parsed(canonical))
        except (ValueError, KeyError, TypeError, AttributeError):
            return self.findings.add(
                Kind.MODIFIED, "The bytes are no event, though the leaf fits them.", row[0], row[1]
            )
        if row[FIRST_COLUMN:] != expected:
            self._name_columns(row, expected)
        return None

    def _look_for_archive(self, row: EventRow) -> None:
        index = row[0]
        if not any(first <= index < end for first, end in self.archived):
            self.findings.add(Kind.MISSING, "The event was removed; its leaf stays.", index, row[1])

    def _name_columns(self, row: EventRow, expected: Sequence[object]) -> None:
        columns = zip(PROJECTED, row[FIRST_COLUMN:], expected, strict=True)
        names = [name for name, stored, meant in columns if stored != meant]
        which = f"{', '.join(names)} {'differs' if len(names) == 1 else 'differ'}"
        what = f"The event says something else than its columns: {which}."
        self.findings.add(Kind.COLUMN_MISMATCH, what, row[0], row[1])

    def judge(self, leaves_changed: set[int]) -> None:
        """Name each leaf that does not fit its event: exchanged with another, or changed.

        `leaves_changed` are those of which a signed root says that the event is the right one.
        """
        elsewhere = {each.stored: each for each in self.differing}
        for each in self.differing:
            other = elsewhere.get(each.actual)
            if other is not None:
                kind, what = Kind.REORDERED, f"It stands in the place of leaf {other.index}."
            elif each.index in leaves_changed:
                kind, what = Kind.MODIFIED, "The leaf was changed; the event is as it was signed."
            else:
                kind, what = Kind.MODIFIED, "The event's bytes are not those that got this leaf."
            self.findings.add(kind, what, each.index, each.event_id)
