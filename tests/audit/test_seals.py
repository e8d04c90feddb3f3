"""What a checkpoint's signature is worth, and what the proof of an event says of it."""

import pytest
import sqlalchemy as sa

from portal.audit.keys import add_seed, signers
from portal.audit.models import Leaf, SignedTree
from portal.audit.seals import Seal, seal_of
from portal.core.database import db
from tests.audit.growing import grow
from tests.audit.sealed import FORGER, ORIGIN, keep, present


@pytest.fixture
def rightly_signed(key):
    grow(5)
    keep(present(), *signers(ORIGIN))
    return db.session.scalars(sa.select(SignedTree)).one()


def signed(key, *keys):
    grow(5)
    keep(present(), *keys)
    return db.session.scalars(sa.select(SignedTree)).one()


def test_our_own_key_is_recognised(rightly_signed):
    assert seal_of(rightly_signed) is Seal.VERIFIED


def test_an_older_key_that_is_still_here_counts(rightly_signed):
    add_seed()
    assert seal_of(rightly_signed) is Seal.VERIFIED


def test_without_signature_it_is_unsigned(key):
    assert seal_of(signed(key)) is Seal.UNSIGNED


def test_a_key_that_is_not_here_is_unknown(key):
    assert seal_of(signed(key, FORGER)) is Seal.UNKNOWN_KEY


def test_without_a_usable_key_file_every_key_is_unknown(rightly_signed, key):
    key.audit_key_file.chmod(0o644)
    assert seal_of(rightly_signed) is Seal.UNKNOWN_KEY
    key.audit_key_file.unlink()
    assert seal_of(rightly_signed) is Seal.UNKNOWN_KEY


def changed(row, **values):
    known = {name: getattr(row, name) for name in ("tree_size", "root", "note", "key_id")}
    return SignedTree(**{**known, **values})


@pytest.mark.parametrize(
    "values", [{"tree_size": 4}, {"root": bytes(32)}, {"note": "nothing"}, {"note": ""}]
)
def test_a_note_that_speaks_of_another_tree_is_bad(rightly_signed, values):
    assert seal_of(changed(rightly_signed, **values)) is Seal.BAD


def test_a_wrong_signature_is_bad(rightly_signed):
    head, _, foot = rightly_signed.note.rpartition(" ")
    forged = f"{head} {foot[:20]}{'A' if foot[20] != 'A' else 'B'}{foot[21:]}"
    assert seal_of(changed(rightly_signed, note=forged)) is Seal.BAD


def proof_page(client):
    event = db.session.scalar(sa.select(Leaf.event_id).order_by(Leaf.leaf_index).limit(1))
    return " ".join(client.soup(f"/audit/events/{event}/proof").select_one("#proof").text.split())


def test_the_proof_says_that_the_signature_was_checked(mo_client, rightly_signed):
    assert f"{rightly_signed.key_id}, which was checked" in proof_page(mo_client)


def test_the_proof_says_that_the_key_is_not_here(mo_client, key):
    signed(key, FORGER)
    text = proof_page(mo_client)
    assert "Verified." in text
    assert "which is not here to check it" in text


def test_a_bad_signature_is_no_proof(mo_client, key):
    grow(5)
    checkpoint = present()
    note = checkpoint.signed_by(signers(ORIGIN)).replace("\n5\n", "\n6\n")
    values = {"tree_size": checkpoint.size, "root": checkpoint.root, "key_id": "d38c7771"}
    at = sa.func.current_timestamp()
    db.session.execute(sa.insert(SignedTree).values(note=note, created_at=at, **values))
    db.session.commit()
    text = proof_page(mo_client)
    assert "The checkpoint is not one." in text
    assert "Verified." not in text
