"""What the signature under one stored checkpoint is worth to whoever looks at it here."""

from enum import StrEnum

from portal.audit.keys import UnusableKeyFile, signers
from portal.audit.models import SignedTree
from portal.audit.notes import MalformedNote, Note


class Seal(StrEnum):
    """How a checkpoint is signed."""

    VERIFIED = "verified"
    UNSIGNED = "unsigned"
    UNKNOWN_KEY = "unknown key"
    """By a key that this process does not have: it was changed since, or lies elsewhere."""
    BAD = "bad"
    """The note is none, its signature is wrong, or it speaks of another tree than its row."""


def seal_of(row: SignedTree) -> Seal:
    """Checked anew, with the keys that this process has."""
    try:
        note = Note.parse(row.note)
        if (note.checkpoint.size, note.checkpoint.root) != (row.tree_size, bytes(row.root)):
            return Seal.BAD
        if not note.signatures:
            return Seal.UNSIGNED
        known = [key.verifier for key in signers(note.checkpoint.origin)]
        return Seal.VERIFIED if note.signers(known) else Seal.UNKNOWN_KEY
    except MalformedNote:
        return Seal.BAD
    except UnusableKeyFile:
        return Seal.UNKNOWN_KEY
