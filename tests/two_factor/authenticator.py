"""An authenticator in software: makes a P-256 key pair for a site, and signs with it.

It shares no code with the portal. What it is told to lie about, it lies about.
"""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "localhost"
ORIGIN = "http://localhost"
PRESENT, VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, HAS_KEY = 0x01, 0x04, 0x08, 0x10, 0x40


def plain(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "===")


@dataclass
class Authenticator:
    """One credential. Each answer counts one up, unless `step` says otherwise."""

    flags: int = PRESENT | VERIFIED
    host: str = HOST
    origin: str = ORIGIN
    step: int = 1
    count: int = 0
    handle: bytes = b""
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, options: dict[str, Any], **more: Any) -> dict[str, Any]:
        """What `navigator.credentials.create` gives for these options."""
        self.handle = raw(options["user"]["id"])
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + self._cose()
        data = self._data(self.flags | HAS_KEY) + attested
        statement = {"fmt": "none", "attStmt": {}, "authData": data}
        response = {
            "clientDataJSON": plain(self._client("webauthn.create", options["challenge"])),
            "attestationObject": plain(cbor2.dumps(statement)),
            "transports": ["internal"],
        }
        extensions = {"credProps": {"rk": True}}
        return self._credential(response, clientExtensionResults=extensions, **more)

    def sign(self, options: dict[str, Any], **more: Any) -> dict[str, Any]:
        """What `navigator.credentials.get` gives for these options."""
        self.count += self.step
        data = self._data(self.flags)
        client = self._client("webauthn.get", options["challenge"])
        signed = data + hashlib.sha256(client).digest()
        response = {
            "clientDataJSON": plain(client),
            "authenticatorData": plain(data),
            "signature": plain(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "userHandle": plain(self.handle) if self.handle else None,
        }
        return self._credential(response, clientExtensionResults={}, **more)

    def _credential(self, response: dict[str, Any], **more: Any) -> dict[str, Any]:
        name = plain(self.id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, **more}

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _data(self, flags: int) -> bytes:
        site = hashlib.sha256(self.host.encode()).digest()
        return site + bytes([flags]) + self.count.to_bytes(4, "big")

    def _cose(self) -> bytes:
        point = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (point.x, point.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
