"""A bundle: events with everything that a stranger needs to check them, as one zip."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from portal.audit import merkle
from portal.audit.bundle_rows import Selection, Stretch
from portal.audit.bundle_texts import CSV_HEADS, NOT_EVIDENCE, csv_row, readme
from portal.audit.checkpoints import latest
from portal.audit.exports import CannotExport, Content, ExportKind, Order
from portal.audit.models import AuditEvent, Leaf, SignedTree
from portal.audit.notes import Note
from portal.audit.offline.verify import COMPLETENESS
from portal.audit.program import program
from portal.audit.proof_walker import ProofWalker
from portal.audit.tree import TreeReader
from portal.audit.verifying.history import Archived, archived_events
from portal.audit.zips import StreamedZip
from portal.core.database import db, glancing
from portal.web.csv import csv_lines

FORMAT = "portal-audit-bundle/1"
Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bundle:
    """What goes into the zip: an order, under the newest checkpoint."""

    kind: ExportKind
    content: Content
    since: int | None
    checkpoint: SignedTree
    order_index: int | None
    """The leaf of the event that recorded the order; None when the checkpoint does not cover it."""
    order_line: bytes
    uncovered: int
    """So many leaves were left out, as no checkpoint covers them yet."""


def covered(order: Order) -> Bundle:
    """Put the order under the newest checkpoint, which the caller has just made if it could.

    Raises:
        CannotExport: there is no checkpoint, or nothing that it covers.
    """
    with glancing():
        checkpoint = latest()
        query = sa.select(AuditEvent.canonical, Leaf.leaf_index)
        query = query.outerjoin(Leaf, Leaf.event_id == AuditEvent.id)
        line, index = db.session.execute(query.where(AuditEvent.id == order.event_id)).one()
        if checkpoint is not None:
            db.session.expunge(checkpoint)
    if checkpoint is None:
        raise CannotExport("The log has no checkpoint yet: run `flask audit init` first.")
    size = checkpoint.tree_size
    content = Content(_below(order.content.leaves, size), size)
    return Bundle(
        kind=order.kind,
        content=content,
        since=order.since,
        checkpoint=checkpoint,
        order_index=index if index is not None and index < size else None,
        order_line=bytes(line),
        uncovered=len(order.content.indexes) - len(content.indexes),
    )


def _below(leaves: Selection | Stretch, size: int) -> Selection | Stretch:
    if isinstance(leaves, Selection):
        if not leaves.indexes or leaves.indexes[-1] < size:
            return leaves
        return Selection([index for index in leaves.indexes if index < size])
    if leaves.first >= size:
        raise CannotExport("No checkpoint covers these leaves yet. Try again in a minute.")
    return replace(leaves, end=min(leaves.end, size))


def write_bundle(stream: IO[bytes], bundle: Bundle) -> Manifest:
    """The whole zip into a file or pipe; returns its manifest."""
    writer = BundleWriter(bundle)
    for part in writer.parts():
        stream.write(part)
    return writer.manifest


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class BundleWriter:
    """Makes the bytes of one bundle as they are asked for. Afterwards it has the `manifest`."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.manifest: Manifest = {}
        self._walker = ProofWalker(bundle.checkpoint.tree_size)
        self._archived: list[Archived] | None = None
        # One mark a leaf: the index says of what the events file has, whatever happens meanwhile.
        self._is_shown = bytearray(len(bundle.content.indexes))

    def parts(self) -> Iterator[bytes]:
        file = StreamedZip()
        yield from file.add("checkpoint.txt", [self.bundle.checkpoint.note.encode()])
        if self.bundle.since:
            yield from file.add("consistency.json", [_document(self._consistency())])
        if self.bundle.order_index is not None:
            yield from file.add("export.json", [_document(self._order())])
        yield from file.add("events.jsonl", self._events())
        yield from file.add("index.jsonl", self._index())
        if archives := self._archives():
            yield from file.add("archives.jsonl", map(_line, archives))
        yield from file.add("events.csv", self._table())
        yield from file.add("verify.py", [program()])
        self.manifest = self._statements()
        yield from file.add("README.txt", [readme(self.manifest).encode()])
        self.manifest["files"] = dict(file.digests)
        yield from file.add("manifest.json", [_document(self.manifest)])
        yield file.close()

    def _consistency(self) -> dict[str, Any]:
        since, size = self.bundle.since or 0, self.bundle.checkpoint.tree_size
        with glancing():
            proof = TreeReader(db.session.connection()).consistency(min(since, size), size)
        return {"old_size": since, "proof": _texts(proof)}

    def _order(self) -> dict[str, Any]:
        return self._recorded(self.bundle.order_index or 0, self.bundle.order_line)

    def _recorded(self, index: int, line: bytes) -> dict[str, Any]:
        proof = self._walker.proof(index)
        return {"index": index, "line": line.decode(), "proof": _texts(proof)}

    def _events(self) -> Iterator[bytes]:
        for number, row in enumerate(self.bundle.content.leaves.rows()):
            if row.canonical is not None:
                self._is_shown[number] = 1
                yield row.canonical + b"\n"

    def _index(self) -> Iterator[bytes]:
        leaves, line = self.bundle.content.leaves, 0
        if isinstance(leaves, Stretch):
            yield _line(self._edges(leaves))
        for number, row in enumerate(leaves.rows()):
            found: dict[str, Any] = {"index": row.index, "hash": _text(row.hash)}
            if self._is_shown[number]:
                line += 1
                found["line"] = line
            elif not row.is_kept:
                found["gone"] = "archived" if self._is_archived(row.index) else "missing"
            if isinstance(leaves, Selection):
                found["proof"] = _texts(self._walker.proof(row.index))
            yield _line(found)

    def _is_archived(self, index: int) -> bool:
        """Does an event of the log itself tell of its archive? Else somebody removed it."""
        if self._archived is None:
            with glancing():
                self._archived = archived_events(db.session.connection())
        return any(index in range(*each.span) for each in self._archived)

    def _archives(self) -> list[dict[str, Any]]:
        """The log's own records of the archives that have events of here, with their proof."""
        indexes = self.bundle.content.indexes
        return [
            self._recorded(each.leaf_index, each.canonical)
            for each in self._archived or []
            if each.leaf_index < self.bundle.checkpoint.tree_size
            if each.span[0] <= indexes[-1] and indexes[0] < each.span[1]
        ]

    def _edges(self, kept: Stretch) -> dict[str, Any]:
        size = self.bundle.checkpoint.tree_size
        with glancing():
            reader = TreeReader(db.session.connection())
            hashes = _texts(reader.outside(kept.first, kept.end, size))
        spans = merkle.outside_spans(kept.first, kept.end, size)
        lefts = sum(1 for start, _ in spans if start < kept.first)
        edges = {"left": hashes[:lefts], "right": hashes[lefts:]}
        return {"first": kept.first, "end": kept.end, **edges}

    def _table(self) -> Iterator[bytes]:
        yield csv_lines([[NOT_EVIDENCE], CSV_HEADS]).encode()
        for row in self.bundle.content.leaves.rows():
            if row.canonical is not None:
                yield csv_lines([csv_row(row.index, json.loads(row.canonical))]).encode()

    def _statements(self) -> Manifest:
        indexes, events = self.bundle.content.indexes, sum(self._is_shown)
        kind = self.bundle.kind
        if kind is not ExportKind.SELECTION:
            is_full = events == len(indexes)
            kind = ExportKind.RANGE if is_full else ExportKind.RANGE_WITH_HASHES
        order = json.loads(self.bundle.order_line)
        return {
            "format": FORMAT,
            "kind": kind.value,
            "completeness": COMPLETENESS[kind.value],
            "origin": Note.parse(self.bundle.checkpoint.note).checkpoint.origin,
            "tree_size": self.bundle.checkpoint.tree_size,
            "query": order["meta"]["query"],
            "exported_at": order["occurred_at"],
            "exported_by": order["actor"],
            "export_event": order["id"],
            "events": events,
            "leaves": len(indexes),
            "first": indexes[0] if indexes else None,
            "last": indexes[-1] if indexes else None,
            "not_covered": self.bundle.uncovered,
            "since": self.bundle.since,
            "not_evidence": ["events.csv"],
        }


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _texts(values: list[bytes]) -> list[str]:
    return [_text(value) for value in values]


def _document(value: object) -> bytes:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode() + b"\n"
