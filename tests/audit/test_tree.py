"""Roots and proofs out of the database equal those of the pure functions."""

import hashlib

import pytest
import sqlalchemy as sa

from portal.audit import merkle
from portal.audit.merkle import Frontier
from portal.audit.models import Leaf, Node
from portal.audit.tree import STEP, TreeDamaged, TreeReader, grow
from portal.core.database import db
from tests.statements import counted

SIZE = 1030
BIG = 256 * 256 + 300
SIZES = (1, 2, 3, 127, 128, 255, 256, 257, 511, 512, 513, 700, 1023, 1024, 1025, SIZE)


def hashes(count):
    return [hashlib.sha256(str(number).encode()).digest() for number in range(count)]


def plant(count):
    """Leaves and nodes of a tree without any event."""
    frontier, found, nodes = Frontier(), hashes(count), []
    for leaf in found:
        nodes += grow(frontier, leaf)
    rows = [
        {"leaf_index": index, "event_id": f"event-{index}", "leaf_hash": leaf}
        for index, leaf in enumerate(found)
    ]
    db.session.connection().execute(sa.insert(Leaf), rows)
    rows = [{"level": level, "position": n, "hash": found} for (level, n), found in nodes]
    db.session.connection().execute(sa.insert(Node), rows)
    return found


@pytest.fixture
def planted(app):
    return plant(SIZE), TreeReader(db.session.connection())


@pytest.fixture(scope="module")
def large(file_app):
    """The leaves of a tree that is planted once."""
    return plant(BIG)


def test_growing_by_leaves_is_the_frontier_of_the_pure_tree():
    grown, pure = Frontier(), Frontier()
    for leaf in hashes(700):
        grow(grown, leaf)
        pure.append(leaf)
        assert (grown.size, grown.hashes) == (pure.size, pure.hashes)


def test_every_completed_eighth_level_is_kept_once():
    frontier, found = Frontier(), hashes(BIG)
    nodes = dict(node for leaf in found for node in grow(frontier, leaf))
    assert sorted(nodes) == [*((STEP, n) for n in range(257)), (2 * STEP, 0)]
    assert nodes[STEP, 3] == merkle.root(found[768:1024])
    assert nodes[2 * STEP, 0] == merkle.root(found[:65536])


def test_roots_at_any_size_are_those_of_the_pure_tree(planted):
    found, reader = planted
    assert reader.size == SIZE
    assert [reader.root(size) for size in SIZES] == [merkle.root(found[:size]) for size in SIZES]
    assert reader.root(0) == merkle.EMPTY_ROOT


def test_inclusion_proofs_are_those_of_the_pure_tree(planted):
    found, reader = planted
    for size in SIZES:
        for index in {0, size // 3, size // 2, size - 1}:
            proof = reader.hashes_of(merkle.inclusion_spans(index, size))
            assert proof == merkle.inclusion_proof(index, found[:size])


def test_consistency_proofs_are_those_of_the_pure_tree(planted):
    found, reader = planted
    for old in SIZES:
        proof = reader.consistency(old, SIZE)
        assert proof == merkle.consistency_proof(old, found)
        old_root, new_root = merkle.root(found[:old]), merkle.root(found)
        assert merkle.verify_consistency(old, SIZE, old_root, new_root, proof)


def test_what_stands_outside_a_range_leads_to_the_root(planted):
    found, reader = planted
    for first, end in ((0, 1), (3, 300), (256, 512), (700, SIZE), (0, SIZE)):
        outside = reader.outside(first, end, SIZE)
        assert merkle.root_around(first, SIZE, found[first:end], outside) == merkle.root(found)


def test_the_frontier_can_be_read_at_any_size(planted):
    found, reader = planted
    for size in (0, *SIZES):
        assert reader.frontier(size).hashes == Frontier().extend(found[:size]).hashes


@pytest.mark.parametrize("index", [0, 65535, 65536, 40000, BIG - 1])
def test_a_proof_costs_two_queries_and_few_rows_however_large_the_tree(large, index):
    reader = TreeReader(db.session.connection())
    rows = []
    reader._rows, read = (
        lambda query: (rows.append(row) or row for row in read(query)),
        reader._rows,
    )
    with counted() as statements:
        proof = reader.hashes_of(merkle.inclusion_spans(index, BIG))
    assert merkle.verify_inclusion(large[index], index, BIG, proof, merkle.root(large))
    assert len(statements) == 2
    assert len(rows) < 900


def test_a_tree_that_lost_a_leaf_or_is_smaller_says_so(planted):
    _, reader = planted
    with pytest.raises(TreeDamaged, match="leaf 1030"):
        reader.root(SIZE + 1)
    with pytest.raises(TreeDamaged, match="node 4 of level 8"):
        reader.root(5 * 256)
