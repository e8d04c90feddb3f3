"""The leaves of a bundle and their events, a few hundred at a time.

Each batch is read by itself: a long export holds neither a transaction nor memory. That is safe
because leaves and events never change; one that is archived meanwhile is a bare hash.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.audit.models import AuditEvent, Leaf
from portal.audit.scope import Conditions
from portal.core.database import db, glancing

AT_ONCE = 500
INDEXES_AT_ONCE = 20_000
_event, _leaf = AuditEvent.__table__.c, Leaf.__table__.c
_both = sa.join(Leaf, AuditEvent, _event.id == _leaf.event_id)


@dataclass(frozen=True, slots=True)
class Row:
    """A leaf, and its event where the bundle shows it."""

    index: int
    hash: bytes
    canonical: bytes | None
    is_kept: bool
    """Is its event still in the table, shown or not?"""


@dataclass(frozen=True, slots=True)
class Selection:
    """Single leaves, ascending."""

    indexes: Sequence[int]

    def rows(self) -> Iterator[Row]:
        for start in range(0, len(self.indexes), AT_ONCE):
            some = self.indexes[start : start + AT_ONCE]
            yield from _rows(_leaf.leaf_index.in_(list(some)), [])


@dataclass(frozen=True, slots=True)
class Stretch:
    """Every leaf from `first` up to, not including, `end`; of events that do not fit, the hash."""

    first: int
    end: int
    shown: Conditions

    def rows(self) -> Iterator[Row]:
        for start in range(self.first, self.end, AT_ONCE):
            last = min(start + AT_ONCE, self.end) - 1
            yield from _rows(_leaf.leaf_index.between(start, last), self.shown)


def _rows(which: sa.ColumnElement[bool], shown: Conditions) -> list[Row]:
    leaves = (
        sa.select(_leaf.leaf_index, _leaf.leaf_hash, _event.id.is_not(None))
        .outerjoin_from(Leaf, AuditEvent, _event.id == _leaf.event_id)
        .where(which)
        .order_by(_leaf.leaf_index)
    )
    events = sa.select(_leaf.leaf_index, _event.canonical).select_from(_both).where(which, *shown)
    with glancing():
        found = {index: bytes(canonical) for index, canonical in db.session.execute(events)}
        return [Row(n, bytes(h), found.get(n), kept) for n, h, kept in db.session.execute(leaves)]


def indexes_of(conditions: Conditions, *, before: int) -> Sequence[int]:
    """The leaves of the events that fit, below an index: eight bytes each, however many."""
    query = sa.select(_leaf.leaf_index).select_from(_both).where(*conditions)
    found, last = array("q"), -1
    while last < before:
        more = query.where(_leaf.leaf_index > last, _leaf.leaf_index < before)
        with glancing():
            some = db.session.scalars(more.order_by(_leaf.leaf_index).limit(INDEXES_AT_ONCE)).all()
        found.extend(some)
        last = some[-1] if len(some) == INDEXES_AT_ONCE else before
    return found


def count_of(conditions: Conditions, first: int, end: int) -> int:
    """So many events of the leaves from `first` up to, not including, `end` fit."""
    query = sa.select(sa.func.count()).select_from(_both)
    with glancing():
        found = query.where(_leaf.leaf_index.between(first, end - 1), *conditions)
        return db.session.scalars(found).one()


def stretch_of(conditions: Conditions, *, before: int) -> tuple[int, int] | None:
    """The first leaf of the events that fit and the one after the last; None without any."""
    query = sa.select(sa.func.min(_leaf.leaf_index), sa.func.max(_leaf.leaf_index))
    query = query.select_from(_both).where(*conditions, _leaf.leaf_index < before)
    with glancing():
        first, last = db.session.execute(query).one()
    return None if first is None else (first, last + 1)
