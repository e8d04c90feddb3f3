"""Each checkpoint by itself: signed by a key that is trusted, whole, and not too long after the
one before.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.audit.notes import MalformedNote, Note, VerifierKey
from portal.audit.verifying.history import Announcement
from portal.audit.verifying.report import Findings, Kind
from portal.audit.verifying.rows import checkpoints
from portal.audit.verifying.walking import Stop
from portal.core import clock

LONGEST_SILENCE = timedelta(hours=26)
"""A checkpoint a day at least, and two hours of grace."""


class CheckpointCheck:
    """Reads the stored checkpoints in order of size, once; `stops` is what the walk meets."""

    def __init__(
        self,
        keys: Sequence[VerifierKey],
        announced: Sequence[Announcement],
        *,
        signatures: Findings,
        heartbeats: Findings,
    ) -> None:
        self.keys = keys
        self.announced = announced
        self.signatures = signatures
        self.heartbeats = heartbeats
        self.signed_size = 0
        self.last_size = 0
        self.unsigned = 0
        self.unknown: dict[str, None] = {}
        """Why signatures could not be judged, in order, each once."""
        self._before: datetime | None = None

    def stops(self, connection: sa.Connection, since: int) -> Iterator[Stop]:
        for size, root, created_at, key_id, text in checkpoints(connection, since):
            self._listen(size, created_at)
            self.last_size = size
            source = f"The checkpoint of {size} leaves"
            try:
                note = Note.parse(text)
            except MalformedNote as error:
                self._refuse(size, f"{source} cannot be read: {error}")
                continue
            self._compare_columns(note, size, bytes(root), key_id)
            is_trusted = self._is_trusted(note, size, source)
            checkpoint = note.checkpoint
            if checkpoint.size == size:
                yield Stop(size, checkpoint.root, source, is_trusted or not self.keys)
        self._listen(None, clock.now())

    def _listen(self, size: int | None, at: datetime) -> None:
        """Silence is only known by what should have been there."""
        before, self._before = self._before, at
        if before is not None and at - before > LONGEST_SILENCE:
            until = "now" if size is None else f"the one of {size} leaves"
            hours = int((at - before).total_seconds() // 3600)
            what = f"No checkpoint for {hours} hours: after the one of {self.last_size} leaves"
            self.heartbeats.add(Kind.HEARTBEAT_GAP, f"{what}, until {until}.", self.last_size)

    def _compare_columns(self, note: Note, size: int, root: bytes, key_id: str | None) -> None:
        signed_by = {signature.key_id.hex() for signature in note.signatures}
        same = {
            "tree_size": note.checkpoint.size == size,
            "root": note.checkpoint.root == root,
            "key_id": key_id in signed_by if signed_by else key_id is None,
        }
        names = [name for name, is_same in same.items() if not is_same]
        if names:
            what = f"The checkpoint of {size} leaves has columns that its note denies: "
            where = size - 1 if size else None
            self.signatures.add(Kind.COLUMN_MISMATCH, what + ", ".join(names) + ".", where)

    def _is_trusted(self, note: Note, size: int, source: str) -> bool:
        if not self.keys:
            return False
        try:
            signers = note.signers(self.keys)
        except MalformedNote as error:
            self._refuse(size, f"{source}: {error}")
            return False
        if any(signer.name == note.checkpoint.origin for signer in signers):
            self.signed_size = size
            return True
        self._judge_stranger(note, size, source)
        return False

    def _judge_stranger(self, note: Note, size: int, source: str) -> None:
        """No trusted key signed: is that an old log's beginning, another log, or a forgery?"""
        origin = note.checkpoint.origin
        if not note.signatures:
            self.unsigned += 1
            if self.signed_size:
                self._refuse(size, f"{source} has lost its signature.")
        elif all(key.name != origin for key in self.keys):
            self.unknown[f"No trusted key is of the log {origin}."] = None
        elif key := self._announced(note):
            self.unknown[f"The log announced a new key. If you believe it, add: {key}"] = None
        else:
            self._refuse(size, f"{source} is not signed by any trusted key.")

    def _announced(self, note: Note) -> VerifierKey | None:
        """The key of a rotation that a trusted signature covers, if it signed here."""
        for each in self.announced:
            key = each.under(note.checkpoint.origin)
            with suppress(MalformedNote):
                if each.leaf_index < self.signed_size and note.signers([key]):
                    return key
        return None

    def _refuse(self, size: int, what: str) -> None:
        self.signatures.add(Kind.BAD_SIGNATURE, what, size - 1 if size else None)


def why_unproven(check: CheckpointCheck, tree_size: int) -> list[str]:
    """Why the signatures say nothing; empty when they do."""
    if not check.keys:
        return ["There is no public key to check signatures with."]
    if tree_size and not check.signed_size and not check.unknown:
        return ["No checkpoint is signed by a trusted key yet."]
    return list(check.unknown)
