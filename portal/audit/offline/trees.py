"""Roots that follow from proofs (RFC 9162, 2.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from portal.audit.offline.notes import Note

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_of(line: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + line).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def climb(index: int, last: int, leaf: bytes, proof: list[bytes]) -> tuple[bytes, bytes]:
    """The roots that follow from a proof: without what is right of the path, and with it."""
    old = new = leaf
    for beside in proof:
        if index & 1 or index == last:
            old, new = node(beside, old), node(beside, new)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            new = node(new, beside)
        index, last = index >> 1, last >> 1
    return (old, new) if last == 0 else (b"", b"")


def is_beginning(old: Note, new: Note, proof: list[bytes]) -> bool:
    """Are the leaves of the old tree the first ones of the new tree?"""
    if old.size == 0 and old.root != EMPTY_ROOT:
        return False
    if old.size in {0, new.size}:
        return not proof and (old.size < new.size or old.root == new.root)
    index, last = old.size - 1, new.size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    path = [old.root, *proof] if index == 0 else proof
    return bool(path) and climb(index, last, path[0], path[1:]) == (old.root, new.root)


def root_around(
    tree: tuple[int, int], kept: tuple[int, int], leaves: Iterator[bytes], beside: Iterator[bytes]
) -> bytes:
    """The root over `tree`: from each kept leaf, and one hash a subtree of what lies beside."""
    start, end = tree
    if end <= kept[0] or start >= kept[1]:
        return next(beside)
    if end - start == 1:
        return next(leaves)
    middle = start + (1 << ((end - start - 1).bit_length() - 1))
    left = root_around((start, middle), kept, leaves, beside)
    return node(left, root_around((middle, end), kept, leaves, beside))
