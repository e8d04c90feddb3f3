"""All ten checks over one state of the database, in one pass over the leaves."""

import heapq
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from portal.audit.merkle import Frontier
from portal.audit.models import FrontierRow, Leaf, SignedTree
from portal.audit.notes import Note, VerifierKey
from portal.audit.tree import TreeReader
from portal.audit.verifying import history, waiting
from portal.audit.verifying.anchoring import AnchorCheck
from portal.audit.verifying.events import EventCheck
from portal.audit.verifying.guarding import check_guards, check_privileges
from portal.audit.verifying.report import Fault, Findings, Kind, Report
from portal.audit.verifying.signatures import CheckpointCheck, why_unproven
from portal.audit.verifying.views import check_views
from portal.audit.verifying.walking import Walk

MOST_ERRORS = 20
_leaf = Leaf.__table__.c


class NoSuchCheckpoint(LookupError):
    """There is no checkpoint of this size to go on from."""


def verify(
    connection: sa.Connection,
    keys: Sequence[VerifierKey],
    anchors: Sequence[Note] = (),
    since: int = 0,
    max_errors: int = MOST_ERRORS,
    *,
    known_late: Iterable[str] | None = None,
) -> Report:
    """Check the ledger as this connection sees it; let it see one state, as `snapshot` does.

    `keys` are trusted, wherever they come from: never take them from the database. `since` is a
    checkpoint that verified before: the events before it are not read again, but their leaves
    are, so that the tree is shown to go on from there. With `known_late`, only those events are
    held to have waited too long.

    Raises:
        NoSuchCheckpoint: `since` is no checkpoint's size.
    """
    if since and not _is_checkpoint(connection, since):
        raise NoSuchCheckpoint(f"There is no checkpoint of {since} leaves.")
    return _Run(connection, keys, anchors, since, max_errors).report(known_late)


def _is_checkpoint(connection: sa.Connection, size: int) -> bool:
    query = sa.select(SignedTree.tree_size).where(SignedTree.tree_size == size)
    return connection.scalar(query) is not None


class _Run:
    """The parts of one verification, each with its own findings."""

    def __init__(
        self,
        connection: sa.Connection,
        keys: Sequence[VerifierKey],
        anchors: Sequence[Note],
        since: int,
        most: int,
    ) -> None:
        self.connection, self.since, self.most = connection, since, most
        self.findings = {
            name: Findings(most)
            for name in ("signatures", "events", "tree", "anchors", "waiting", "heartbeats", "rest")
        }
        self.archived = history.archived_ranges(connection)
        self.events = EventCheck(self.archived, self.findings["events"])
        self.checkpoints = CheckpointCheck(
            keys,
            history.announced_keys(connection),
            signatures=self.findings["signatures"],
            heartbeats=self.findings["heartbeats"],
        )
        self.forks = history.given_up(connection, keys)
        self.anchors = AnchorCheck(anchors, keys, self.forks, self.findings["anchors"])
        self.frontier = _frontier(connection)
        self.edge = self.frontier or Frontier()
        self.walk = Walk(
            connection,
            check=self.events,
            orphans=waiting.orphans(connection, most),
            stored=self.edge,
            findings=self.findings["tree"],
        )

    def report(self, known_late: Iterable[str] | None) -> Report:
        self._walk()
        rest = self.findings["rest"]
        waiting.check_waiting(self.connection, known_late, self.findings["waiting"])
        check_guards(self.connection, rest)
        notes = check_privileges(self.connection, rest) + check_views(self.connection, rest)
        return Report(
            tree_size=self.walk.size,
            signed_size=self.checkpoints.signed_size,
            sealed_size=self.checkpoints.last_size,
            events=self.events.count,
            faults=self._faults(),
            notes=[*self._notes(), *notes],
            unknown=why_unproven(self.checkpoints, self.walk.size),
        )

    def _walk(self) -> None:
        walk, last_checkpoint = self.walk, _last_checkpoint(self.connection)
        end = self.frontier.size if self.frontier else TreeReader(self.connection).size
        known = max(last_checkpoint, end)
        stops = heapq.merge(
            self.checkpoints.stops(self.connection, self.since),
            self.anchors.stops(self.since),
            key=lambda stop: stop.size,
        )
        walk.run(self.since, known, stops)
        if not walk.is_cut:
            self._end(last_checkpoint, known)
        for _ in stops:
            pass  # the signatures of what lies beyond the last leaf
        walk.finish()
        self.events.judge(walk.leaves_changed)

    def _end(self, last_checkpoint: int, known: int) -> None:
        """Where the leaves end, and where they should."""
        walk, tree = self.walk, self.findings["tree"]
        walk.fill(last_checkpoint)
        self.anchors.find_rollback(self.connection, walk.size, self.since)
        if not any(fault.kind is Kind.ROLLBACK for fault in self.findings["anchors"]):
            walk.fill(known)
        for index, event_id in _beyond(self.connection, known, self.most):
            what = "The leaf was put in by hand: the tree had not grown so far."
            tree.add(Kind.INSERTED, what, index, event_id)
        waiting.name_orphans(walk.orphans, self.findings["waiting"])
        if not tree.faults and not self.events.differing:
            self._compare_edge()

    def _compare_edge(self) -> None:
        """The stored edge and nodes are copies, but the next signed root is made from them."""
        walk, tree = self.walk, self.findings["tree"]
        is_rolled_back = any(fault.kind is Kind.ROLLBACK for fault in self.findings["anchors"])
        found = walk.edge.frontier
        is_same = (self.edge.size, self.edge.hashes) == (found.size, found.hashes)
        if not is_same and not is_rolled_back:
            tree.add(Kind.NODE_MISMATCH, "The stored edge of the tree does not fit its leaves.")
        for level, position in walk.nodes.beyond(walk.size, self.most):
            what = f"A node of level {level}, position {position} stands over leaves there are not."
            tree.add(Kind.NODE_MISMATCH, what)

    def _faults(self) -> list[Fault]:
        """Wrong signatures first: with one, nothing else can be relied on. Then by leaf."""
        found = self.findings
        by_leaf = Findings(2 * self.most)
        by_leaf.faults = [*found["events"].faults, *found["tree"].faults]
        parts = (found["signatures"], by_leaf, found["anchors"], found["waiting"])
        ordered = [*parts, found["heartbeats"], found["rest"]]
        return [fault for part in ordered for fault in part][: self.most]

    def _notes(self) -> list[str]:
        walk, signed = self.walk, self.checkpoints.signed_size
        newer = walk.size - signed
        counted = "1 leaf is" if newer == 1 else f"{newer:,} leaves are"
        return [
            text
            for applies, text in (
                (walk.is_cut, f"Stopped at leaf {walk.size}: there is too much wrong to go on."),
                (walk.passed_over > 0, f"{walk.passed_over} roots could not be compared any more."),
                (
                    self.checkpoints.unsigned,
                    f"{self.checkpoints.unsigned} checkpoints are unsigned.",
                ),
                (0 < signed < walk.size, f"{counted} newer than the last signed checkpoint."),
                (self.anchors.passed_over, "Anchors of a history that was given up do not count."),
            )
            if applies
        ] + [*self._history()]

    def _history(self) -> list[str]:
        archived = [f"The events of leaves {a} to {b - 1} are archived." for a, b in self.archived]
        forks = [f"The log {name} ended at {size} leaves." for name, size in self.forks.items()]
        return archived + forks


def _frontier(connection: sa.Connection) -> Frontier | None:
    """The stored edge; one that cannot be one counts as none."""
    row = connection.execute(sa.select(FrontierRow.size, FrontierRow.hashes)).first()
    if row is None:
        return None
    try:
        return Frontier.unpacked(row[0], bytes(row[1]))
    except ValueError:
        return None


def _last_checkpoint(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.max(SignedTree.tree_size))) or 0


def _beyond(connection: sa.Connection, size: int, most: int) -> list[tuple[int, str]]:
    outside = (_leaf.leaf_index >= size) | (_leaf.leaf_index < 0)
    query = sa.select(_leaf.leaf_index, _leaf.event_id).where(outside)
    rows = connection.execute(query.order_by(_leaf.leaf_index).limit(most))
    return [(row[0], row[1]) for row in rows]
