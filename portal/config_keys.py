"""The keys among the settings."""

import base64
import binascii
import os
import re
import secrets
from collections import Counter
from collections.abc import Callable
from pathlib import Path

SHORTEST_SECRET = 32
DATA_KEY_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""It stands before every sealed value, and in columns of that length."""
SECRET, FALLBACKS = "secret_key", "secret_key_fallbacks"
MOST_FALLBACKS = 5
MAKE_ONE = "use 48 random bytes, as docs/operate.md makes them"
REMEDIES = {
    "SECRET_KEY_FALLBACKS": "leave such a key out, what it signed is not safe",
    "METRICS_TOKEN": f"{MAKE_ONE}, or leave it out, which closes /metrics",
}
ONE_PURPOSE = ("SECRET_KEY", "TOKEN_PEPPER", "METRICS_TOKEN")
SAMPLE_WORDS = ("changeme", "change-me", "example", "sample", "secret", "insecure", "test")


class Keys:
    """Keys from the environment or, outside production, generated into the instance folder."""

    def __init__(
        self, text: Callable[[str], str], faults: list[str], instance: Path, *, is_strict: bool
    ) -> None:
        self.text = text
        self.faults = faults
        self.folder = instance / "keys"
        self.is_strict = is_strict

    def secret(self, name: str) -> str:
        value = self.text(name)
        if self.is_strict:
            self._check(name, value)
            return value
        return value or self._generated(name)

    def metrics_token(self) -> str:
        value = self.text("METRICS_TOKEN")
        if value and self.is_strict:
            self._check("METRICS_TOKEN", value)
        return value

    def refuse_shared(self) -> None:
        """In production each key is its own: who learns one must not hold another with it."""
        names: dict[str, str] = {}
        for name in ONE_PURPOSE if self.is_strict else ():
            value = self.text(name)
            if value and value in names:
                self.faults.append(
                    f"PORTAL_{name} is the same as PORTAL_{names[value]}: make one of its own"
                )
            names[value] = name

    def fallbacks(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """Older values of `SECRET_KEY`, the newest first: as set, or beside a generated one."""
        for value in given if self.is_strict else ():
            self._check("SECRET_KEY_FALLBACKS", value)
        path = self.folder / FALLBACKS
        if given or self.is_strict or self.text("SECRET_KEY") or not path.exists():
            return given
        return tuple(path.read_text().split())

    def data_keys(self) -> tuple[tuple[str, bytes], ...]:
        value = self.text("DATA_KEYS")
        if not value and not self.is_strict:
            value = "k1:" + self._generated("DATA_KEYS")
        found = tuple(self._data_key(item.strip()) for item in value.split(",") if item.strip())
        if not found:
            self.faults.append("PORTAL_DATA_KEYS is missing: k1:<base64 of 32 random bytes>")
        for name, times in Counter(name for name, _ in found).items():
            if times > 1:
                self.faults.append(
                    f"PORTAL_DATA_KEYS names {times} keys {name!r}: give the new one a name of its "
                    "own, or what one of them seals opens with none"
                )
        return found

    def _data_key(self, item: str) -> tuple[str, bytes]:
        name, separator, encoded = item.rpartition(":")
        if not separator:
            # Without a name it may be the key alone, which no log should hold.
            self.faults.append("PORTAL_DATA_KEYS: a key has no name, as in k1:<base64>")
            return "", b""
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not DATA_KEY_NAME.fullmatch(name):
            self.faults.append(
                f"PORTAL_DATA_KEYS: {name[:60]!r} is no name of a key: "
                "use 1 to 40 of A-Z, a-z, 0-9, _ and -"
            )
        if len(key) != 32 or len(set(key)) < 8:
            self.faults.append(
                f"PORTAL_DATA_KEYS: key {name[:60]!r} must be base64 of 32 random bytes"
            )
        return name, key

    def _check(self, name: str, value: str) -> None:
        what = None
        if not value:
            what = "is missing"
        elif len(value) < SHORTEST_SECRET:
            what = f"is shorter than {SHORTEST_SECRET} characters"
        elif any(word in value.lower() for word in SAMPLE_WORDS) or len(set(value)) < 8:
            what = "looks like a sample value"
        if what is not None:
            self.faults.append(f"PORTAL_{name} {what}: {REMEDIES.get(name, MAKE_ONE)}")

    def _generated(self, name: str) -> str:
        path = self.folder / name.lower()
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(handle, "w") as file:
            value = new_key()
            file.write(value)
        return value


def new_key() -> str:
    """32 random bytes, as they are written in a setting."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def secret_key_file(instance: Path) -> Path:
    """Where a generated `SECRET_KEY` stands."""
    return instance / "keys" / SECRET


def replace_secret_key(instance: Path, *, old: str, fallbacks: tuple[str, ...]) -> int:
    """A new key in place of the generated one, which is accepted on. How many older ones are.

    The list of older ones is written first: killed in between, the old key is merely in both.
    """
    kept = list(dict.fromkeys((old, *fallbacks)))[:MOST_FALLBACKS]
    path = secret_key_file(instance)
    _write(path.with_name(FALLBACKS), "\n".join(kept) + "\n")
    _write(path, new_key())
    return len(kept)


def _write(path: Path, text: str) -> None:
    """Whole or not at all, and for its owner's eyes."""
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
