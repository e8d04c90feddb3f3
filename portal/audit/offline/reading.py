"""The files of a bundle, line by line, so that a large one needs no memory."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from portal.audit.offline.notes import Fault

LONGEST_LINE = 1 << 20


class Bundle:
    """A zip, or the folder it was unpacked into. Nothing is ever written to the disk."""

    def __init__(self, path: Path) -> None:
        self.path, self.zip = path, None if path.is_dir() else zipfile.ZipFile(path)
        self.names = self.zip.namelist() if self.zip else [found.name for found in path.iterdir()]

    def open(self, name: str) -> IO[bytes]:
        if name not in self.names:
            raise Fault("missing", f"{name} is not in the bundle", file=name)
        return self.zip.open(name) if self.zip else (self.path / name).open("rb")

    def text(self, name: str) -> bytes:
        with self.open(name) as file:
            return file.read(LONGEST_LINE)

    def lines(self, name: str) -> Iterator[bytes]:
        with self.open(name) as file:
            while line := file.readline(LONGEST_LINE):
                yield line.rstrip(b"\n")

    def rows(self, name: str) -> Iterator[dict[str, Any]]:
        for number, line in enumerate(self.lines(name), 1):
            try:
                yield dict(json.loads(line))
            except (ValueError, TypeError) as error:
                raise Fault("modified", f"line {number} of {name} is no JSON", file=name) from error


def printable(line: str) -> str:
    """A bundle may be hostile: nothing of it moves the cursor, hides or begins a line."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
