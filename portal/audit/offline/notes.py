"""Signed checkpoints and public keys (C2SP signed-note, tlog-checkpoint)."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any, NamedTuple

DASH = "\N{EM DASH} "


class Fault(Exception):
    """Something in the bundle is not as it was signed. `where` holds its leaf or file."""

    def __init__(self, kind: str, message: str, **where: Any) -> None:
        super().__init__(message)
        self.kind, self.where = kind, where


class Note(NamedTuple):
    text: str
    origin: str
    size: int
    root: bytes
    signatures: list[tuple[str, bytes]]
    """Name, then four bytes of the key's id and the signature."""


class Key(NamedTuple):
    name: str
    id: bytes
    public: bytes


def read_note(data: bytes, file: str) -> Note:
    try:
        text, _, foot = data.decode().partition("\n\n")
        origin, size, root = text.split("\n")[:3]
        parts = [line[len(DASH) :].rpartition(" ") for line in foot.split("\n") if line]
        signatures = [(name, base64.b64decode(value, validate=True)) for name, _, value in parts]
        note = Note(text + "\n", origin, int(size), base64.b64decode(root), signatures)
    except ValueError as error:
        raise Fault("modified", f"{file} is no signed checkpoint", file=file) from error
    if len(note.root) != 32 or note.size < 0:
        raise Fault("modified", f"{file} is no signed checkpoint", file=file)
    return note


def read_keys(given: str) -> list[Key]:
    """The keys that are given, or those of the lines of the file that is named.

    Raises:
        ValueError: a line is no key, or its id belongs to another key.
    """
    is_key = given.count("+") > 1 and not Path(given).is_file()
    lines = given if is_key else Path(given).read_text(encoding="utf-8")
    found = []
    for line in filter(None, map(str.strip, lines.splitlines())):
        name, key_id, data = ([*line.split("+", 2), "", ""])[:3]
        public = base64.b64decode(data, validate=True)
        known = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
        if len(public) != 33 or public[0] != 1 or known.hex() != key_id:
            raise ValueError(f"no Ed25519 key (name+id+key): {line[:80]}")
        found.append(Key(name, known, public[1:]))
    return found
