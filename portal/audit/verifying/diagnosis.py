"""Which leaf is it, when a root is not the one that was signed.

A guess is believed only when it gives the very hash that was signed or stored: two leaves
exchanged, one too many, or one taken out with the later ones moved up.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, combinations, groupby
from typing import TypeAlias

import sqlalchemy as sa

from portal.audit.merkle import Frontier
from portal.audit.verifying.edge import BLOCK, LEVEL, Edge, block_hash
from portal.audit.verifying.events import EventRow
from portal.audit.verifying.report import Fault, Kind
from portal.audit.verifying.rows import StoredNodes, bare_leaves, timed_leaves

LONGEST_LOOK = 4 * BLOCK
MOST_PARTS = 4
MOST_CANDIDATES = 40
Fits: TypeAlias = Callable[[list[bytes]], bool]


@dataclass(frozen=True, slots=True)
class Part:
    """A block of leaves, or the open one at the end, and the hashes that are stored over it."""

    first: int
    leaves: list[bytes]
    stored: tuple[bytes | None, ...]

    @property
    def end(self) -> int:
        return self.first + len(self.leaves)

    def fits(self, leaves: list[bytes]) -> bool:
        if len(leaves) == BLOCK:
            return (block_hash(leaves),) == self.stored
        return tuple(Frontier().extend(leaves).hashes) == self.stored


@dataclass(frozen=True, slots=True)
class Orphan:
    """An event that has no leaf and waits for none."""

    event_id: str
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was done, and which leaves stood there before, as far as that is proven."""

    fault: Fault
    before: dict[int, bytes] = field(default_factory=dict)


def edge_with(connection: sa.Connection, start: Edge, end: int, before: dict[int, bytes]) -> Edge:
    """The edge at `end`, from a proven one on, with these leaves in place of the stored ones."""
    edge = start.copy()
    for index, _, leaf in bare_leaves(connection, start.size, end):
        edge.add(before.get(index, bytes(leaf)))
    return edge


def parts_that_differ(
    connection: sa.Connection, first: int, nodes: StoredNodes, edge: Frontier
) -> list[Part]:
    """The first few parts from leaf `first` on whose leaves have other hashes than are stored."""
    found = []
    rows = bare_leaves(connection, first // BLOCK * BLOCK, edge.size)
    for block, group in groupby(rows, key=lambda row: row[0] // BLOCK):
        leaves = [bytes(row[2]) for row in group]
        is_full = (block + 1) * BLOCK <= edge.size
        tail = tuple(edge.hashes[len(edge.hashes) - (edge.size % BLOCK).bit_count() :])
        part = Part(block * BLOCK, leaves, (nodes.at(LEVEL, block),) if is_full else tail)
        is_whole = len(leaves) == (BLOCK if is_full else edge.size % BLOCK)
        if is_whole and not part.fits(leaves):
            found.append(part)
        if len(found) == MOST_PARTS:
            break
    return found


def diagnose_parts(
    connection: sa.Connection, parts: Sequence[Part], orphans: Sequence[Orphan]
) -> Diagnosis | None:
    """By the hashes that are stored over the leaves: copies, but what fits them was there."""
    rows = [row for each in parts for row in timed_leaves(connection, each.first, each.end)]
    ends = list(accumulate(len(each.leaves) for each in parts))

    def all_fit(leaves: list[bytes]) -> bool:
        return all(
            each.fits(leaves[end - len(each.leaves) : end])
            for each, end in zip(parts, ends, strict=True)
        )

    first = parts[0]
    after = timed_leaves(connection, first.end, first.end + 1)
    return _exchanged(rows, all_fit) or _shifted(
        rows[: len(first.leaves)], after, orphans, first.fits
    )


def diagnose_range(
    connection: sa.Connection, good: Edge, end: int, root: bytes, orphans: Sequence[Orphan]
) -> Diagnosis | None:
    """By the signed root alone, where no stored node stands between it and the last good one."""
    if end - good.size > LONGEST_LOOK:
        return None

    def fits(leaves: list[bytes]) -> bool:
        edge = good.copy()
        for leaf in leaves:
            edge.add(leaf)
        return edge.root == root

    rows = timed_leaves(connection, good.size, end)
    after = timed_leaves(connection, end, end + 1)
    return _exchanged(rows, fits) or _shifted(rows, after, orphans, fits)


def _exchanged(rows: Sequence[EventRow], fits: Fits) -> Diagnosis | None:
    """Leaves are given by time, so what was exchanged stands out of order."""
    leaves = [bytes(row[2]) for row in rows]
    for first, second in combinations(_out_of_order(rows), 2):
        leaves[first], leaves[second] = leaves[second], leaves[first]
        if fits(leaves):
            one, two = rows[first], rows[second]
            what = f"It was exchanged with leaf {two[0]} (event {two[1]})."
            fault = Fault(Kind.REORDERED, what, one[0], one[1])
            return Diagnosis(fault, {one[0]: leaves[first], two[0]: leaves[second]})
        leaves[first], leaves[second] = leaves[second], leaves[first]
    return None


def _out_of_order(rows: Sequence[EventRow]) -> list[int]:
    """The places that sorting would fill otherwise, the farthest first; few of them."""
    wanted = sorted(range(len(rows)), key=lambda place: (rows[place][3] or "", rows[place][1]))
    moved = [(abs(now - then), then) for then, now in enumerate(wanted) if now != then]
    nearest_last = sorted(moved, key=lambda each: -each[0])[:MOST_CANDIDATES]
    return sorted(place for _, place in nearest_last)


def _shifted(
    rows: Sequence[EventRow],
    after: Sequence[EventRow],
    orphans: Sequence[Orphan],
    fits: Fits,
) -> Diagnosis | None:
    leaves = [bytes(row[2]) for row in rows]
    for place, shorter in _without_one(leaves, after):
        if fits(shorter):
            what = "It was put in between; the later leaves were moved."
            return Diagnosis(Fault(Kind.INSERTED, what, rows[place][0], rows[place][1]))
    for orphan in orphans:
        for place in range(len(leaves)):
            if fits([*leaves[:place], orphan.leaf, *leaves[place:-1]]):
                what = "Its leaf was taken out; the later leaves were moved up."
                fault = Fault(Kind.MISSING, what, rows[place][0], orphan.event_id)
                return Diagnosis(fault)
    return None


def _without_one(
    leaves: list[bytes], after: Sequence[EventRow]
) -> Iterator[tuple[int, list[bytes]]]:
    """The leaves without each of them, and with the one that follows them."""
    for row in after[:1]:
        for place in range(len(leaves)):
            yield place, [*leaves[:place], *leaves[place + 1 :], bytes(row[2])]
