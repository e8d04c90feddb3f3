"""The tree of RFC 6962: the published roots, and every proof of every small tree."""

import json
from pathlib import Path

import pytest

from portal.audit import merkle
from portal.audit.merkle import Frontier

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/merkle.json").read_text())
LARGEST = 130
LEAVES = [merkle.leaf_hash(index.to_bytes(2, "big")) for index in range(LARGEST)]
ROOTS = [merkle.root(LEAVES[:size]) for size in range(LARGEST + 1)]
SIZES = range(1, LARGEST + 1)


def by_definition(leaves):
    """MTH as the RFC writes it down."""
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return merkle.node_hash(by_definition(leaves[:middle]), by_definition(leaves[middle:]))


def test_the_published_roots_come_out():
    leaves = [merkle.leaf_hash(bytes.fromhex(data)) for data in VECTORS["leaves_hex"]]
    roots = [merkle.root(leaves[:size]).hex() for size in range(1, len(leaves) + 1)]
    assert roots == VECTORS["roots_hex"]


def test_no_leaves_have_the_hash_of_nothing():
    assert merkle.root([]).hex().startswith("e3b0c44298fc1c14")


@pytest.mark.parametrize("size", SIZES)
def test_a_root_is_what_the_definition_says(size):
    assert ROOTS[size] == by_definition(LEAVES[:size])


def test_a_frontier_goes_on_where_it_was_put_down():
    for size in SIZES:
        begun = Frontier().extend(LEAVES[: size // 2])
        resumed = Frontier.unpacked(begun.size, begun.packed).extend(LEAVES[size // 2 : size])
        assert resumed.root == ROOTS[size]
        assert len(resumed.hashes) == size.bit_count()


def test_a_frontier_of_another_size_is_refused():
    with pytest.raises(ValueError, match="full subtrees"):
        Frontier(3, [LEAVES[0]])


@pytest.mark.parametrize("size", SIZES)
def test_each_leaf_is_shown_to_be_in_the_tree_and_nowhere_else(size):
    for index in range(size):
        proof = merkle.inclusion_proof(index, LEAVES[:size])
        holds = [LEAVES[index], index, size, proof, ROOTS[size]]
        assert merkle.verify_inclusion(*holds)
        assert not merkle.verify_inclusion(LEAVES[index - 1] if size > 1 else b"", *holds[1:])
        assert not merkle.verify_inclusion(holds[0], index + 1, *holds[2:])
        assert not merkle.verify_inclusion(*holds[:3], [*proof, LEAVES[0]], ROOTS[size])
        assert not merkle.verify_inclusion(*holds[:4], ROOTS[size - 1])


@pytest.mark.parametrize("size", SIZES)
def test_each_older_tree_is_shown_to_be_a_beginning(size):
    for old in range(size + 1):
        proof = merkle.consistency_proof(old, LEAVES[:size])
        assert merkle.verify_consistency(old, size, ROOTS[old], ROOTS[size], proof)
        assert not merkle.verify_consistency(old, size, b"\x00" * 32, ROOTS[size], proof)
        assert not merkle.verify_consistency(old, size, ROOTS[old], ROOTS[size], [*proof, b""])
        if 0 < old < size:
            assert not merkle.verify_consistency(old, size, ROOTS[old], ROOTS[old], proof)
            assert not merkle.verify_consistency(old, size, ROOTS[old], ROOTS[size], proof[:-1])


@pytest.mark.parametrize("size", [0, 1, 7])
def test_two_trees_of_one_size_have_one_root(size):
    other = b"\x00" * 32
    assert not merkle.verify_consistency(size, size, ROOTS[size], other, [])
    assert not merkle.verify_consistency(size, size, other, ROOTS[size], [])
    assert merkle.verify_consistency(size, size, other, other, []) is (size > 0)


def test_a_proof_of_consistency_has_the_parts_of_the_rfc():
    """Section 2.1.3: PROOF(3, D[7]) = [c, d, g, l], PROOF(4, D[7]) = [l], PROOF(6, D[7])."""
    assert merkle.consistency_spans(3, 7) == [(2, 3), (3, 4), (0, 2), (4, 7)]
    assert merkle.consistency_spans(4, 7) == [(4, 7)]
    assert merkle.consistency_spans(6, 7) == [(4, 6), (6, 7), (0, 4)]


@pytest.mark.parametrize("size", range(1, 34))
def test_a_range_and_what_stands_around_it_give_the_root(size):
    for first in range(size):
        for end in range(first + 1, size + 1):
            spans = merkle.outside_spans(first, end, size)
            outside = [merkle.root(LEAVES[start:stop]) for start, stop in spans]
            assert merkle.root_around(first, size, LEAVES[first:end], outside) == ROOTS[size]


def test_a_range_with_a_leaf_left_out_gives_another_root():
    outside = [merkle.root(LEAVES[a:b]) for a, b in merkle.outside_spans(3, 9, 20)]
    assert merkle.root_around(3, 20, LEAVES[3:9], outside) == ROOTS[20]
    with pytest.raises(ValueError, match="another length"):
        merkle.root_around(3, 20, LEAVES[3:9], outside[1:])
    assert merkle.root_around(3, 20, [*LEAVES[3:8], LEAVES[9]], outside) != ROOTS[20]


def test_spans_are_put_together_from_full_subtrees():
    def hash_of(level, position):
        return merkle.root(LEAVES[position << level : (position + 1) << level])

    for size in SIZES:
        spans = [(0, size), *merkle.outside_spans(size // 3, size // 3 + 1, size)]
        for start, end in spans:
            assert merkle.subtree_root(hash_of, (start, end)) == merkle.root(LEAVES[start:end])


@pytest.mark.parametrize(
    "asked",
    [
        lambda: merkle.inclusion_proof(3, LEAVES[:3]),
        lambda: merkle.inclusion_proof(-1, LEAVES[:3]),
        lambda: merkle.consistency_proof(4, LEAVES[:3]),
        lambda: merkle.outside_spans(2, 2, 3),
        lambda: merkle.outside_spans(0, 4, 3),
    ],
)
def test_what_the_tree_does_not_hold_is_refused(asked):
    with pytest.raises(ValueError, match="a tree of"):
        asked()


def test_impossible_sizes_never_verify():
    assert not merkle.verify_inclusion(LEAVES[0], 0, 0, [], LEAVES[0])
    assert not merkle.verify_inclusion(LEAVES[0], -1, 1, [], LEAVES[0])
    assert not merkle.verify_consistency(2, 1, ROOTS[2], ROOTS[1], [])
    assert not merkle.verify_consistency(-1, 1, ROOTS[2], ROOTS[1], [])


def test_bytes_moved_from_one_hash_to_its_neighbour_never_verify():
    one, other = LEAVES[:2]
    assert merkle.verify_inclusion(one, 0, 2, [other], ROOTS[2])
    assert not merkle.verify_inclusion(one[:31], 0, 2, [one[31:] + other], ROOTS[2])
    old, last = ROOTS[2], LEAVES[2]
    assert merkle.verify_consistency(2, 3, old, ROOTS[3], [last])
    assert not merkle.verify_consistency(2, 3, old[:31], ROOTS[3], [old[31:] + last])
