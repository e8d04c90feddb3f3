"""The signature of a webhook: HMAC-SHA-256 over time and body. Pure."""

import hmac
from collections.abc import Sequence
from hashlib import sha256

TIMESTAMP_HEADER, SIGNATURE_HEADER = "X-Portal-Timestamp", "X-Portal-Signature"
VERSION = "v1"
ALLOWED_SKEW = 300
"""Seconds. A receiver refuses what is older: it may be a replay."""


def signature_headers(body: bytes, *, at: int, secrets: Sequence[bytes]) -> dict[str, str]:
    """One signature a secret: while they change over, the old one and the new one both open it.

    `at` is in seconds of the epoch.
    """
    signatures = [f"{VERSION}={_digest(body, at, secret)}" for secret in secrets]
    return {TIMESTAMP_HEADER: str(at), SIGNATURE_HEADER: ",".join(signatures)}


def is_signed(
    body: bytes,
    *,
    timestamp: str,
    signature: str,
    secret: bytes,
    now: int,
    skew: int = ALLOWED_SKEW,
) -> bool:
    """What a receiver does: is the body from whoever knows the secret, and fresh?"""
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(now - int(timestamp)) > skew:
        return False
    wanted = f"{VERSION}={_digest(body, int(timestamp), secret)}"
    return any(hmac.compare_digest(wanted, each.strip()) for each in signature.split(","))


def _digest(body: bytes, at: int, secret: bytes) -> str:
    return hmac.new(secret, f"{at}.".encode() + body, sha256).hexdigest()
