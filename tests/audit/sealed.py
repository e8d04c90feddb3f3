"""A ledger whose checkpoints are signed with a key of the tests, and what a verification says."""

from typing import Any

import sqlalchemy as sa

from portal.audit.merkle import leaf_hash
from portal.audit.models import Leaf, SignedTree
from portal.audit.notes import Checkpoint, Note, SignerKey
from portal.audit.sequencing import sequence_all
from portal.audit.tree import TreeReader
from portal.audit.verifying import Report, verify_now
from portal.core import clock
from portal.core.database import db

ORIGIN = "audit.example.test/portal-1"
SIGNER = SignerKey(ORIGIN, bytes(range(32)))
FORGER = SignerKey(ORIGIN, bytes(range(1, 33)))


def sign(*keys: SignerKey) -> Note:
    """A checkpoint of the tree as it is now; without keys, by the one of the tests."""
    return _note_of(keep(present(), *(keys or (SIGNER,))))


def unsigned() -> Note:
    return _note_of(keep(present()))


def _note_of(row: SignedTree) -> Note:
    """Reading the row anew would leave a transaction open, which SQLite has one of at a time."""
    note = Note.parse(row.note)
    db.session.rollback()
    return note


def seal(key: SignerKey | None = SIGNER) -> SignedTree:
    """A checkpoint over everything that has happened."""
    sequence_all()
    return keep(present(), *([key] if key else []))


def present(origin: str = ORIGIN) -> Checkpoint:
    reader = TreeReader(db.session.connection())
    return Checkpoint(origin, reader.size, reader.root(reader.size))


def keep(checkpoint: Checkpoint, *keys: SignerKey) -> SignedTree:
    row = SignedTree(
        tree_size=checkpoint.size,
        root=checkpoint.root,
        created_at=clock.now(),
        key_id=keys[0].verifier.id.hex() if keys else None,
        note=checkpoint.signed_by(keys),
    )
    db.session.add(row)
    db.session.commit()
    return row


def event_at(index: int) -> str:
    found = db.session.scalar(sa.select(Leaf.event_id).where(Leaf.leaf_index == index))
    db.session.rollback()
    assert found is not None
    return found


def verified(*anchors: Note, **options: Any) -> Report:
    options.setdefault("keys", [SIGNER.verifier])
    return verify_now(anchors=anchors, wait=lambda _: None, **options)


def named(report: Report) -> list[tuple[str, int | None, str | None]]:
    """Kind, leaf and event of each fault."""
    return [(fault.kind.value, fault.leaf_index, fault.event_id) for fault in report.faults]


def forged(event_id: str, **changes: Any) -> dict[str, Any]:
    """A row of an event that never happened, which fits itself; `canonical` and its leaf too."""
    query = sa.text("SELECT * FROM audit_events WHERE id = :id")
    row = dict(db.session.execute(query, {"id": event_id}).mappings().one())
    db.session.rollback()
    new_id = "ffffffff" + row["id"][8:]
    canonical = bytes(row["canonical"]).replace(row["id"].encode(), new_id.encode())
    row |= {"id": new_id, "canonical": canonical, **changes}
    return row | {"leaf": leaf_hash(row["canonical"])}
