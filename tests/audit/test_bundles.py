"""A bundle is checked by a stranger with nothing but Python, and proves what it says it proves."""

import io
import json
import zipfile

import pytest

from portal.audit import bundle_rows
from portal.audit.actions import Action
from portal.audit.exports import CannotExport, ExportKind
from portal.core.database import db
from tests.audit.bundling import MO, bundle_of, check, files_of, lines_of, manifest_of, run
from tests.audit.growing import happen
from tests.audit.sealed import SIGNER, seal
from tests.ledger import events

NAMES = [
    "checkpoint.txt",
    "export.json",
    "events.jsonl",
    "index.jsonl",
    "events.csv",
    "verify.py",
    "README.txt",
    "manifest.json",
]


@pytest.fixture
def ledger(app):
    """Twelve events of one kind between others."""
    happen(5)
    happen(12, action=Action.DEMO_SEEDED)
    happen(20)
    return app


@pytest.mark.parametrize("kind", ExportKind)
def test_a_whole_bundle_passes(ledger, tmp_path, kind):
    found = check(tmp_path, bundle_of(kind, action="demo.seeded"))
    assert (found.code, found.faults, found.answer["unchecked"]) == (0, [], [])
    assert found.answer["remarks"] == []


@pytest.mark.parametrize(
    ("kind", "events", "leaves"),
    [
        (ExportKind.SELECTION, 12, 12),
        (ExportKind.RANGE, 37, 37),
        (ExportKind.RANGE_WITH_HASHES, 12, 37),
    ],
)
def test_each_kind_has_what_it_promises(ledger, kind, events, leaves):
    bundle = bundle_of(kind, action="demo.seeded")
    manifest = manifest_of(bundle)
    assert (manifest["events"], manifest["leaves"]) == (events, leaves)
    assert len(lines_of(bundle)) == events
    assert list(files_of(bundle)) == NAMES


def test_a_filtered_bundle_says_that_it_proves_no_completeness(ledger):
    files = files_of(bundle_of(ExportKind.SELECTION, action="demo.seeded"))
    sentence = "filtered: completeness not provable"
    assert json.loads(files["manifest.json"])["completeness"] == sentence
    assert sentence in files["README.txt"].decode()


@pytest.mark.parametrize(
    ("first", "last"), [(0, 0), (0, 36), (36, 36), (1, 35), (7, 8), (16, 31), (5, 16)]
)
def test_a_range_passes_wherever_it_lies(ledger, tmp_path, first, last):
    bundle = bundle_of(ExportKind.RANGE, first=first, last=last)
    assert len(lines_of(bundle)) == last - first + 1
    assert check(tmp_path, bundle).code == 0


def test_hashes_alone_keep_the_others_private(ledger, tmp_path):
    bundle = bundle_of(ExportKind.RANGE_WITH_HASHES, action="demo.seeded")
    assert b"backup.made" not in files_of(bundle)["events.jsonl"]
    assert check(tmp_path, bundle).answer["manifest"]["leaves"] == 37


def test_a_bundle_in_which_everything_fits_is_a_full_range(ledger):
    assert manifest_of(bundle_of(ExportKind.RANGE_WITH_HASHES))["kind"] == "range"


def test_a_selection_of_nothing_is_empty_and_passes(ledger, tmp_path):
    bundle = bundle_of(ExportKind.SELECTION, action="staff.invited")
    assert lines_of(bundle) == []
    assert check(tmp_path, bundle).code == 0


def test_the_order_is_an_event_of_its_own_bundle(ledger):
    manifest = manifest_of(bundle_of(ExportKind.SELECTION, action="demo.seeded", since=4))
    (event,) = events(Action.AUDIT_EXPORTED)
    body = json.loads(event.canonical)
    assert body["meta"]["query"] == manifest["query"]
    assert manifest["query"] == {"action": "demo.seeded", "zone": "UTC", "since": 4}
    assert (body["actor"], event.id) == (manifest["exported_by"], manifest["export_event"])
    assert (body["meta"]["leaves"], body["actor"]["label"]) == (12, MO.label)


def test_a_log_without_a_key_gives_a_bundle_that_says_it_is_not_signed(ledger, tmp_path):
    found = check(tmp_path, bundle_of(ExportKind.SELECTION, key=None))
    assert (found.code, found.faults) == (3, [])
    assert "not signed" in found.answer["unchecked"][0]


def test_without_a_key_the_signature_is_not_checked_and_the_verifier_says_so(ledger, tmp_path):
    found = check(tmp_path, bundle_of(), key=None)
    assert (found.code, found.faults) == (3, [])


def test_the_key_may_stand_in_a_file_among_others(ledger, tmp_path):
    keys = tmp_path / "keys.txt"
    keys.write_text(f"{SIGNER.verifier}\n")
    assert check(tmp_path, bundle_of(), key=str(keys)).code == 0


def test_an_unpacked_bundle_is_checked_where_it_lies(ledger, tmp_path):
    with zipfile.ZipFile(io.BytesIO(bundle_of())) as file:
        file.extractall(tmp_path)
    found = run(tmp_path, "--pubkey", str(SIGNER.verifier))
    assert found.code == 0
    assert "complete: every event of these leaves is here\nwhole\n" in found.text


def test_the_log_continues_the_checkpoint_that_somebody_has(ledger, tmp_path):
    for _ in range(3):
        happen()
        old = seal()
        note, size = old.note, old.tree_size
        (tmp_path / "old.txt").write_text(note)
        happen(3)
        bundle = bundle_of(ExportKind.SELECTION, action="demo.seeded", since=size)
        assert check(tmp_path, bundle, "--since", str(tmp_path / "old.txt")).code == 0


def test_without_a_proof_from_the_old_size_the_verifier_asks_for_one(ledger, tmp_path):
    old = seal()
    (tmp_path / "old.txt").write_text(old.note)
    size = old.tree_size
    happen()
    for bundle in (bundle_of(), bundle_of(since=size - 1)):
        found = check(tmp_path, bundle, "--since", str(tmp_path / "old.txt"))
        assert found.code == 3
        assert f"--since {size}" in found.answer["unchecked"][0]


def test_the_table_is_marked_and_runs_no_formula(app):
    happen(reason="=HYPERLINK(1)")
    table = files_of(bundle_of())["events.csv"].decode()
    assert table.startswith("Not evidence")
    assert ",'=HYPERLINK(1)," in table


def test_the_same_content_gives_the_same_bytes(ledger):
    one, two = files_of(bundle_of(first=0, last=9)), files_of(bundle_of(first=0, last=9))
    for name in ("events.jsonl", "events.csv", "verify.py"):
        assert one[name] == two[name]
    with zipfile.ZipFile(io.BytesIO(bundle_of())) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    "asked", [{"first": 9, "last": 3}, {"last": 99}, {"since": 99}, {"action": "no.such"}]
)
def test_what_cannot_be_understood_is_refused(ledger, asked):
    with pytest.raises(CannotExport):
        bundle_of(**asked)
    db.session.rollback()
    assert events(Action.AUDIT_EXPORTED) == []


def test_a_period_without_events_is_refused(ledger):
    with pytest.raises(CannotExport, match="Nothing happened"):
        bundle_of(until="2001-01-01")


def test_what_fits_is_looked_for_in_parts(ledger, monkeypatch):
    monkeypatch.setattr(bundle_rows, "INDEXES_AT_ONCE", 5)
    monkeypatch.setattr(bundle_rows, "AT_ONCE", 7)
    manifest = manifest_of(bundle_of(ExportKind.SELECTION))
    assert (manifest["events"], manifest["first"], manifest["last"]) == (37, 0, 36)
