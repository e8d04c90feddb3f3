"""Whatever is done to a bundle, the verifier says what it was and where.

Each forger here is a careful one, who also adapts the hashes in the manifest.
"""

import base64
import io
import json
import zipfile

import pytest

from portal.audit.exports import ExportKind
from portal.audit.merkle import leaf_hash
from portal.audit.notes import Checkpoint, Note, SignerKey
from tests.audit.bundling import bundle_of, check, files_of, lines_of, rebuilt, run
from tests.audit.growing import happen
from tests.audit.sealed import FORGER, ORIGIN, SIGNER, seal

SHOWN = [3, 4, 5, 6, 7]
"""The leaves of the events that a filter finds."""
ANOTHER = b'{"action":"forged"}\n'


@pytest.fixture(params=list(ExportKind))
def bundle(request, ledger):
    return bundle_of(request.param, action="demo.seeded")


def shown(bundle):
    """The leaf of the first event in the bundle, and its lines."""
    rows = [json.loads(line) for line in lines_of(bundle, "index.jsonl")]
    return [row["index"] for row in rows if "line" in row], lines_of(bundle)


def test_one_byte_of_an_event(bundle, tmp_path):
    leaves, lines = shown(bundle)
    lines[2] = lines[2].replace(b"system", b"sXstem", 1)
    found = check(tmp_path, rebuilt(bundle, events_jsonl=b"".join(lines)))
    assert (found.code, found.kinds, found.leaves("modified")) == (1, {"modified"}, [leaves[2]])


@pytest.mark.parametrize("place", [0, 2, -1])
def test_an_event_taken_out(bundle, tmp_path, place):
    leaves, lines = shown(bundle)
    del lines[place]
    found = check(tmp_path, rebuilt(bundle, events_jsonl=b"".join(lines)))
    assert (found.code, found.leaves("missing")) == (1, [leaves[place]])
    assert found.kinds == {"missing"}


def test_two_events_swapped(bundle, tmp_path):
    leaves, lines = shown(bundle)
    lines[1], lines[2] = lines[2], lines[1]
    found = check(tmp_path, rebuilt(bundle, events_jsonl=b"".join(lines)))
    assert (found.code, found.kinds, found.leaves("reordered")) == (1, {"reordered"}, [leaves[1]])


@pytest.mark.parametrize("place", [0, 2, 99])
def test_an_event_added(bundle, tmp_path, place):
    lines = lines_of(bundle)
    lines.insert(place, ANOTHER)
    found = check(tmp_path, rebuilt(bundle, events_jsonl=b"".join(lines)))
    assert (found.code, found.kinds) == (1, {"inserted"})
    assert found.faults[0]["line"] == min(place, len(lines) - 1) + 1


def test_an_event_told_twice(bundle, tmp_path):
    lines = lines_of(bundle)
    found = check(tmp_path, rebuilt(bundle, events_jsonl=b"".join([*lines, lines[0]])))
    assert (found.code, found.kinds) == (1, {"inserted"})


def index(bundle, change):
    """The bundle with its index rows as `change` leaves them."""
    rows = [json.loads(line) for line in lines_of(bundle, "index.jsonl")]
    change([row for row in rows if "line" in row])
    content = b"".join(json.dumps(row).encode() + b"\n" for row in rows if row)
    return rebuilt(bundle, index_jsonl=content)


def test_an_event_changed_together_with_its_hash(bundle, tmp_path):
    lines = lines_of(bundle)
    lines[2] = ANOTHER
    text = base64.b64encode(leaf_hash(ANOTHER[:-1])).decode()
    forged = index(bundle, lambda rows: rows[2].update(hash=text))
    found = check(tmp_path, rebuilt(forged, events_jsonl=b"".join(lines)))
    assert (found.code, found.kinds) == (1, {"bad_proof"})


def test_an_index_changed(bundle, tmp_path):
    leaves, _ = shown(bundle)
    found = check(tmp_path, index(bundle, lambda rows: rows[-1].update(index=leaves[-1] + 1)))
    assert found.code == 1
    assert found.kinds <= {"missing", "bad_proof", "modified", "reordered", "inserted"}
    assert any(fault.get("leaf_index") is not None for fault in found.faults)


def test_an_index_beyond_the_tree(bundle, tmp_path):
    found = check(tmp_path, index(bundle, lambda rows: rows[-1].update(index=10**6)))
    assert (found.code, found.leaves("inserted")) == (1, [10**6])


def test_two_rows_of_the_index_swapped(bundle, tmp_path):
    def swap(rows):
        one, two = dict(rows[1]), dict(rows[2])
        rows[1].update(two)
        rows[2].update(one)

    found = check(tmp_path, index(bundle, swap))
    assert found.code == 1
    assert "reordered" in found.kinds


def test_a_row_and_its_event_taken_out_of_a_range(ledger, tmp_path):
    bundle = bundle_of(ExportKind.RANGE)
    lines = lines_of(bundle)
    del lines[4]
    forged = index(bundle, lambda rows: rows[4].clear())
    found = check(tmp_path, rebuilt(forged, events_jsonl=b"".join(lines)))
    assert (found.code, found.leaves("missing")) == (1, [4])


def test_an_event_of_a_full_range_made_a_bare_hash(ledger, tmp_path):
    bundle = bundle_of(ExportKind.RANGE)
    lines = lines_of(bundle)
    del lines[4]
    forged = index(bundle, lambda rows: rows[4].pop("line"))
    found = check(tmp_path, rebuilt(forged, events_jsonl=b"".join(lines)))
    assert (found.code, found.leaves("missing")) == (1, [4])


def test_a_proof_changed(ledger, tmp_path):
    bundle = bundle_of(ExportKind.SELECTION, action="demo.seeded")
    found = check(tmp_path, index(bundle, lambda rows: rows[1]["proof"].reverse()))
    assert (found.code, found.leaves("bad_proof")) == (1, [SHOWN[1]])
    found = check(tmp_path, index(bundle, lambda rows: rows[1]["proof"].pop()))
    assert (found.code, found.leaves("bad_proof")) == (1, [SHOWN[1]])


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_edge_changed(ledger, tmp_path, side):
    bundle = bundle_of(ExportKind.RANGE, first=4, last=9)
    head, *rows = lines_of(bundle, "index.jsonl")
    edges = json.loads(head)
    for change in ([*edges[side], edges[side][0]], edges[side][1:], ["AAAA", *edges[side][1:]]):
        forged = json.dumps({**edges, side: change}).encode() + b"\n" + b"".join(rows)
        found = check(tmp_path, rebuilt(bundle, index_jsonl=forged))
        assert (found.code, found.kinds) == (1, {"bad_proof"})


def test_an_index_without_a_line(ledger, tmp_path):
    found = check(tmp_path, rebuilt(bundle_of(ExportKind.RANGE), index_jsonl=b""))
    assert (found.code, "modified" in found.kinds) == (1, True)


@pytest.mark.parametrize(("line", "name"), [(0, "first"), (0, "end"), (2, "index")])
def test_a_number_without_an_end(ledger, tmp_path, line, name):
    lines = lines_of(bundle := bundle_of(ExportKind.RANGE, first=4, last=9), "index.jsonl")
    said = f'"{name}": {json.loads(lines[line])[name]}'.encode()
    lines[line] = json.dumps(json.loads(lines[line])).encode().replace(said, said + b"e999") + b"\n"
    found = check(tmp_path, rebuilt(bundle, index_jsonl=b"".join(lines)))
    assert (found.code, "modified" in found.kinds) == (1, True)


def test_a_checkpoint_of_another_tree(bundle, tmp_path):
    size = Note.parse(files_of(bundle)["checkpoint.txt"].decode()).checkpoint.size
    note = Checkpoint(ORIGIN, size, bytes(32)).signed_by([SIGNER])
    found = check(tmp_path, rebuilt(bundle, checkpoint_txt=note.encode()))
    assert (found.code, found.kinds) == (1, {"bad_proof"})


def test_a_checkpoint_that_was_changed_after_it_was_signed(bundle, tmp_path):
    text = files_of(bundle)["checkpoint.txt"].replace(b"\n14\n", b"\n15\n")
    found = check(tmp_path, rebuilt(bundle, checkpoint_txt=text))
    assert "bad_signature" in found.kinds


def test_everything_signed_again_with_another_key(bundle, tmp_path):
    checkpoint = Note.parse(files_of(bundle)["checkpoint.txt"].decode()).checkpoint
    forged = rebuilt(bundle, checkpoint_txt=checkpoint.signed_by([FORGER]).encode())
    found = check(tmp_path, forged)
    assert (found.code, found.kinds) == (1, {"bad_signature"})


def test_the_key_of_another_log_checks_nothing(bundle, tmp_path):
    stranger = SignerKey("another.example/log", bytes(32))
    found = check(tmp_path, bundle, key=str(stranger.verifier))
    assert (found.code, found.faults) == (3, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("events", 4),
        ("leaves", 4),
        ("first", 1),
        ("last", 99),
        ("tree_size", 13),
        ("origin", "another.example"),
        ("completeness", "complete"),
        ("query", {}),
        ("exported_by", {"label": "nobody"}),
        ("exported_at", "2026-01-01T00:00:00.000000Z"),
    ],
)
def test_a_statement_of_the_manifest_changed(ledger, tmp_path, name, value):
    bundle = bundle_of(ExportKind.SELECTION, action="demo.seeded")
    found = check(tmp_path, rebuilt(bundle, adapted=False, said={name: value}))
    assert (found.code, found.kinds) == (1, {"modified"})
    assert name in found.faults[0]["message"]


@pytest.mark.parametrize("kind", ["range", "range_with_hashes", "no such"])
def test_a_selection_that_calls_itself_complete(ledger, tmp_path, kind):
    bundle = bundle_of(ExportKind.SELECTION, action="demo.seeded")
    said = {"kind": kind, "completeness": "complete: every event of these leaves is here"}
    assert check(tmp_path, rebuilt(bundle, said=said)).code == 1


def test_the_record_of_another_export(ledger, tmp_path):
    bundle = bundle_of(ExportKind.SELECTION, action="demo.seeded")
    order = json.loads(files_of(bundle)["export.json"])
    order["line"] = order["line"].replace("demo.seeded", "x")
    found = check(tmp_path, rebuilt(bundle, export_json=json.dumps(order).encode()))
    assert (found.code, found.kinds) == (1, {"bad_proof"})


@pytest.mark.parametrize(
    "name", ["events.jsonl", "index.jsonl", "checkpoint.txt", "manifest.json", "README.txt"]
)
def test_a_file_missing(bundle, tmp_path, name):
    found = check(tmp_path, rebuilt(bundle, adapted=False, **{name.replace(".", "_"): None}))
    assert (found.code, found.kinds) == (1, {"missing"})
    assert found.faults[0]["file"] == name


@pytest.mark.parametrize("name", ["events.csv", "README.txt", "verify.py"])
def test_a_file_changed_without_its_hash(bundle, tmp_path, name):
    forged = rebuilt(bundle, adapted=False, **{name.replace(".", "_"): b"other"})
    found = check(tmp_path, forged)
    assert (found.code, [fault.get("file") for fault in found.faults]) == (1, [name])


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "C:evil", "a\\b", ".hidden"])
def test_a_name_that_leads_out_of_the_folder(bundle, tmp_path, name):
    stream = io.BytesIO(bundle)
    with zipfile.ZipFile(stream, "a") as file:
        file.writestr(name, b"evil")
    found = check(tmp_path, stream.getvalue())
    assert (found.code, found.kinds) == (1, {"unsafe_name"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle.zip", "verify.py"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["more.txt", "events.jsonl"])
def test_a_file_that_nobody_listed_or_a_second_one_of_a_name(bundle, tmp_path, name):
    stream = io.BytesIO(bundle)
    with zipfile.ZipFile(stream, "a") as file:
        file.writestr(name, b"more")
    assert "inserted" in check(tmp_path, stream.getvalue()).kinds


def test_a_broken_zip(bundle, tmp_path):
    at = bundle.index(b"events.jsonl") + 40
    damaged = bundle[:at] + bytes([bundle[at] ^ 255]) + bundle[at + 1 :]
    found = check(tmp_path, damaged)
    assert (found.code, found.kinds) == (1, {"modified"})
    assert check(tmp_path, b"no zip").code == 2


def test_a_log_that_was_rewritten_since_the_old_checkpoint(ledger, tmp_path):
    old = seal()
    happen(3)
    bundle = bundle_of(ExportKind.RANGE, since=old.tree_size)
    forged = Checkpoint(ORIGIN, old.tree_size, bytes(32)).signed_by([SIGNER])
    (tmp_path / "old.txt").write_text(forged)
    found = check(tmp_path, bundle, "--since", str(tmp_path / "old.txt"))
    assert (found.code, found.kinds) == (1, {"rollback"})


@pytest.mark.parametrize(("size", "root"), [(99, bytes(32)), (14, bytes(32))])
def test_a_log_that_was_longer_or_another_one_of_this_length(bundle, tmp_path, size, root):
    (tmp_path / "old.txt").write_text(Checkpoint(ORIGIN, size, root).signed_by([SIGNER]))
    found = check(tmp_path, bundle, "--since", str(tmp_path / "old.txt"))
    assert (found.code, found.kinds) == (1, {"rollback"})


def test_a_log_that_took_another_name(bundle, tmp_path):
    (tmp_path / "old.txt").write_text(Checkpoint("other", 3, bytes(32)).signed_by([]))
    found = check(tmp_path, bundle, "--since", str(tmp_path / "old.txt"))
    assert (found.code, found.kinds) == (1, {"rollback"})


@pytest.mark.parametrize("words", [("--nonsense",), ("/no/such/file",), ("--pubkey", "a+b+c")])
def test_wrong_usage_ends_with_two(tmp_path, words):
    assert run(tmp_path, *words).code == 2
