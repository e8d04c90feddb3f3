"""What is signed, when, and by which key."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from portal.audit import checkpoints, keys
from portal.audit.actions import Action
from portal.audit.checkpoints import latest, progress, sign_due
from portal.audit.key_rotation import NoKeyYet, rotate_key
from portal.audit.merkle import root
from portal.audit.models import SignedTree
from portal.audit.notes import Note
from portal.audit.origins import current_origin
from portal.audit.sequencing import sequence_all
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.jobs.models import Job
from tests.audit.growing import grow, happen, leaves, sign_as_worker
from tests.ledger import events
from tests.statements import counted


def signers() -> list[str]:
    """Those of the known keys that signed the newest checkpoint, in hexadecimal."""
    return [key.id.hex() for key in Note.parse(latest().note).signers(keys.public_keys())]


def test_the_first_leaves_are_signed_at_once_under_the_hosts_name(app, key):
    grow(5)
    signed = sign_as_worker()
    assert signed.tree_size == 5
    assert signed.root == root([leaf.leaf_hash for leaf in leaves()])
    assert current_origin().origin == "localhost/portal-1"
    assert signers() == [signed.key_id]


def test_without_new_leaves_nothing_is_signed(app, key):
    assert sign_as_worker() is None
    grow(1)
    sign_as_worker()
    with clock.standing_at(clock.now() + timedelta(days=1)):
        assert sign_as_worker() is None


def test_new_leaves_wait_for_a_minute_or_a_thousand(app, key, monkeypatch):
    monkeypatch.setattr(checkpoints, "AT_LEAST_EVERY", 10)
    grow(1)
    sign_as_worker()
    grow(9)
    assert sign_as_worker() is None
    with clock.standing_at(clock.now() + timedelta(seconds=60)):
        assert sign_as_worker().tree_size == 10
    grow(10)
    assert sign_as_worker().tree_size == 20


def test_without_a_key_the_root_is_kept_unsigned(app, own_files):
    grow(1)
    signed = sign_as_worker()
    assert signed.key_id is None
    assert Note.parse(signed.note).signatures == ()


def test_an_open_key_file_signs_nothing(app, key):
    keys.settings().audit_key_file.chmod(0o640)
    grow(1)
    with pytest.raises(keys.UnusableKeyFile, match="chmod 600"):
        sign_as_worker()
    assert latest() is None


def test_a_key_file_of_something_else_signs_nothing(app, key):
    keys.settings().audit_key_file.write_text("c2hvcnQ=\n")
    with pytest.raises(keys.UnusableKeyFile, match="32 bytes"):
        keys.seeds()


def test_the_next_checkpoint_after_a_rotation_is_signed_by_both_keys(app, key):
    grow(1)
    old = sign_as_worker().key_id
    new = rotate_key(by=SYSTEM, origin=current_origin()).id.hex()
    db.session.commit()  # a critical event: its leaf comes with it
    sign_as_worker(after=timedelta(minutes=1))
    assert signers() == [new, old]
    grow(1)
    sign_as_worker(after=timedelta(minutes=2))
    assert signers() == [new]
    assert events(Action.AUDIT_KEY_ROTATED)[0].target_label == str(keys.public_keys()[0])


def test_a_new_key_that_the_log_does_not_know_yet_signs_nothing(app, key):
    """As after a rotation that was killed between the file and the event."""
    grow(1)
    old = sign_as_worker().key_id
    keys.add_seed()
    grow(1)
    sign_as_worker(after=timedelta(minutes=1))
    assert signers() == [old]


def test_a_rotation_that_was_killed_is_ended_by_the_next(app, key):
    grow(1)
    sign_as_worker()
    keys.add_seed()
    half = keys.public_keys()[0]
    assert rotate_key(by=SYSTEM, origin=current_origin()) == half
    assert len(keys.seeds()) == 2
    db.session.commit()
    assert rotate_key(by=SYSTEM, origin=current_origin()) != half
    assert len(keys.seeds()) == 3


def test_without_a_key_none_is_rotated(app, own_files):
    with pytest.raises(NoKeyYet):
        rotate_key(by=SYSTEM, origin=current_origin())


def test_a_signature_queues_its_way_out(app, key):
    grow(1)
    sign_as_worker()
    kinds = set(db.session.scalars(sa.select(Job.kind)))
    assert "audit.anchor_file" in kinds
    assert "audit.anchor_webhook" not in kinds


def test_looking_whether_anything_is_due_costs_one_query(app):
    grow(3)
    with counted() as statements:
        found = progress()
    assert (found.is_waiting, found.size, found.is_checkpoint_due) == (False, 3, True)
    assert len(statements) == 1


def test_signing_costs_the_same_queries_whatever_the_size_of_the_tree(app, key):
    costs = []
    for size, minutes in ((3, 0), (600, 2), (300, 4)):
        happen(size)
        sequence_all()
        with (
            counted() as statements,
            clock.standing_at(clock.now() + timedelta(minutes=minutes)),
        ):
            assert sign_due() is not None
        costs.append(len(statements))
        db.session.commit()
    assert costs[1] == costs[2]


def test_every_checkpoint_stays(app, key):
    for minutes in range(3):
        grow(1)
        sign_as_worker(after=timedelta(minutes=minutes))
    assert list(db.session.scalars(sa.select(SignedTree.tree_size))) == [1, 2, 3]
