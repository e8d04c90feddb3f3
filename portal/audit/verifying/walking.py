"""One walk over all leaves: the tree is rebuilt and met with every root that was ever kept.

In one pass, with memory for a few hundred hashes: the edge of the tree is compared at each size
of which somebody says the root.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.audit.merkle import Frontier
from portal.audit.verifying.diagnosis import (
    Diagnosis,
    Orphan,
    Part,
    diagnose_parts,
    diagnose_range,
    edge_with,
    parts_that_differ,
)
from portal.audit.verifying.edge import BLOCK, LEVEL, Edge, block_hash
from portal.audit.verifying.events import EventCheck
from portal.audit.verifying.report import Fault, Findings, Kind
from portal.audit.verifying.rows import StoredNodes, bare_leaves, leaves_with_events

UNKNOWN = bytes(32)
WIDEST_GAP = 100_000
NEVER = -1


@dataclass(frozen=True, slots=True)
class Suspect:
    """A stored node that does not fit the leaves under it."""

    level: int
    position: int

    @property
    def first(self) -> int:
        return self.position << self.level


@dataclass(frozen=True, slots=True)
class Stop:
    """A size of which the root is known from elsewhere."""

    size: int
    root: bytes
    source: str
    """Who says so, in words."""
    is_trusted: bool = True
    """A root under a wrong signature proves nothing, neither for nor against the leaves."""
    is_anchor: bool = False


class Walk:
    """Takes the leaves in order. Faults of single events are found by `check` on the way."""

    def __init__(
        self,
        connection: sa.Connection,
        *,
        check: EventCheck,
        orphans: Sequence[Orphan],
        stored: Frontier,
        findings: Findings,
    ) -> None:
        self.connection = connection
        self.check = check
        self.orphans = list(orphans)
        self.stored = stored
        self.findings = findings
        self.nodes = StoredNodes(connection)
        self.size = 0
        self.edge, self.good = Edge(), Edge()
        self.suspects: list[Suspect] = []
        self.before: dict[int, bytes] = {}
        """Leaves that were exchanged or changed, as they are proven to have been."""
        self.leaves_changed: set[int] = set()
        self.is_hollow = False
        """The open block has a leaf that nobody knows."""
        self.is_lost = False
        """From here on no root can be computed."""
        self.passed_over = 0
        """Roots that could not be compared."""
        self.is_cut = False

    def run(self, since: int, end: int, stops: Iterator[Stop]) -> None:
        """Up to the leaf before `end`; events before `since` were looked at another time."""
        self._stops, self._stop = stops, next(stops, None)
        self._turn()
        for row in bare_leaves(self.connection, 0, min(since, end)):
            self._take(row[0], row[2])
        look, full = self.check.look, self.check.findings
        for row in leaves_with_events(self.connection, since, end):
            look(row)
            self._take(row[0], row[2])
            if full.is_full or self.is_cut:
                self.is_cut = True
                break

    def _turn(self) -> None:
        """Meet whatever is known of this size, and look out for the next."""
        while self._stop is not None and self._stop.size == self.size:
            self._meet(self._stop)
            self._stop = next(self._stops, None)
        self._stop_at = self._stop.size if self._stop else NEVER

    def _take(self, index: int, leaf: bytes) -> None:
        if index != self.size:
            self.fill(index)
        self._append(self.before.get(index) or bytes(leaf))

    def _append(self, leaf: bytes) -> None:
        self.edge.leaves.append(leaf)
        self.size += 1
        if self.size % BLOCK == 0:
            self._close()
        if self.size == self._stop_at:
            self._turn()

    def fill(self, end: int) -> None:
        """Name the leaves that are missing before `end`; put in those whose event is left."""
        if end - self.size > WIDEST_GAP:
            self._name_gap(self.size, end)
            self.is_cut = True
            return
        while self.size < end and self.orphans:
            orphan = self.orphans.pop(0)
            what = "The leaf is gone; the event is still there."
            self.findings.add(Kind.MISSING, what, self.size, orphan.event_id)
            self._append(orphan.leaf)
        if self.size < end:
            self._name_gap(self.size, end)
        while self.size < end:
            self.is_hollow = True
            self._append(UNKNOWN)

    def _name_gap(self, first: int, end: int) -> None:
        which = f"Leaf {first} is" if end - first == 1 else f"The leaves {first} to {end - 1} are"
        self.findings.add(Kind.MISSING, f"{which} gone, and no event is left for it.", first)

    def _close(self) -> None:
        position = self.size // BLOCK - 1
        node = self.nodes.at(LEVEL, position)
        if self.is_hollow:
            # The stored node stands in; whether it is right, the next signed root tells.
            block, self.is_hollow = node or UNKNOWN, False
            self.is_lost = self.is_lost or node is None
        else:
            block = block_hash(self.edge.leaves)
            self._compare(LEVEL, position, block, node)
        for (level, place), found in self.edge.close(block):
            self._compare(level, place, found, self.nodes.at(level, place))

    def _compare(self, level: int, position: int, found: bytes, node: bytes | None) -> None:
        is_known = any(each.first >> level == position for each in self.suspects)
        is_told = self.is_lost or is_known or len(self.suspects) >= self.findings.most
        if found != node and not is_told:
            self.suspects.append(Suspect(level, position))

    def _meet(self, stop: Stop) -> None:
        if self.is_lost or self.is_hollow:
            self.passed_over += 1
        elif self.edge.root == stop.root:
            if stop.is_trusted:
                self._confirm()
        elif stop.is_trusted:
            self._explain(stop)

    def _confirm(self) -> None:
        """The leaves are as they were signed: where a node says otherwise, the node is wrong."""
        for suspect in self.suspects:
            self._name_node(suspect)
        self.suspects = []
        self.good = self.edge.copy()

    def _name_node(self, suspect: Suspect) -> None:
        which = f"level {suspect.level}, position {suspect.position}"
        what = f"The stored node of {which} does not fit the leaves under it."
        self.findings.add(Kind.NODE_MISMATCH, what, suspect.first)

    def _explain(self, stop: Stop) -> None:
        differing = {
            each.index: each.actual
            for each in self.check.differing
            if self.good.size <= each.index < stop.size
        }
        if differing and self._is_repaired_by(differing, stop):
            self.leaves_changed.update(differing)
            return
        if not self._is_named(stop.size) and self._is_diagnosed(stop):
            return
        self.is_lost, self.suspects = True, []

    def _is_named(self, end: int) -> bool:
        """Has a leaf since the last good root a fault already, which explains this one?"""
        indexes = [each.index for each in self.check.differing]
        indexes += [each.leaf_index or 0 for each in self.findings.faults]
        return any(self.good.size <= index < end for index in indexes)

    def _is_diagnosed(self, stop: Stop) -> bool:
        """Name what was done; True when the walk can go on with the leaves as they were."""
        parts = self._parts()
        found = self._diagnosis(parts) or diagnose_range(
            self.connection, self.good, stop.size, stop.root, self.orphans
        )
        if found is None:
            self._name_root(stop, parts)
            return False
        self._name(found.fault)
        return bool(found.before) and self._is_repaired_by(found.before, stop)

    def _parts(self) -> list[Part]:
        return parts_that_differ(self.connection, self.good.size, self.nodes, self.stored)

    def _diagnosis(self, parts: list[Part]) -> Diagnosis | None:
        return diagnose_parts(self.connection, parts, self.orphans) if parts else None

    def _name(self, fault: Fault) -> None:
        self.findings.add(fault.kind, fault.message, fault.leaf_index, fault.event_id)
        self.orphans = [each for each in self.orphans if each.event_id != fault.event_id]

    def _is_repaired_by(self, before: dict[int, bytes], stop: Stop) -> bool:
        """Go on from the leaves as they were, if those have the signed root."""
        before = self.before | before
        edge = edge_with(self.connection, self.good, stop.size, before)
        if edge.root != stop.root:
            return False
        self.edge, self.good, self.suspects, self.before = edge.copy(), edge, [], before
        return True

    def _name_root(self, stop: Stop, parts: Sequence[Part]) -> None:
        part = next((each for each in parts if each.first < stop.size), None)
        first = max(self.good.size, part.first) if part else self.good.size
        last = min(stop.size, part.end) if part else stop.size
        if stop.is_anchor:
            what = f"{stop.source} has another root: from about here on, history was replaced."
            self.findings.add(Kind.ROLLBACK, what, first)
        else:
            what = f"{stop.source} has another root: an event and its leaf were both changed"
            where = f", one of the leaves {first} to {last - 1}."
            self.findings.add(Kind.MODIFIED, what + where, first)

    def finish(self) -> None:
        """After the last root: nodes that no root has decided about."""
        if not self.suspects or self._is_named(self.size):
            return
        found = self._diagnosis(self._parts())
        if found is not None:
            self._name(found.fault)
            return
        for suspect in self.suspects:
            self._name_node(suspect)
