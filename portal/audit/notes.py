"""Signed checkpoints in the C2SP formats `tlog-checkpoint` and `signed-note`.

A note is text that ends with a line feed, an empty line, then one line a signature. Pure.
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
DASH = "\N{EM DASH} "
MOST_SIGNATURES = 100


class MalformedNote(ValueError):
    """This is no signed checkpoint; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A log's public key under its name, as whoever checks the log keeps it."""

    name: str
    public: bytes
    """32 bytes."""

    @property
    def id(self) -> bytes:
        """Four bytes that name the key in a signature line."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(ED25519 + self.public)}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """From `name+id+key` as `str` gives it.

        Raises:
            MalformedNote: it is no such key, or its id belongs to another one.
        """
        parts = text.strip().split("+", 2)
        data = _bytes(parts[-1])
        if len(parts) != 3 or len(data) != 33 or data[:1] != ED25519:
            raise MalformedNote("This is no Ed25519 verifier key: name+id+key is expected.")
        found = cls(parts[0], data[1:])
        if found.id.hex() != parts[1]:
            raise MalformedNote(f"The id {parts[1]} does not belong to this key.")
        return found

    def is_signer_of(self, signature: "Signature", text: str) -> bool:
        """Did this key sign the text so?"""
        if (signature.name, signature.key_id) != (self.name, self.id):
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature.value, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SignerKey:
    """A log's private key under its name."""

    name: str
    seed: bytes
    """32 bytes."""

    def __repr__(self) -> str:
        return f"SignerKey({self.name!r})"

    @property
    def verifier(self) -> VerifierKey:
        return VerifierKey(self.name, self._private.public_key().public_bytes_raw())

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def sign(self, text: str) -> "Signature":
        return Signature(self.name, self.verifier.id, self._private.sign(text.encode()))


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"{DASH}{self.name} {_base64(self.key_id + self.value)}\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree at one size: which log, how many leaves, and their root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{self.root_text}\n"

    @property
    def root_text(self) -> str:
        """The root as the note has it: base64."""
        return _base64(self.root)

    def signed_by(self, keys: Iterable[SignerKey]) -> str:
        """The note; without keys it carries no signature and proves nothing to a stranger."""
        return self.text + "\n" + "".join(str(key.sign(self.text)) for key in keys)


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint that was read, with whatever signatures stand under it."""

    checkpoint: Checkpoint
    text: str
    """The signed text exactly as it was read."""
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, note: str) -> "Note":
        """Read a note. Lines below the root are kept as part of the text, as the format allows.

        Raises:
            MalformedNote: a part is missing or cannot be read.
        """
        text, separator, foot = note.partition("\n\n")
        if not separator or not (foot == "" or foot.endswith("\n")):
            raise MalformedNote("A note is text, an empty line, and a line for each signature.")
        lines = foot.splitlines()
        if len(lines) > MOST_SIGNATURES:
            raise MalformedNote(f"A note has at most {MOST_SIGNATURES} signatures.")
        signatures = tuple(_signature(line) for line in lines)
        return cls(_checkpoint(text.split("\n")), text + "\n", signatures)

    def signers(self, keys: Sequence[VerifierKey]) -> list[VerifierKey]:
        """Those of the known keys that signed. Signatures of unknown keys are passed over.

        Raises:
            MalformedNote: a known key's signature is there and wrong.
        """
        found = []
        for key in keys:
            own = [s for s in self.signatures if (s.name, s.key_id) == (key.name, key.id)]
            if not all(key.is_signer_of(signature, self.text) for signature in own):
                raise MalformedNote(f"The signature by {key.name}+{key.id.hex()} is wrong.")
            if own:
                found.append(key)
        return found


def spelled_out(note: str) -> dict[str, str | int]:
    """The note with what it says beside it, for whoever has no parser of notes.

    Raises:
        MalformedNote: it is none.
    """
    found = Note.parse(note).checkpoint
    return {
        "origin": found.origin,
        "tree_size": found.size,
        "root": found.root_text,
        "note": note,
    }


def _checkpoint(lines: list[str]) -> Checkpoint:
    if len(lines) < 3 or not lines[0]:
        raise MalformedNote("A checkpoint has an origin, a size and a root, each on its line.")
    origin, size, root = lines[:3]
    if not (size.isascii() and size.isdigit()) or (size != "0" and size.startswith("0")):
        raise MalformedNote(f"{size!r} is no tree size.")
    data = _bytes(root)
    if len(data) != 32:
        raise MalformedNote("The root is not 32 bytes long.")
    return Checkpoint(origin, int(size), data)


def _signature(line: str) -> Signature:
    name, separator, text = line.removeprefix(DASH).rpartition(" ")
    data = _bytes(text)
    if not line.startswith(DASH) or not separator or not name or len(data) <= 4:
        raise MalformedNote("A signature line is a dash, a name, and base64 of id and signature.")
    return Signature(name, data[:4], data[4:])


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedNote(f"{text[:60]!r} is no base64.") from error
