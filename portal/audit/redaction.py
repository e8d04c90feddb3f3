"""What the ledger must never hold: values that open something."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias
from unicodedata import normalize

Plain: TypeAlias = bool | int | str | list["Plain"] | dict[str, "Plain"] | None

REDACTED = "[redacted]"
LONGEST_VALUE = 2048
DEEPEST = 8
SECRET_NAMES = frozenset(
    {
        "password",
        "new_password",
        "current_password",
        "password_hash",
        "passphrase",
        "secret",
        "totp_secret",
        "token",
        "access_token",
        "refresh_token",
        "session_token",
        "csrf_token",
        "csrf_secret",
        "totp_code",
        "backup_code",
        "backup_codes",
        "otp",
        "cookie",
        "cookies",
        "authorization",
        "api_key",
        "apikey",
        "private_key",
        "secret_key",
        "data_key",
        "pepper",
        "card_number",
        "pan",
        "cvc",
        "cvv",
        "iban",
        "pin",
        "recovery_code",
    }
)
JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?(-----END [A-Z ]+-----|$)", re.DOTALL)
OWN_TOKEN = re.compile(r"\bbop_\w{20,}")
OTPAUTH = re.compile(r"otpauth://\S+")
DIGITS = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")


def redacted(value: object, *, name: str = "", depth: int = 0) -> Plain:
    """A copy fit for the ledger: secrets gone by name and by shape, text in NFC and capped.

    Floats and unknown types become text, since the canonical form has none.
    """
    if name.lower() in SECRET_NAMES and value not in (None, "", True, False):
        return REDACTED
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)  # RFC 8785 numbers are doubles
    if isinstance(value, Mapping) and depth < DEEPEST:
        return {
            str(key): redacted(item, name=str(key), depth=depth + 1) for key, item in value.items()
        }
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [redacted(item, name=name, depth=depth + 1) for item in items]
    return capped(redacted_text(str(value)))


def redacted_text(text: str) -> str:
    """The text without anything that has the shape of a secret."""
    clean = normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    for shape in (PEM, JWT, OWN_TOKEN, OTPAUTH):
        clean = shape.sub(REDACTED, clean)
    return DIGITS.sub(lambda found: REDACTED if _is_luhn(found.group()) else found.group(), clean)


def capped(text: str) -> Plain:
    """A value over 2 KiB is replaced by its hash, so that the entry stays small and checkable."""
    data = text.encode()
    if len(data) <= LONGEST_VALUE:
        return text
    return {"truncated": True, "sha256": hashlib.sha256(data).hexdigest(), "starts": text[:200]}


def _is_luhn(text: str) -> bool:
    """Is this a card number (ISO/IEC 7812-1, annex B)?"""
    total = 0
    for position, digit in enumerate(reversed([int(c) for c in text if c.isdigit()])):
        doubled = digit * 2 if position % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
