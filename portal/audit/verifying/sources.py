"""What a verification relies on and the database cannot forge: keys and anchors from files."""

from pathlib import Path

import sqlalchemy as sa

from portal.audit.anchor_file import read_anchor_file
from portal.audit.keys import UnusableKeyFile, signers
from portal.audit.models import LogOrigin
from portal.audit.notes import MalformedNote, Note, VerifierKey
from portal.config import settings
from portal.core.database import db


class Unreadable(Exception):
    """A file that was named cannot be used; the message says which and why."""


def keys_of_file(path: Path) -> list[VerifierKey]:
    """The verifier keys of a file, one a line; lines that begin with # say something to people.

    Raises:
        Unreadable: the file is not there, or holds something else.
    """
    lines = [line.strip() for line in _text_of(path).splitlines()]
    try:
        found = [VerifierKey.parse(line) for line in lines if line and not line.startswith("#")]
    except MalformedNote as error:
        raise Unreadable(f"{path}: {error}") from error
    if not found:
        raise Unreadable(f"{path} holds no key.")
    return found


def local_keys() -> list[VerifierKey]:
    """The public halves of the keys that this installation signs with, under each name of the log.

    Raises:
        Unreadable: the key file may not be used.
    """
    origins = db.session.scalars(sa.select(LogOrigin.origin)).all()
    db.session.rollback()
    try:
        return [key.verifier for origin in origins for key in signers(origin)]
    except UnusableKeyFile as error:
        raise Unreadable(error.message) from error


def anchors_of_file(path: Path) -> list[Note]:
    """The checkpoints of an anchor file, or a single one as `audit checkpoint` prints it.

    Raises:
        Unreadable: the file is not there, or holds neither.
    """
    text = _text_of(path)
    try:
        found = read_anchor_file(path)
        return found or [Note.parse(text)]
    except MalformedNote as error:
        raise Unreadable(f"{path}: {error}") from error


def local_anchors() -> list[Note]:
    """The checkpoints of the anchor file in the settings; none when there is none yet.

    Raises:
        Unreadable: it is named and was there, but cannot be read.
    """
    path = settings().audit_anchor_file
    return anchors_of_file(path) if path and path.exists() else []


def _text_of(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path} cannot be read: {error}") from error
