"""Encryption at rest: AES-256-GCM with a key id, bound to what it protects.

Sealed bytes are `key id | 0x00 | 12-byte nonce | ciphertext`. The purpose is authenticated, so
that a sealed value copied onto another row does not open there.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.config import settings

NONCE_BYTES = 12


class CannotUnseal(Exception):
    """The key is unknown, the bytes were changed, or they belong elsewhere."""


def seal(plain: bytes, *, purpose: str) -> bytes:
    """Encrypt under the first of `PORTAL_DATA_KEYS`. `purpose` names row and field."""
    name, key = settings().data_keys[0]
    nonce = secrets.token_bytes(NONCE_BYTES)
    return name.encode() + b"\0" + nonce + AESGCM(key).encrypt(nonce, plain, purpose.encode())


def unseal(sealed: bytes, *, purpose: str) -> bytes:
    """Decrypt with the key that is named in the bytes.

    Raises:
        CannotUnseal: see the class.
    """
    name, _, rest = sealed.partition(b"\0")
    key = dict(settings().data_keys).get(name.decode("ascii", "replace"))
    if key is None:
        raise CannotUnseal(f"no data key is named {name!r}")
    try:
        return AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise CannotUnseal("the sealed value does not open here") from error


def key_id(sealed: bytes) -> str:
    """The name of the key that sealed these bytes."""
    return sealed.partition(b"\0")[0].decode("ascii", "replace")


def current_key_id() -> str:
    """The name of the key that seals now."""
    return settings().data_keys[0][0]


def resealed(sealed: bytes, *, purpose: str) -> bytes:
    """The same under the key that seals now.

    Raises:
        CannotUnseal: see the class.
    """
    if key_id(sealed) == current_key_id():
        return sealed
    return seal(unseal(sealed, purpose=purpose), purpose=purpose)
