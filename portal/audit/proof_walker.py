"""Inclusion proofs for many leaves in their order, each stored hash read once.

`TreeReader` answers one question at a time; an export asks a hundred thousand that lie near each
other. What is kept in memory does not grow with them.
"""

from functools import lru_cache

import sqlalchemy as sa

from portal.audit import merkle
from portal.audit.models import Leaf, Node
from portal.audit.tree import STEP, TreeDamaged
from portal.core.database import db, glancing

BLOCK = 1 << STEP
"""So many leaves, or nodes of one stored level, are read at once."""
_leaf, _node = Leaf.__table__.c, Node.__table__.c


class ProofWalker:
    """Proofs in the tree of one size."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._block = lru_cache(maxsize=16)(_block)
        self._hash_of = lru_cache(maxsize=16 * BLOCK)(self._subtree)

    def proof(self, index: int) -> list[bytes]:
        """PATH(index) of RFC 6962, the nearest hash first.

        Raises:
            TreeDamaged: a hash of the tree is missing.
        """
        spans = merkle.inclusion_spans(index, self.size)
        return [merkle.subtree_root(self._hash_of, span) for span in spans]

    def _subtree(self, level: int, position: int) -> bytes:
        if level % STEP:
            left = self._hash_of(level - 1, 2 * position)
            return merkle.node_hash(left, self._hash_of(level - 1, 2 * position + 1))
        try:
            return self._block(level, position // BLOCK)[position]
        except KeyError as error:
            raise TreeDamaged(f"The tree has no node {position} of level {level}.") from error


def _block(level: int, number: int) -> dict[int, bytes]:
    first, last = number * BLOCK, (number + 1) * BLOCK - 1
    query: sa.Select[int, bytes]
    if level == 0:
        query = sa.select(_leaf.leaf_index, _leaf.leaf_hash)
        query = query.where(_leaf.leaf_index.between(first, last))
    else:
        query = sa.select(_node.position, _node.hash)
        query = query.where(_node.level == level, _node.position.between(first, last))
    with glancing():
        return {position: bytes(value) for position, value in db.session.execute(query)}
