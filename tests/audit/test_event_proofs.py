"""The way from an event to the root, as the page of its proof shows it."""

from portal.audit import merkle
from portal.audit.event_proofs import proof_of
from portal.audit.sequencing import sequence
from tests.audit.growing import happen, leaves
from tests.ledger import events
from tests.statements import counted


def test_an_events_proof_leads_step_by_step_to_the_root(app):
    happen(11)
    sequence()
    for event in events("backup.made"):
        proof = proof_of(event.id)
        assert proof.is_whole
        assert proof.is_event_kept
        assert proof.root == merkle.root([leaf.leaf_hash for leaf in leaves()])
        known = (proof.leaf_hash, proof.leaf_index, proof.tree_size)
        assert merkle.verify_inclusion(*known, proof.hashes, proof.root)


def test_an_event_that_waits_has_no_proof_yet(app):
    happen(1)
    assert proof_of(events("backup.made")[0].id) is None
    assert proof_of("nothing") is None


def test_an_events_proof_costs_the_same_whatever_the_size_of_the_tree(app):
    happen(3)
    sequence()
    event = events("backup.made")[0].id
    with counted() as small:
        proof_of(event)
    happen(600)
    sequence()
    with counted() as large:
        proof_of(event)
    assert len(small) <= len(large) <= len(small) + 1 <= 6
