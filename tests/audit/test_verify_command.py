"""`flask audit verify`: what it prints, and how it ends."""

import json
from pathlib import Path

import pytest

from portal.audit.anchor_file import append
from portal.audit.notes import Checkpoint
from tests.audit.dba import tamper
from tests.audit.growing import grow, happen
from tests.audit.sealed import FORGER, ORIGIN, SIGNER, event_at, sign


@pytest.fixture
def run(own_app, tmp_path):
    """The command on a ledger of ten signed events, with a file of the trusted key."""
    (tmp_path / "keys").write_text(f"# of the tests\n{SIGNER.verifier}\n\n")
    with own_app.app_context():
        grow(10)
        sign()

    def invoke(*arguments: str, key: str | None = "keys"):
        trusted = ["--pubkey", str(tmp_path / key)] if key else []
        return own_app.test_cli_runner().invoke(args=["audit", "verify", *trusted, *arguments])

    return invoke


def test_a_whole_log_ends_with_0(run):
    result = run()
    assert result.exit_code == 0
    first = result.stdout.splitlines()[0]
    assert first == "The audit log is whole. 10 leaves, 10 signed, 10 events read."


def test_a_changed_log_ends_with_1_and_says_where(run, own_app):
    with own_app.app_context():
        event_id = event_at(4)
        tamper("UPDATE audit_events SET actor_label = 'Mo' WHERE id = :id", id=event_id)
    result = run()
    assert result.exit_code == 1
    assert f"column_mismatch  leaf 4  event {event_id}" in result.stdout


def test_json_is_one_document(run, own_app):
    with own_app.app_context():
        event_id = event_at(4)
        tamper("DELETE FROM audit_events WHERE id = :id", id=event_id)
    result = run("--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["exit_code"], document["tree_size"]) == (1, 1, 10)
    assert document["faults"][0]["kind"] == "missing"
    assert document["faults"][0]["leaf_index"] == 4
    assert document["faults"][0]["event_id"] == event_id


def test_at_most_so_many_faults_are_listed(run, own_app):
    with own_app.app_context():
        tamper("UPDATE audit_events SET actor_label = 'Mo'")
    document = json.loads(run("--json", "--max-errors", "3").stdout)
    assert [fault["leaf_index"] for fault in document["faults"]] == [0, 1, 2]
    assert "Stopped at leaf 3: there is too much wrong to go on." in document["notes"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("absent", None), ("empty", ""), ("other", "no key"), ("binary", b"\xff\xfe")],
)
def test_a_key_file_that_is_none_ends_with_2(run, tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    result = run(key=name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert str(tmp_path / name) in result.stderr


@pytest.mark.parametrize("arguments", [("--since", "7"), ("--since", "x"), ("--nonsense",)])
def test_wrong_usage_ends_with_2(run, arguments):
    assert run(*arguments).exit_code == 2


def test_without_any_key_it_ends_with_3(run):
    result = run(key=None)
    assert result.exit_code == 3
    assert "There is no public key to check signatures with." in result.stdout


def test_a_key_of_somebody_else_shows_the_forgery(run, tmp_path):
    (tmp_path / "forger").write_text(str(FORGER.verifier))
    assert run(key="forger").exit_code == 1


def test_going_on_from_a_checkpoint(run, own_app):
    with own_app.app_context():
        grow(5)
        sign()
    result = run("--since", "10")
    assert result.exit_code == 0
    assert "15 leaves, 15 signed, 5 events read." in result.stdout


def test_an_anchor_of_more_leaves_is_a_rollback(run, tmp_path):
    anchors = Path(tmp_path / "anchors")
    append(anchors, [Checkpoint(ORIGIN, 12, bytes(32)).signed_by([SIGNER])])
    result = run("--anchor", str(anchors))
    assert result.exit_code == 1
    assert "rollback  leaf 10" in result.stdout


def test_one_note_alone_is_an_anchor_too(run, tmp_path):
    (tmp_path / "note").write_text(Checkpoint(ORIGIN, 12, bytes(32)).signed_by([SIGNER]))
    assert "rollback" in run("--anchor", str(tmp_path / "note")).stdout
    (tmp_path / "note").write_text("no note")
    assert run("--anchor", str(tmp_path / "note")).exit_code == 2


@pytest.fixture
def shell(own_app):
    """The commands on a log that this machine signs itself."""
    with own_app.app_context():
        happen(5)

    def invoke(*arguments: str):
        return own_app.test_cli_runner().invoke(args=["audit", *arguments])

    assert invoke("init").exit_code == 0
    assert invoke("checkpoint").exit_code == 0
    return invoke


def test_this_machines_own_key_serves_where_none_is_named(shell):
    result = shell("verify")
    assert result.exit_code == 0
    assert "6 leaves, 6 signed" in result.stdout
    assert "the public half of this machine's own" in result.stdout


def test_whoever_has_the_old_key_alone_is_told_of_the_new_one(shell, own_app, tmp_path):
    (tmp_path / "old").write_text(shell("key").stdout)
    new = shell("rotate-key").stdout.strip()
    assert shell("checkpoint").exit_code == 0
    with own_app.app_context():
        happen(1)
    assert shell("checkpoint").exit_code == 0
    assert shell("verify").exit_code == 0
    with_old = shell("verify", "--pubkey", str(tmp_path / "old"))
    assert with_old.exit_code == 3
    assert f"If you believe it, add: {new}" in with_old.stdout
