"""Whoever makes a bundle anew and hides events behind their hashes is found out, or told of."""

import json

import pytest

from portal.audit.exports import ExportKind
from portal.audit.offline.orders import order_faults
from tests.audit.bundling import bundle_of, check, files_of, lines_of, rebuilt

ANY_HASHES = "complete: every leaf is here, some as a bare hash"


def hiding(bundle, line, *, gone=None, **files):
    """One event out of a range, its hash left, and everything adapted that nobody signed."""
    lines = lines_of(bundle)
    del lines[line - 1]
    head, *rows = map(json.loads, lines_of(bundle, "index.jsonl"))
    shown = [row for row in rows if "line" in row]
    shown.pop(line - 1).pop("line")
    for number, row in enumerate(shown, 1):
        row["line"] = number
    for row in rows:
        if gone and "line" not in row:
            row["gone"] = gone
    index = b"".join(json.dumps(row).encode() + b"\n" for row in [head, *rows])
    said = {"kind": "range_with_hashes", "events": len(lines), "completeness": ANY_HASHES}
    return rebuilt(bundle, said=said, events_jsonl=b"".join(lines), index_jsonl=index, **files)


def test_an_event_of_a_whole_range(ledger, tmp_path):
    found = check(tmp_path, hiding(bundle_of(ExportKind.RANGE), 5))
    assert (found.code, found.kinds) == (1, {"missing"})
    assert "the log recorded 13 events, not 12" in found.faults[0]["message"]


def test_an_event_that_fits_among_bare_hashes(ledger, tmp_path):
    bundle = bundle_of(ExportKind.RANGE_WITH_HASHES, action="demo.seeded")
    found = check(tmp_path, hiding(bundle, 2))
    assert (found.code, found.kinds) == (1, {"missing"})
    assert "the log recorded 5 events, not 4" in found.faults[0]["message"]


def test_an_event_that_is_only_said_to_be_archived(ledger, tmp_path):
    found = check(tmp_path, hiding(bundle_of(ExportKind.RANGE), 5, gone="archived"))
    assert (found.code, found.faults) == (3, [])
    assert found.answer["unchecked"] == ["of the events, 1 are only said to be archived"]


def test_an_archive_that_the_log_does_not_know(ledger, tmp_path):
    bundle = bundle_of(ExportKind.RANGE)
    record = json.loads(files_of(bundle)["export.json"])
    meta = {"first_index": 0, "end_index": 13, "file": "x.zip"}
    record["line"] = json.dumps({"action": "audit.archived", "meta": meta})
    forged = hiding(
        bundle, 5, gone="archived", **{"archives.jsonl": json.dumps(record).encode() + b"\n"}
    )
    found = check(tmp_path, forged)
    assert (found.code, "bad_proof" in found.kinds) == (1, True)


def test_another_event_of_the_log_in_the_place_of_an_archive(ledger, tmp_path):
    bundle = bundle_of(ExportKind.RANGE)
    record = json.dumps(json.loads(files_of(bundle)["export.json"])).encode() + b"\n"
    found = check(tmp_path, rebuilt(bundle, **{"archives.jsonl": record}))
    assert (found.code, found.kinds) == (1, {"modified"})
    assert "no audit.archived" in found.faults[0]["message"]


def test_without_the_record_of_the_export_not_all_could_be_checked(ledger, tmp_path):
    bundle = bundle_of(ExportKind.SELECTION, action="demo.seeded")
    said = {"exported_by": {"label": "somebody else"}, "query": {"tenant": "7"}}
    found = check(tmp_path, rebuilt(bundle, said=said, export_json=None))
    assert (found.code, found.faults) == (3, [])
    assert "no export.json" in found.answer["unchecked"][0]


COUNTED = {"events": 3, "leaves": 3, "first": 0, "last": 2}
ORDERED = {"leaves": 3, "first": 0, "last": 2}


@pytest.mark.parametrize(
    ("ordered", "kind", "events", "archived", "kinds"),
    [
        ("range", "range", 3, 0, []),
        ("range", "selection", 3, 0, ["modified"]),
        ("selection", "range", 3, 0, ["modified"]),
        ("range_with_hashes", "range", 3, 0, []),
        ("range", "range_with_hashes", 2, 0, ["missing"]),
        ("range", "range_with_hashes", 2, 1, []),
        ("range", "range_with_hashes", 1, 1, ["missing"]),
        ("selection", "selection", 4, 0, ["inserted"]),
    ],
)
def test_a_bundle_is_held_against_its_order(ordered, kind, events, archived, kinds):
    order, found = ORDERED | {"kind": ordered}, COUNTED | {"events": events}
    assert [fault.kind for fault in order_faults(order, found, kind, archived)] == kinds


@pytest.mark.parametrize(
    ("ordered", "events", "archived", "kinds"),
    [(2, 2, 0, []), (2, 1, 0, ["missing"]), (2, 1, 1, []), (1, 2, 0, ["inserted"])],
)
def test_of_a_range_with_hashes_the_order_tells_how_many_fit(ordered, events, archived, kinds):
    order = ORDERED | {"kind": "range_with_hashes", "events": ordered}
    found = COUNTED | {"events": events}
    faults = order_faults(order, found, "range_with_hashes", archived)
    assert [fault.kind for fault in faults] == kinds
