"""Bundles as tests make them, change them and have them checked."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

from portal.audit.bundles import covered, write_bundle
from portal.audit.exports import Asked, ExportKind, content_of, order_export
from portal.audit.filters import Filters
from portal.audit.notes import SignerKey
from portal.audit.program import program
from portal.audit.sequencing import sequence_all
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.permissions import Permission
from tests.audit.sealed import SIGNER, seal

MO = Actor(ActorType.ADMIN, 1, "mo@x.test", "manager", frozenset(Permission))
UTC = ZoneInfo("UTC")


def bundle_of(
    kind: ExportKind = ExportKind.RANGE, *, key: SignerKey | None = SIGNER, **more: object
) -> bytes:
    """An export as the page makes it, of filters and numbers by their names."""
    names = {"first", "last", "since"}
    numbers = {name: more.pop(name) for name in names & more.keys()}
    sequence_all()
    asked = Asked(kind, Filters(**more), UTC, **numbers)
    content = content_of(by=MO, asked=asked)
    order = order_export(by=MO, asked=asked, content=content)
    db.session.commit()
    seal(key)
    stream = io.BytesIO()
    write_bundle(stream, covered(order))
    return stream.getvalue()


def files_of(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as file:
        return {name: file.read(name) for name in file.namelist()}


def lines_of(bundle: bytes, name: str = "events.jsonl") -> list[bytes]:
    return files_of(bundle)[name].splitlines(keepends=True)


def manifest_of(bundle: bytes) -> dict:
    return json.loads(files_of(bundle)["manifest.json"])


def rebuilt(bundle: bytes, *, adapted: bool = True, said: dict | None = None, **files: object):
    """The bundle with other files (None: without), as a careful forger leaves it: the manifest
    has their hashes, and says what is `said`.
    """
    found = files_of(bundle)
    names = {name.replace("_", "."): content for name, content in files.items()}
    found.update(names)
    found = {name: content for name, content in found.items() if content is not None}
    manifest = json.loads(found["manifest.json"]) if "manifest.json" in found else {}
    manifest.update(said or {})
    if adapted and manifest:
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}
        hashes.pop("manifest.json")
        manifest["files"] = hashes
    if manifest and (adapted or said):
        found["manifest.json"] = json.dumps(manifest).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in found.items():
            file.writestr(name, content)
    return stream.getvalue()


class Checked:
    """What the verifier answered."""

    def __init__(self, done: subprocess.CompletedProcess) -> None:
        self.code, self.text, self.errors = done.returncode, done.stdout, done.stderr
        self.answer = json.loads(done.stdout) if done.stdout.startswith("{") else {}

    @property
    def faults(self) -> list[dict]:
        return self.answer["faults"]

    @property
    def kinds(self) -> set[str]:
        return {fault["kind"] for fault in self.faults}

    def leaves(self, kind: str) -> list[int]:
        return [fault.get("leaf_index") for fault in self.faults if fault["kind"] == kind]


def run(folder: Path, *words: str) -> Checked:
    """verify.py as an auditor has it: one file, a bare Python, nothing installed, no settings."""
    script = folder / "verify.py"
    script.write_bytes(program())
    command = [sys.executable, "-I", "-S", str(script), *words]
    done = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)
    return Checked(done)


def check(
    folder: Path, bundle: bytes, *words: str, key: str | None = str(SIGNER.verifier)
) -> Checked:
    path = folder / "bundle.zip"
    path.write_bytes(bundle)
    given = ["--pubkey", key] if key else []
    return run(folder, str(path), *given, "--json", *words)
