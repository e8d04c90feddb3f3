"""The append-only file of checkpoints, best on another disk: one JSON object a line.

Who rewrites the database, and even holds the signing key, has to rewrite this file as well.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from portal.audit.notes import MalformedNote, Note, spelled_out
from portal.core import clock
from portal.core.clock import timestamp

TAIL = 256 * 1024


def append(path: Path, notes: Iterable[str]) -> list[str]:
    """Write the notes through to the disk. A receipt for each: where it stands.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        receipts = [_append(file.fileno(), path, note) for note in notes]
        os.fsync(file.fileno())
    return receipts


def _append(handle: int, path: Path, note: str) -> str:
    end = os.lseek(handle, 0, os.SEEK_END)
    # A line that a power cut left unfinished is ended, so that it spoils no other.
    is_torn = end > 0 and os.pread(handle, 1, end - 1) != b"\n"
    data = (b"\n" if is_torn else b"") + _line(note)
    while data:
        data = data[os.write(handle, data) :]
    return f"{path} at byte {end + is_torn}"


def _line(note: str) -> bytes:
    values = {"at": timestamp(clock.now()), **spelled_out(note)}
    return json.dumps(values).encode() + b"\n"


def read_anchor_file(path: Path) -> list[Note]:
    """Every note of the file, the oldest first. An unfinished line says nothing.

    Raises:
        MalformedNote: a whole line holds no note.
        OSError: the file cannot be read.
    """
    return list(_notes(path.read_bytes().split(b"\n")))


def last_note(path: Path, origin: str) -> Note | None:
    """The newest note of this log; None when the file has none, or is not there.

    Raises:
        MalformedNote, OSError: see `read_anchor_file`.
    """
    try:
        with path.open("rb") as file:
            start = max(0, file.seek(0, os.SEEK_END) - TAIL)
            file.seek(start)
            lines = file.read().split(b"\n")
    except FileNotFoundError:
        return None
    found = list(_notes(lines[1:] if start else lines))
    own = [note for note in found if note.checkpoint.origin == origin]
    return max(own, key=lambda note: note.checkpoint.size, default=None)


def _notes(lines: list[bytes]) -> Iterator[Note]:
    for line in filter(None, lines):
        try:
            yield Note.parse(json.loads(line)["note"])
        except MalformedNote as error:
            raise MalformedNote(f"The anchor file has {line[:80]!r}: {error}") from error
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
