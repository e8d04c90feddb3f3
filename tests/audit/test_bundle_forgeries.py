"""Bundles that were made anew by somebody who has the log: what they leave out, and what they
would have the auditor's screen say.
"""

import base64
import io
import json
import zipfile

import pytest

from portal.audit.exports import ExportKind
from portal.audit.proof_walker import ProofWalker
from tests.audit.bundling import bundle_of, check, files_of, manifest_of, rebuilt, run
from tests.audit.sealed import SIGNER


def shorter(bundle, leaves):
    """The last leaves taken out of a selection, and everything but the log's event adapted."""
    files = files_of(bundle)
    lines = files["events.jsonl"].splitlines(keepends=True)[:-leaves]
    rows = files["index.jsonl"].splitlines(keepends=True)[:-leaves]
    last = json.loads(rows[-1])["index"]
    said = {"events": len(lines), "leaves": len(rows), "last": last}
    return rebuilt(bundle, said=said, events_jsonl=b"".join(lines), index_jsonl=b"".join(rows))


def under_record_of(bundle, other):
    """The events of one export under the log's record of an earlier one, with its proof."""
    order, size = json.loads(files_of(other)["export.json"]), manifest_of(bundle)["tree_size"]
    proof = ProofWalker(size).proof(order["index"])
    order["proof"] = [base64.b64encode(step).decode() for step in proof]
    names = ("query", "exported_at", "exported_by", "export_event")
    said = {name: manifest_of(other)[name] for name in names}
    return rebuilt(bundle, said=said, export_json=json.dumps(order).encode())


def test_a_selection_that_holds_less_than_the_log_recorded(ledger, tmp_path):
    bundle = bundle_of(ExportKind.SELECTION, action="demo.seeded")
    found = check(tmp_path, shorter(bundle, 2))
    assert (found.code, found.kinds) == (1, {"missing"})
    assert "the log recorded 5 leaves, 3 to 7" in found.faults[0]["message"]


@pytest.mark.parametrize(("first", "last"), [(2, 6), (4, 9)])
def test_a_range_under_the_record_of_a_longer_one(ledger, tmp_path, first, last):
    long = bundle_of(ExportKind.RANGE, first=2, last=9)
    short = bundle_of(ExportKind.RANGE, first=first, last=last)
    found = check(tmp_path, under_record_of(short, long))
    assert (found.code, found.kinds) == (1, {"missing"})
    assert "the log recorded 8 leaves, 2 to 9" in found.faults[0]["message"]


def test_a_name_that_paints_over_the_verdict(ledger, tmp_path):
    stream = io.BytesIO(bundle_of(ExportKind.SELECTION, action="demo.seeded"))
    with zipfile.ZipFile(stream, "a") as file:
        file.writestr("x\x1b[2J\x1b[Hwhole\nwhole\u2028\x9b8m", b"")
    (tmp_path / "bundle.zip").write_bytes(stream.getvalue())
    found = run(tmp_path, "bundle.zip", "--pubkey", str(SIGNER.verifier))
    assert found.code == 1
    assert not any(c in found.text for c in "\x1b\x9b\u2028")
    assert "whole" not in found.text.splitlines()
