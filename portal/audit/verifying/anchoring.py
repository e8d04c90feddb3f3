"""Copies of checkpoints that were left outside: they know what the database may have forgotten."""

from collections.abc import Iterator, Mapping, Sequence

import sqlalchemy as sa

from portal.audit.models import Anchor, SignedTree
from portal.audit.notes import MalformedNote, Note, VerifierKey
from portal.audit.verifying.report import Findings, Kind
from portal.audit.verifying.walking import Stop

_anchor, _tree = Anchor.__table__.c, SignedTree.__table__.c


class AnchorCheck:
    """The anchors that still count: `stops` in order of size, `last_size` the largest."""

    def __init__(
        self,
        anchors: Sequence[Note],
        keys: Sequence[VerifierKey],
        given_up: Mapping[str, int],
        findings: Findings,
    ) -> None:
        self.findings = findings
        self.passed_over = 0
        """Anchors of a history that was given up when a fork was accepted."""
        self._roots: set[tuple[int, bytes]] = set()
        for note in anchors:
            self._take(note, keys, given_up)
        self.last_size = max((size for size, _ in self._roots), default=0)

    def _take(self, note: Note, keys: Sequence[VerifierKey], given_up: Mapping[str, int]) -> None:
        checkpoint = note.checkpoint
        try:
            note.signers(keys)
        except MalformedNote as error:
            what = f"The anchor of {checkpoint.size} leaves: {error}"
            self.findings.add(Kind.BAD_SIGNATURE, what, max(checkpoint.size - 1, 0))
            return
        limit = given_up.get(checkpoint.origin)
        if limit is not None and checkpoint.size > limit:
            self.passed_over += 1
        else:
            # Without a known signature, too: it can show a fault, but never hide one.
            self._roots.add((checkpoint.size, checkpoint.root))

    def stops(self, since: int) -> Iterator[Stop]:
        for size, root in sorted(self._roots):
            if size >= since:
                yield Stop(size, root, f"The anchor of {size} leaves", is_anchor=True)

    def find_rollback(self, connection: sa.Connection, tree_size: int, since: int) -> None:
        """Anchors of more leaves than there are, and of checkpoints that are gone."""
        largest = max(self.last_size, _largest_target(connection))
        if largest > tree_size:
            what = (
                f"An anchor knows {largest} leaves, the database {tree_size}: "
                "an older copy was put in its place, or the newest events were cut off."
            )
            self.findings.add(Kind.ROLLBACK, what, tree_size)
        lost = (
            sa.select(_anchor.tree_size)
            .outerjoin_from(Anchor, SignedTree, _tree.tree_size == _anchor.tree_size)
            .where(_tree.tree_size.is_(None), _anchor.tree_size.between(max(since, 1), tree_size))
            .distinct()
            .order_by(_anchor.tree_size)
            .limit(self.findings.most)
        )
        for size in connection.scalars(lost):
            what = f"The checkpoint of {size} leaves was anchored and is gone."
            self.findings.add(Kind.MISSING, what, size - 1)


def _largest_target(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.max(_anchor.tree_size))) or 0
