"""Ordering a bundle of evidence: what is asked for, who may, and the event that it leaves.

The order is recorded before the bundle is made, so that the log's own proof of it is in there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from portal.audit.actions import Action
from portal.audit.bundle_rows import Selection, Stretch, count_of, indexes_of, stretch_of
from portal.audit.filters import Filters
from portal.audit.ledger import Target, record
from portal.audit.models import AuditEvent
from portal.audit.scope import Conditions, fitting, is_seen_by
from portal.audit.tree import tree_size
from portal.core.actor import Actor
from portal.core.database import glancing
from portal.core.errors import Denied, DomainError
from portal.core.permissions import Permission


class ExportKind(StrEnum):
    """What a bundle can prove: that events are in the log, or that none was left out."""

    SELECTION = "selection"
    RANGE = "range"
    RANGE_WITH_HASHES = "range_with_hashes"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    ExportKind.SELECTION: "only the events that fit",
    ExportKind.RANGE: "every event of the period",
    ExportKind.RANGE_WITH_HASHES: "the events that fit, the others as bare hashes",
}


class CannotExport(DomainError):
    """There is nothing to export, or what is asked for cannot be understood."""

    title = "Nothing was exported"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants in their hands."""

    kind: ExportKind
    filters: Filters
    zone: ZoneInfo
    """Whose days the filters mean."""
    first: int | None = None
    """The first and last leaf of a range; without them, the period of the filters."""
    last: int | None = None
    since: int | None = None
    """How many leaves the checkpoint covers that the reader has already."""

    @property
    def query(self) -> dict[str, str | int]:
        """As the event and the manifest keep it."""
        numbers = {"first": self.first, "last": self.last, "since": self.since}
        given = {name: number for name, number in numbers.items() if number is not None}
        return {**self.filters.given, "zone": self.zone.key, **given}


@dataclass(frozen=True, slots=True)
class Content:
    """The leaves that were found, in the tree of one size."""

    leaves: Selection | Stretch
    tree_size: int
    events: int | None = None
    """How many events of a range fit, where the others are bare hashes."""

    @property
    def indexes(self) -> Sequence[int]:
        if isinstance(self.leaves, Selection):
            return self.leaves.indexes
        return range(self.leaves.first, self.leaves.end)


def content_of(*, by: Actor, asked: Asked) -> Content:
    """Look for it, without a write lock: it may take seconds. Only what has its leaf is found.

    Raises:
        Denied: the actor may not export, or not see everybody's events.
        CannotExport: a filter or a number is wrong, or nothing fits.
    """
    if not (by.may(Permission.AUDIT_EXPORT) and by.may(Permission.AUDIT_ALL)):
        raise Denied("Exports of the log are for admins and managers.")
    for name, fault in asked.filters.faults.items():
        raise CannotExport(fault, field=name)
    with glancing():
        size = tree_size()
    if asked.since is not None and not 0 <= asked.since <= size:
        raise CannotExport(f"The log has {size} leaves, never {asked.since}.", field="since")
    shown = [*is_seen_by(by), *fitting(asked.filters, asked.zone)]
    if asked.kind is ExportKind.SELECTION:
        return Content(Selection(indexes_of(shown, before=size)), size)
    first, end = _range(asked, size)
    if asked.kind is ExportKind.RANGE:
        return Content(Stretch(first, end, []), size)
    return Content(Stretch(first, end, shown), size, count_of(shown, first, end))


def _range(asked: Asked, size: int) -> tuple[int, int]:
    first, end = _period(asked, size)
    if asked.first is not None:
        first = asked.first
    if asked.last is not None:
        end = asked.last + 1
    if not 0 <= first < end <= size:
        raise CannotExport(f"The log has no leaves {first} to {end - 1}: it has {size}.")
    return first, end


def _period(asked: Asked, size: int) -> tuple[int, int]:
    """All leaves from the first to the last event of the filters' days."""
    if asked.first is not None and asked.last is not None:
        return asked.first, asked.last + 1
    days = Filters(since=asked.filters.since, until=asked.filters.until, span=asked.filters.span)
    conditions: Conditions = fitting(days, asked.zone)
    if not conditions:
        return 0, size
    found = stretch_of(conditions, before=size)
    if found is None:
        raise CannotExport("Nothing happened in this period.")
    return found


@dataclass(frozen=True, slots=True)
class Order:
    """An export that the log knows of."""

    kind: ExportKind
    content: Content
    event_id: str
    since: int | None


def order_export(*, by: Actor, asked: Asked, content: Content) -> Order:
    """Record who takes what out of the log; the bundle is made after the commit."""
    indexes = content.indexes
    event: AuditEvent = record(
        Action.AUDIT_EXPORTED,
        by=by,
        target=Target("log", asked.kind.value, asked.kind.label),
        meta={
            "kind": asked.kind.value,
            "query": asked.query,
            "leaves": len(indexes),
            "first": indexes[0] if indexes else None,
            "last": indexes[-1] if indexes else None,
            "tree_size": content.tree_size,
            **({} if content.events is None else {"events": content.events}),
        },
    )
    return Order(asked.kind, content, event.id, asked.since)
