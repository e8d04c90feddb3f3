"""The Merkle tree of RFC 6962, section 2.1: roots, proofs, and the frontier that grows it.

Pure: bytes in, bytes out. A proof is a list of subtree hashes; which subtrees is decided by the
`*_spans` functions, so that the same rule serves leaves in a list and leaves in a database.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

Span = tuple[int, int]
"""The leaves from the first index up to, not including, the second."""
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 over leaves that are hashed already; SHA-256("") of none."""
    return Frontier().extend(leaf_hashes).root


class Frontier:
    """The right edge of a growing tree: one hash for each full subtree, the largest first.

    Enough to append leaves and to know the root at every size, in 64 hashes at most.
    """

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """
        Raises:
            ValueError: a tree of this size has another number of full subtrees.
        """
        if len(hashes) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} full subtrees")
        self.size, self.hashes = size, list(hashes)

    @classmethod
    def unpacked(cls, size: int, data: bytes) -> "Frontier":
        """From the hashes in one row, as `packed` gives them.

        Raises:
            ValueError: a tree of this size has another number of full subtrees.
        """
        return cls(size, [data[at : at + 32] for at in range(0, len(data), 32)])

    @property
    def packed(self) -> bytes:
        return b"".join(self.hashes)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash at index `size`."""
        size, hashes = self.size, self.hashes
        while size & 1:
            leaf = node_hash(hashes.pop(), leaf)
            size >>= 1
        hashes.append(leaf)
        self.size += 1

    def extend(self, leaves: Sequence[bytes]) -> "Frontier":
        for leaf in leaves:
            self.append(leaf)
        return self

    @property
    def root(self) -> bytes:
        """Folded from the right: the smaller subtrees hang under the larger ones."""
        if not self.hashes:
            return EMPTY_ROOT
        found = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            found = node_hash(left, found)
        return found


def split_of(size: int) -> int:
    """The largest power of two smaller than `size`, where a tree of two or more leaves parts."""
    return int(1 << ((size - 1).bit_length() - 1))


def inclusion_spans(index: int, size: int) -> list[Span]:
    """The subtrees beside the path from leaf `index` to the root, the nearest first (2.1.1).

    Raises:
        ValueError: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    spans: list[Span] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split_of(end - start)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return spans[::-1]


def consistency_spans(old_size: int, size: int) -> list[Span]:
    """The subtrees that show the first `old_size` leaves to be a prefix of `size` (2.1.2).

    Empty when there is nothing to show: nothing then, or the same tree now.

    Raises:
        ValueError: the old tree is the larger one.
    """
    if not 0 <= old_size <= size:
        raise ValueError(f"a tree of {old_size} leaves is no beginning of one of {size}")
    if old_size in {0, size}:
        return []
    spans: list[Span] = []
    start, end = 0, size
    while old_size != end:
        middle = start + split_of(end - start)
        if old_size <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    # The old root itself is known to whoever asks, when it is a whole subtree of the new one.
    if start:
        spans.append((start, end))
    return spans[::-1]


def outside_spans(first: int, end: int, size: int) -> list[Span]:
    """The subtrees left and right of the leaves `first` up to `end`, from left to right.

    With their hashes, whoever has those leaves can compute the root, so nothing between was
    left out.

    Raises:
        ValueError: the tree has no such leaves, or none are asked for.
    """
    if not 0 <= first < end <= size:
        raise ValueError(f"a tree of {size} leaves has no leaves {first} to {end}")
    return list(_outside((0, size), (first, end)))


def _outside(tree: Span, kept: Span) -> Iterator[Span]:
    start, end = tree
    if end <= kept[0] or start >= kept[1]:
        yield tree
    elif start < kept[0] or end > kept[1]:
        middle = start + split_of(end - start)
        yield from _outside((start, middle), kept)
        yield from _outside((middle, end), kept)


def root_around(first: int, size: int, leaves: Sequence[bytes], outside: Sequence[bytes]) -> bytes:
    """The root of `size` leaves, of which those from `first` on are given, and `outside_spans`.

    Raises:
        ValueError: the numbers of hashes do not fit such a tree.
    """
    end, given = first + len(leaves), iter(outside)
    if len(outside) != len(outside_spans(first, end, size)):
        raise ValueError("the proof has another length than such a range needs")

    def hash_of(tree: Span) -> bytes:
        start, stop = tree
        if stop <= first or start >= end:
            return next(given)
        if first <= start and stop <= end:
            return root(leaves[start - first : stop - first])
        middle = start + split_of(stop - start)
        return node_hash(hash_of((start, middle)), hash_of((middle, stop)))

    return hash_of((0, size))


def inclusion_proof(index: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """PATH(index, leaves), the hash nearest to the leaf first.

    Raises:
        ValueError: there is no such leaf.
    """
    return [_hash_of(leaf_hashes, span) for span in inclusion_spans(index, len(leaf_hashes))]


def consistency_proof(old_size: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """PROOF(old_size, leaves).

    Raises:
        ValueError: there never were so many leaves.
    """
    return [_hash_of(leaf_hashes, span) for span in consistency_spans(old_size, len(leaf_hashes))]


def _hash_of(leaf_hashes: Sequence[bytes], span: Span) -> bytes:
    return root(leaf_hashes[span[0] : span[1]])


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Is this the leaf at `index` of `size` leaves with that root? (RFC 9162, 2.1.3.2)"""
    if not 0 <= index < size or not _are_hashes(leaf_hash, root, *proof):
        return False
    spans = inclusion_spans(index, size)
    if len(proof) != len(spans):
        return False
    found = leaf_hash
    for (start, _), beside in zip(spans, proof, strict=True):
        found = node_hash(beside, found) if start < index else node_hash(found, beside)
    return found == root


def verify_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Is the old tree a beginning of the new one? (RFC 9162, 2.1.4.2)"""
    if not 0 <= old_size <= new_size or not _are_hashes(old_root, new_root, *proof):
        return False
    spans = consistency_spans(old_size, new_size)
    if len(proof) != len(spans):
        return False
    if old_size == 0 and old_root != EMPTY_ROOT:
        return False
    if not spans:
        return old_size < new_size or old_root == new_root
    return _both_roots(old_size, old_root, spans, proof) == (old_root, new_root)


def _are_hashes(*given: bytes) -> bool:
    """Two of 31 and 33 bytes side by side hash to the same node as the two of 32 that they hide."""
    return all(len(each) == len(EMPTY_ROOT) for each in given)


def _both_roots(
    old_size: int, old_root: bytes, spans: Sequence[Span], proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """The roots that follow from the proof, of the old tree and of the new one."""
    hashes: list[bytes] = list(proof)
    is_whole_subtree = spans[0][0] == old_size
    old = new = old_root if is_whole_subtree else hashes.pop(0)
    for (start, _), beside in zip(spans[len(spans) - len(hashes) :], hashes, strict=True):
        if start < old_size:
            old, new = node_hash(beside, old), node_hash(beside, new)
        else:
            new = node_hash(new, beside)
    return old, new


def subtree_root(hash_of: Callable[[int, int], bytes], span: Span) -> bytes:
    """The hash over a span, put together from its full subtrees: `hash_of(level, index)`.

    A subtree of level n holds 2**n leaves and begins at a multiple of that. Spans of proofs
    always begin so.
    """
    start, end = span
    parts: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append(hash_of(level, start >> level))
        start += 1 << level
    found = parts.pop()
    while parts:
        found = node_hash(parts.pop(), found)
    return found
