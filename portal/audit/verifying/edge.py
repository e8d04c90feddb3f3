"""The right edge of the tree while it is rebuilt, in blocks of 256 leaves."""

from hashlib import sha256

from portal.audit.merkle import Frontier
from portal.audit.tree import STEP, Place, grow

LEVEL = STEP
"""The lowest level whose nodes are stored."""
BLOCK = 1 << LEVEL


def block_hash(leaves: list[bytes]) -> bytes:
    """The subtree over a full block, level by level: several times as fast as leaf by leaf."""
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2], strict=True)
        leaves = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return leaves[0]


class Edge:
    """Full blocks as a frontier that counts blocks, and the leaves of the one that is open."""

    __slots__ = ("blocks", "leaves")

    def __init__(self, blocks: Frontier | None = None, leaves: list[bytes] | None = None) -> None:
        self.blocks = blocks or Frontier()
        self.leaves = leaves or []

    @property
    def size(self) -> int:
        return self.blocks.size * BLOCK + len(self.leaves)

    @property
    def frontier(self) -> Frontier:
        inner = Frontier().extend(self.leaves)
        return Frontier(self.size, [*self.blocks.hashes, *inner.hashes])

    @property
    def root(self) -> bytes:
        return self.frontier.root

    def copy(self) -> "Edge":
        return Edge(Frontier(self.blocks.size, self.blocks.hashes), list(self.leaves))

    def add(self, leaf: bytes) -> None:
        """Add a leaf, and close the block that it fills."""
        self.leaves.append(leaf)
        if len(self.leaves) == BLOCK:
            self.close(block_hash(self.leaves))

    def close(self, block: bytes) -> list[tuple[Place, bytes]]:
        """End the open block as one of this hash; the higher nodes that are stored by now."""
        self.leaves = []
        completed = grow(self.blocks, block)
        return [((level + LEVEL, position), found) for (level, position), found in completed]
