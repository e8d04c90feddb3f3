"""Random tokens and what is stored of them."""

import hashlib
import hmac
import secrets

from portal.config import settings

TOKEN_BYTES = 32  # ASVS 7.2.3 asks for 128 bit


def new_token() -> str:
    """43 URL-safe characters that carry 256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_sha256(token: str) -> bytes:
    """What is stored: a plain hash is right for 256 random bits (ASVS 6.5.2)."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def peppered(*parts: str) -> str:
    """A hex HMAC-SHA-256 of the parts, for keys that must not reveal what they were made of."""
    message = "\x1f".join(parts).encode("utf-8", "surrogateescape")
    return hmac.new(settings().token_pepper.encode(), message, hashlib.sha256).hexdigest()
