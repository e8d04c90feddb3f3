"""The key file: Ed25519 seeds in base64, one a line, the newest first. Never in the database."""

import base64
import binascii
import os
import secrets
import stat
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from portal.audit.notes import SignerKey, VerifierKey
from portal.audit.origins import current_name
from portal.config import settings
from portal.core.disk import sync_folder
from portal.core.errors import Conflict

SEED_BYTES = 32


class UnusableKeyFile(Conflict):
    """The key file is there, but nothing may be signed by it; the message says what to do."""

    title = "The audit log's key cannot be used"


class KeyExists(Conflict):
    """There is a key file already; it is never replaced."""

    title = "There is a key already"


def seeds() -> list[bytes]:
    """The newest first; none without a key file.

    Raises:
        UnusableKeyFile: others may read it, or it holds something else.
    """
    path = settings().audit_key_file
    try:
        with path.open() as file:
            mode, lines = os.fstat(file.fileno()).st_mode, file.read().split()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableKeyFile(f"{path} cannot be read: {error}.") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UnusableKeyFile(f"{path} is open to others. Close it: chmod 600 {path}")
    return [_seed(line, path) for line in lines]


def _seed(line: str, path: Path) -> bytes:
    try:
        seed = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        seed = b""
    if len(seed) != SEED_BYTES:
        raise UnusableKeyFile(f"{path} must hold base64 of {SEED_BYTES} bytes on each line.")
    return seed


def signers(origin: str) -> list[SignerKey]:
    """The private keys under this name, the newest first.

    Raises:
        UnusableKeyFile: see `seeds`.
    """
    return [SignerKey(origin, seed) for seed in seeds()]


def public_keys() -> list[VerifierKey]:
    """What whoever checks the log must know, the newest first; none without a key file.

    Raises:
        UnusableKeyFile: see `seeds`.
    """
    return [key.verifier for key in signers(current_name())]


def fingerprint(key: VerifierKey) -> str:
    """Names the key whatever the origin is; by it the event that announced it is found."""
    return sha256(key.public).hexdigest()[:16]


def provide_key() -> None:
    """Outside production, the first key makes itself, as the other keys do."""
    if not settings().is_production and not settings().audit_key_file.exists():
        with suppress(KeyExists):
            create_key_file()


def create_key_file() -> None:
    """
    Raises:
        KeyExists: there is one, which is never replaced.
        UnusableKeyFile: it cannot be written.
    """
    path = settings().audit_key_file
    unfinished = _written(path, [secrets.token_bytes(SEED_BYTES)])
    try:
        # A link refuses a name that was taken meanwhile, where a rename would replace it.
        path.hardlink_to(unfinished)
        sync_folder(path.parent)
    except FileExistsError as error:
        raise KeyExists(f"{path} exists and is not replaced. See audit rotate-key.") from error
    finally:
        unfinished.unlink()


def add_seed() -> None:
    """A new seed before the others, in one step: the file is whole at every moment."""
    path = settings().audit_key_file
    _written(path, [secrets.token_bytes(SEED_BYTES), *seeds()]).replace(path)
    sync_folder(path.parent)


def _written(path: Path, found: list[bytes]) -> Path:
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.writelines(base64.b64encode(seed).decode() + "\n" for seed in found)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UnusableKeyFile(f"{path} cannot be written: {error.strerror}.") from error
    return unfinished
