#!/usr/bin/env python3
"""Check a bundle of audit events on any machine with Python 3.9, without network or packages.

    python3 verify.py [BUNDLE.zip or its folder] --pubkey KEY [--since OLD_CHECKPOINT] [--json]

KEY is the log's public key (name+id+base64) or a file with one a line. Have it from the portal's
audit page or from your contract, never from the bundle. OLD_CHECKPOINT is the checkpoint.txt of a
bundle that you checked before. Exit status: 0 whole; 1 changed, each fault with its kind; 2 wrong
usage or unreadable; 3 nothing wrong was found, but not everything could be checked.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from portal.audit.offline.ed25519 import is_signed
from portal.audit.offline.lines import line_faults
from portal.audit.offline.notes import Fault, Key, Note, read_keys, read_note
from portal.audit.offline.orders import order_faults, recorded
from portal.audit.offline.reading import LONGEST_LINE, Bundle, printable
from portal.audit.offline.trees import climb, is_beginning, leaf_of, root_around

NEEDED = ("events.jsonl", "index.jsonl", "checkpoint.txt")
COMPLETENESS = {
    "selection": "filtered: completeness not provable",
    "range": "complete: every event of these leaves is here",
    "range_with_hashes": "complete: every leaf is here, some as a bare hash",
}
MOST_FAULTS = 100
MALFORMED = (AttributeError, KeyError, OverflowError, TypeError, ValueError)


class Check:
    """The faults of one bundle, and what could not be checked."""

    def __init__(self, bundle: Bundle, keys: list[Key], old: bytes = b"") -> None:
        self.bundle, self.keys, self.old = bundle, keys, old
        self.faults: list[dict[str, Any]] = []
        self.unchecked: list[str] = []
        self.manifest: dict[str, Any] = {}
        self.found: dict[str, Any] = {"events": 0, "leaves": 0, "first": None, "last": None}
        self.remarks: list[str] = []
        self.is_like_index = True
        self.archives: list[tuple[range, str]] = []
        self.archived = self.unproven = 0

    @property
    def exit_code(self) -> int:
        return 1 if self.faults else 3 if self.unchecked else 0

    def fault(self, kind: str, message: str, **where: Any) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append({"kind": kind, "message": message, **where})

    def run(self) -> Check:
        if self.passes(self.files) and self.passes(self.checkpoint):
            for step in (self.moves, self.leaves, self.statements, self.history):
                self.passes(step)
        return self

    def passes(self, step: Any) -> bool:
        """Could the step be gone through to its end?"""
        try:
            step()
        except Fault as found:
            self.fault(found.kind, str(found), **found.where)
        except MALFORMED as error:
            self.fault("modified", f"the {step.__name__} are not as bundles have them: {error!r}")
        except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            self.fault("modified", f"the file is damaged: {error}")
        else:
            return True
        return False

    def files(self) -> None:
        """Every file is listed and has the listed hash; none has a name that leads elsewhere."""
        self.manifest = dict(json.loads(self.bundle.text("manifest.json")))
        listed = self.manifest["files"]
        for name in sorted(set(self.bundle.names)):
            if "/" in name or "\\" in name or ":" in name or name.startswith("."):
                self.fault("unsafe_name", f"{name!r} leads out of the bundle", file=name)
            elif self.bundle.names.count(name) > 1 or name not in [*listed, "manifest.json"]:
                self.fault("inserted", f"{name} does not belong to the bundle", file=name)
        for name in sorted({*listed, *NEEDED}):
            digest = hashlib.sha256()
            with self.bundle.open(name) as file:
                while data := file.read(LONGEST_LINE):
                    digest.update(data)
            if digest.hexdigest() != listed.get(name):
                self.fault("modified", f"{name} is not as the manifest says", file=name)

    def checkpoint(self) -> None:
        self.note = read_note(self.bundle.text("checkpoint.txt"), "checkpoint.txt")
        self.signature(self.note, "checkpoint.txt")

    def signature(self, note: Note, file: str) -> None:
        if not self.keys or not note.signatures:
            why = f"{file} is not signed" if self.keys else "no --pubkey was given"
            self.unchecked.append(f"{why}: nothing shows that the log made it")
            return
        answers = [
            is_signed(key.public, note.text.encode(), value[4:])
            for key in self.keys
            for signer, value in note.signatures
            if (signer, value[:4]) == (key.name, key.id)
        ]
        if answers and not all(answers):
            self.fault("bad_signature", "the signature by your key is wrong", file=file)
        elif not answers and note.origin in [key.name for key in self.keys]:
            self.fault("bad_signature", "signed, but not by your key", file=file)
        elif not answers:
            self.unchecked.append(f"{file} is of the log {note.origin}, your key of another one")

    def moves(self) -> None:
        """Which leaves the log itself says were moved into the bundle of an archive."""
        name = "archives.jsonl"
        for said in self.bundle.rows(name) if name in self.manifest["files"] else ():
            told = recorded(said, self.note, "audit.archived", name)["meta"]
            self.archives.append((range(told["first_index"], told["end_index"]), told["file"]))

    def leaves(self) -> None:
        if self.manifest["kind"] == "selection":
            for index, leaf, proof in self.read_index(None):
                if climb(index, self.note.size - 1, leaf, proof)[1] != self.note.root:
                    self.fault("bad_proof", "the proof does not lead to the root", leaf_index=index)
        else:
            self.range()
        if not self.is_like_index:
            self.tell_apart()

    def range(self) -> None:
        head = next(self.bundle.rows("index.jsonl"), {})
        beside = iter([base64.b64decode(text) for text in [*head["left"], *head["right"]]])
        kept = int(head["first"]), int(head["end"])
        leaves = (leaf for _, leaf, _ in self.read_index(kept[0]))
        try:
            root = root_around((0, self.note.size), kept, leaves, beside)
        except StopIteration:
            root = b""
        is_rest = sum(1 for _ in leaves) + sum(1 for _ in beside) > 0
        end = kept[0] if self.found["last"] is None else self.found["last"] + 1
        if end < kept[1]:
            self.fault("missing", "the last leaves are not in index.jsonl", leaf_index=end)
        if root != self.note.root or is_rest:
            message = "leaves and edges do not lead to the root of the checkpoint"
            self.fault("bad_proof", message, file="index.jsonl")

    def read_index(self, first: Any) -> Iterator[tuple[int, bytes, list[bytes]]]:
        """Index, hash and proof of each row, while its event is held against its hash.

        With a `first` one, each index must follow the last; else it must be greater.
        """
        lines, least = self.bundle.lines("events.jsonl"), first or 0
        for row in self.bundle.rows("index.jsonl"):
            if "index" not in row:
                continue  # the head, with the edges of a range
            index, leaf = int(row["index"]), base64.b64decode(row["hash"])
            self.check_order(index, least, first is not None)
            self.found["leaves"], self.found["last"], least = (
                self.found["leaves"] + 1,
                index,
                index + 1,
            )
            if self.found["first"] is None:
                self.found["first"] = index
            if "line" in row:
                self.found["events"] += 1
                self.is_like_index &= leaf_of(next(lines, b"")) == leaf
            elif self.manifest["kind"] != "range_with_hashes" or row.get("gone") == "missing":
                self.fault("missing", "the event was taken out, its hash left", leaf_index=index)
            elif row.get("gone") == "archived":
                self.archived += 1
                self.unproven += not any(index in span for span, _ in self.archives)
            yield index, leaf, [base64.b64decode(text) for text in row.get("proof", [])]
        self.is_like_index &= next(lines, None) is None

    def check_order(self, index: int, least: int, is_range: bool) -> None:
        if not 0 <= index < self.note.size:
            raise Fault("inserted", "the signed tree has no such leaf", leaf_index=index)
        if index < least:
            self.fault("reordered", "the leaf stands in a wrong place", leaf_index=index)
        elif is_range and index > least:
            self.fault("missing", "the leaf is not in index.jsonl", leaf_index=least)

    def tell_apart(self) -> None:
        rows = [row for row in self.bundle.rows("index.jsonl") if "line" in row]
        for found in line_faults(rows, map(leaf_of, self.bundle.lines("events.jsonl"))):
            self.fault(found.kind, str(found), **found.where)

    def statements(self) -> None:
        """What the manifest says: numbers as counted; query, who and when as in the log's event."""
        known = {**self.found, "origin": self.note.origin, "tree_size": self.note.size}
        known["completeness"] = COMPLETENESS[self.manifest["kind"]]
        if "export.json" in self.manifest["files"]:
            known.update(self.order())
        else:
            self.unchecked.append("query, who and when: no export.json proves what is said")
        if self.unproven:
            self.unchecked.append(f"of the events, {self.unproven} are only said to be archived")
        elif self.archived:
            files = ", ".join(file for _, file in self.archives)
            self.remarks.append(f"of the events, {self.archived} are archived: ask for {files}")
        for name, value in known.items():
            if self.manifest.get(name) != value:
                message = f"the manifest says {name} {self.manifest.get(name)!r}, not {value!r}"
                self.fault("modified", message, file="manifest.json")

    def order(self) -> dict[str, Any]:
        """From the event by which the log itself recorded this export."""
        said = json.loads(self.bundle.text("export.json"))
        event = recorded(said, self.note, "audit.exported", "export.json")
        counted = self.found, self.manifest["kind"], self.archived
        for found in [] if self.faults else list(order_faults(event["meta"], *counted)):
            self.fault(found.kind, str(found), **found.where)
        same = {"exported_at": event["occurred_at"], "exported_by": event["actor"]}
        return {**same, "query": event["meta"]["query"]}

    def history(self) -> None:
        """Is the tree of the old checkpoint a beginning of this one?"""
        if not self.old:
            return
        old = read_note(self.old, "your old checkpoint")
        self.signature(old, "your old checkpoint")
        if old.origin != self.note.origin:
            raise Fault("rollback", f"your old checkpoint is of another log: {old.origin}")
        if old.size > self.note.size:
            raise Fault("rollback", f"the log had {old.size} leaves, now {self.note.size}")
        proof: dict[str, Any] = {"old_size": old.size, "proof": []}
        if old.size not in {0, self.note.size}:
            if "consistency.json" not in self.bundle.names:
                self.unchecked.append(f"no proof from your checkpoint: export --since {old.size}")
                return
            proof = json.loads(self.bundle.text("consistency.json"))
        if proof["old_size"] != old.size:
            self.unchecked.append(f"the proof is from another size: export --since {old.size}")
        elif not is_beginning(old, self.note, [base64.b64decode(text) for text in proof["proof"]]):
            raise Fault("rollback", "the log is not a continuation of your old checkpoint")


def as_json(check: Check) -> str:
    answer = {
        "exit_code": check.exit_code,
        "faults": check.faults,
        "unchecked": check.unchecked,
        "remarks": check.remarks,
        "manifest": check.manifest,
    }
    return json.dumps(answer, indent=2) + "\n"


def as_text(check: Check) -> str:
    lines = [fault_in_words(fault) for fault in check.faults]
    lines += [f"not checked: {what}" for what in check.unchecked]
    lines += [f"note: {what}" for what in check.remarks]
    if not check.faults:
        found, note = check.found, check.note
        span = f"{found['first']} to {found['last']}" if found["leaves"] else "none"
        lines.append(f"{found['events']} events, leaves {span}, of {note.size} in {note.origin}")
        lines.append(COMPLETENESS[check.manifest["kind"]])
    lines.append(("whole", "CHANGED", "", "NOT ALL COULD BE CHECKED")[check.exit_code])
    return "\n".join(map(printable, lines)) + "\n"


def fault_in_words(fault: dict[str, Any]) -> str:
    places = [(name.replace("_", " "), fault.get(name)) for name in ("leaf_index", "line", "file")]
    where = ", ".join(f"{name} {value}" for name, value in places if value is not None)
    return f"{fault['kind']}: {fault['message']}" + (f" ({where})" if where else "")


def main() -> int:
    parser = argparse.ArgumentParser(description="Check a bundle of audit events.")
    parser.add_argument("bundle", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--pubkey", action="append", default=[], help="key, or a file of keys")
    parser.add_argument("--since", type=Path, help="checkpoint.txt of a bundle checked before")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    given = parser.parse_args()
    try:
        keys = [key for text in given.pubkey for key in read_keys(text)]
        check = Check(Bundle(given.bundle), keys, given.since.read_bytes() if given.since else b"")
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    check.run()
    sys.stdout.write(as_json(check) if given.json else as_text(check))
    return check.exit_code


if __name__ == "__main__":
    sys.exit(main())
