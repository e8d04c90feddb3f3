"""`flask audit ...`: what it prints, and how it ends."""

import pytest

from portal.audit.keys import public_keys
from portal.audit.notes import Note, VerifierKey
from portal.audit.origins import current_origin
from tests.audit.growing import grow, happen, leaves, sign_as_worker


@pytest.fixture
def audit(app, own_files):
    runner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=["audit", *words])


def test_init_prints_the_public_key_alone(audit):
    answer = audit("init", "--origin", "audit.example.com/portal-1")
    assert answer.exit_code == 0
    key = VerifierKey.parse(answer.stdout)
    assert key.name == "audit.example.com/portal-1"
    assert audit("key").stdout == answer.stdout


def test_init_never_replaces_a_key(audit):
    audit("init")
    before = public_keys()
    answer = audit("init")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "not replaced" in answer.stderr
    assert public_keys() == before


def test_the_name_of_a_log_that_was_never_signed_can_still_be_chosen(audit):
    grow(1)
    sign_as_worker()
    assert audit("init", "--origin", "chosen").exit_code == 0
    assert current_origin().origin == "chosen"


def test_the_name_of_a_signed_log_is_kept_even_when_its_key_is_lost(audit, own_files):
    audit("init")
    grow(1)
    sign_as_worker()
    own_files.audit_key_file.unlink()
    assert audit("init", "--origin", "other").exit_code == 1
    assert audit("init").exit_code == 0
    assert current_origin().origin == "localhost/portal-1"


def test_a_bad_name_makes_no_key(audit, own_files):
    assert audit("init", "--origin", "two words").exit_code == 1
    assert not own_files.audit_key_file.exists()


def test_without_a_key_none_is_printed(audit):
    answer = audit("key")
    assert (answer.exit_code, answer.stdout) == (1, "")


def test_sequence_gives_every_leaf(audit):
    happen(3)
    assert audit("sequence").exit_code == 0
    assert len(leaves()) == 3


def test_checkpoint_prints_what_it_signed(audit):
    happen(3)
    answer = audit("checkpoint")
    note = Note.parse(answer.stdout)
    assert (answer.exit_code, note.checkpoint.size) == (0, 3)
    assert note.signers(public_keys())
    assert audit("checkpoint").stdout == answer.stdout


def test_an_empty_log_has_no_checkpoint(audit):
    answer = audit("checkpoint")
    assert (answer.exit_code, answer.stdout) == (1, "")


def test_rotate_key_prints_the_new_one(audit):
    old = audit("init").stdout
    happen(1)
    audit("checkpoint")
    new = audit("rotate-key").stdout
    assert audit("key").stdout == new + old
    assert len(Note.parse(audit("checkpoint").stdout).signatures) == 2


def test_rotate_key_needs_a_key(audit):
    assert audit("rotate-key").exit_code == 1


def test_fork_accept_needs_a_fork_and_a_reason(audit):
    assert audit("fork-accept").exit_code == 2
    assert audit("fork-accept", "--reason", "Restored it.").exit_code == 1
