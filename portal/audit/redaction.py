"""What the ledger must never hold: values that open something."""

import hashlib
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import TypeAlias

from portal.audit.shapes import REDACTED, without_secrets
from portal.core.clock import timestamp
from portal.core.text import nfc

Plain: TypeAlias = bool | int | str | list["Plain"] | dict[str, "Plain"] | None

LONGEST_VALUE = 2048
LONGEST_NAME = 100
LOOKED_AT = 4 * LONGEST_VALUE
DEEPEST = 8
LARGEST_INTEGER = 2**53 - 1  # RFC 8785 numbers are doubles

# Compared without case, dashes and underscores. A coupon's `code` is no secret.
SECRET_NAMES = frozenset(
    [
        "password",
        "newpassword",
        "oldpassword",
        "currentpassword",
        "confirmpassword",
        "passwordagain",
        "repeatpassword",
        "sudopassword",
        "passwordhash",
        "passwd",
        "pwd",
        "passphrase",
        "secret",
        "clientsecret",
        "totpsecret",
        "webhooksecret",
        "csrfsecret",
        "secretkey",
        "secretsealed",
        "token",
        "accesstoken",
        "refreshtoken",
        "sessiontoken",
        "resettoken",
        "invitetoken",
        "idtoken",
        "apitoken",
        "csrftoken",
        "xcsrftoken",
        "bearer",
        "authorization",
        "cookie",
        "cookies",
        "setcookie",
        "sessioncookie",
        "otp",
        "totp",
        "totpcode",
        "sudototpcode",
        "backupcode",
        "sudobackupcode",
        "backupcodes",
        "recoverycode",
        "recoverycodes",
        "codehash",
        "otpauthuri",
        "otpauthurl",
        "qr",
        "apikey",
        "privatekey",
        "signingkey",
        "datakey",
        "datakeys",
        "pepper",
        "tokenpepper",
        "cardnumber",
        "pan",
        "cvc",
        "cvv",
        "cvc2",
        "cvv2",
        "securitycode",
        "iban",
        "pin",
    ]
)


def is_secret_name(name: str) -> bool:
    return name.lower().replace("_", "").replace("-", "") in SECRET_NAMES


def redacted(value: object, *, name: str = "", depth: int = 0) -> Plain:
    """A copy fit for the ledger: secrets gone by name and by shape, text in NFC and capped.

    Floats and unknown types become text, since the canonical form has none.
    """
    if value is None or isinstance(value, bool) or value == "":
        return value
    if is_secret_name(name):
        return REDACTED
    if isinstance(value, str):
        return capped_text(value)
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, Mapping | Sequence | Set) and not isinstance(value, bytes | bytearray):
        return _nested(value, name, depth + 1)
    return _other(value)


def _integer(value: int) -> Plain:
    text = str(value)
    clean = without_secrets(text)
    return value if clean == text and abs(value) <= LARGEST_INTEGER else clean


def _nested(
    value: Mapping[object, object] | Sequence[object] | Set[object], name: str, depth: int
) -> Plain:
    if depth > DEEPEST:
        return "[too deep]"
    if isinstance(value, Mapping):
        return {
            redacted_text(str(key))[:LONGEST_NAME]: redacted(item, name=str(key), depth=depth)
            for key, item in value.items()
        }
    items = sorted(value, key=str) if isinstance(value, Set) else value
    return [redacted(item, name=name, depth=depth) for item in items]


def _other(value: object) -> Plain:
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": len(value), "sha256": hashlib.sha256(value).hexdigest()}
    if isinstance(value, datetime) and value.tzinfo is not None:
        return timestamp(value)
    return capped_text(str(value))


def plain_text(text: str) -> str:
    """Text that every database takes and that has one form: NFC, no NUL, no half character."""
    if text.isascii():
        return text.replace("\0", "\ufffd")
    whole = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
    return nfc(whole)


def redacted_text(text: str) -> str:
    """The text without anything that has the shape of a secret; no more than 8 KiB of it."""
    return without_secrets(plain_text(text[:LOOKED_AT]))


def capped_text(text: str) -> Plain:
    """A value over 2 KiB is replaced by its hash, so that the entry stays small and checkable."""
    if len(text) <= LONGEST_VALUE // 4:
        return redacted_text(text)
    data = plain_text(text).encode()
    if len(data) <= LONGEST_VALUE:
        return redacted_text(text)
    start = redacted_text(text)[:200]
    return {"truncated": True, "sha256": hashlib.sha256(data).hexdigest(), "starts": start}
