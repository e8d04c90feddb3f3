"""What the ledger says about itself: ranges that were archived, keys that were announced.

Only events that have their leaf are believed, so whoever forges one leaves it in the tree.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.merkle import Span, leaf_hash
from portal.audit.models import AuditEvent, Leaf, LogOrigin
from portal.audit.notes import VerifierKey

LONG_AS_A_KEY = 32
_event, _leaf = AuditEvent.__table__.c, Leaf.__table__.c


@dataclass(frozen=True, slots=True)
class Announcement:
    """A new key of the log, as an event says."""

    leaf_index: int
    public: bytes

    def under(self, origin: str) -> VerifierKey:
        return VerifierKey(origin, self.public)


@dataclass(frozen=True, slots=True)
class Archived:
    """Leaves whose events were moved into a bundle, and the event that says so."""

    span: Span
    leaf_index: int
    canonical: bytes


def archived_ranges(connection: sa.Connection) -> list[Span]:
    """Leaves whose events were moved into bundles."""
    return [archived.span for archived in archived_events(connection)]


def archived_events(connection: sa.Connection) -> list[Archived]:
    """In the order of the leaves that were moved."""
    found = []
    for index, canonical in _lines(connection, Action.AUDIT_ARCHIVED):
        meta = _meta(json.loads(canonical))
        first, end = meta.get("first_index"), meta.get("end_index")
        if isinstance(first, int) and isinstance(end, int) and 0 <= first < end <= index:
            found.append(Archived((first, end), index, canonical))
    return sorted(found, key=lambda each: (each.span, each.leaf_index))


def announced_keys(connection: sa.Connection) -> list[Announcement]:
    """In the order of their leaves."""
    found = []
    for index, canonical in _lines(connection, Action.AUDIT_KEY_ROTATED):
        try:
            public = bytes.fromhex(str(_meta(json.loads(canonical)).get("public")))
        except ValueError:
            continue
        if len(public) == LONG_AS_A_KEY:
            found.append(Announcement(index, public))
    return sorted(found, key=lambda each: each.leaf_index)


def _meta(body: dict[str, Any]) -> dict[str, Any]:
    meta = body.get("meta")
    return meta if isinstance(meta, dict) else {}


def _lines(connection: sa.Connection, action: Action) -> Iterator[tuple[int, bytes]]:
    query = (
        sa.select(_leaf.leaf_index, _leaf.leaf_hash, _event.canonical)
        .join_from(AuditEvent, Leaf, _leaf.event_id == _event.id)
        .where(_event.stream == action.stream.value, _event.action == action.value)
    )
    for index, leaf, canonical in connection.execute(query):
        if leaf_hash(bytes(canonical)) == bytes(leaf):
            yield index, bytes(canonical)


def given_up(connection: sa.Connection, keys: Sequence[VerifierKey]) -> dict[str, int]:
    """Each earlier name of the log, and at how many leaves it ended: a fork was accepted.

    A row says so to anybody who can write one. It counts when the event of the acceptance has
    its leaf and whoever verifies trusts a key under a later name: otherwise an old copy of the
    database could explain itself.
    """
    origins = sa.select(LogOrigin.origin, LogOrigin.from_size).order_by(LogOrigin.generation)
    rows = [(row[0], row[1]) for row in connection.execute(origins)]
    lines = _lines(connection, Action.AUDIT_FORK_ACCEPTED)
    bodies = [json.loads(canonical) for _, canonical in lines]
    accepted = {(body.get("target") or {}).get("label") for body in bodies}
    trusted = {key.name for key in keys}
    return {
        name: size
        for (name, _), (after, size) in pairwise(rows)
        if after in accepted and after in trusted
    }
