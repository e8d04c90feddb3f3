"""The ids by which an answer finds its ticket: signed, so that nobody can make one up.

Who shows a signed id has been sent it. Whether they may write to the ticket is another question.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.config import settings

BY_ITSELF = 0
"""Stands for the message in the id of a mail that the desk wrote without one."""
MESSAGE_ID = re.compile(r"<t(\d{1,18})\.m(\d{1,18})\.([0-9a-f]{12})\.([0-9a-f]{16})@[^<>@\s]+>")
REPLY_TOKEN = re.compile(r"t([a-z2-7]{2,13})\.([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class Named:
    """What a message id of ours names; `message_id` is 0 for a mail of the desk itself."""

    ticket_id: int
    message_id: int


def new_message_id(ticket_id: int, message_id: int = BY_ITSELF) -> str:
    """`<t{ticket}.m{message}.{nonce}.{signature}@host>`: another one at every call."""
    named = f"t{ticket_id}.m{message_id}.{secrets.token_hex(6)}"
    host = urlsplit(settings().base_url).hostname
    return f"<{named}.{_signed('id', named, next(_keys()))[:16]}@{host}>"


def read_message_id(text: str) -> Named | None:
    """The ticket and message of an id that we gave out; None for every other."""
    found = MESSAGE_ID.fullmatch(text.strip())
    if found is None:
        return None
    ticket_id, message_id, nonce, signature = found.groups()
    if not _is_ours("id", f"t{ticket_id}.m{message_id}.{nonce}", signature):
        return None
    return Named(int(ticket_id), int(message_id))


def reply_address(ticket_id: int) -> str | None:
    """The support mailbox with the ticket's token behind a plus; None when there is no mailbox."""
    local, _, domain = settings().support_address.partition("@")
    return f"{local}+{reply_token(ticket_id)}@{domain}" if domain else None


def reply_token(ticket_id: int) -> str:
    """`t{id in base 32}.{signature}`, in small letters: some servers fold local parts to them."""
    packed = ticket_id.to_bytes((ticket_id.bit_length() + 7) // 8 or 1)
    named = base64.b32encode(packed).decode().rstrip("=").lower()
    return f"t{named}.{_signed('reply', named, next(_keys()))[:8]}"


def read_reply_address(address: str) -> int | None:
    """The ticket that an address of `reply_address` is for; None for every other."""
    found = REPLY_TOKEN.fullmatch(address.partition("@")[0].lower().rpartition("+")[2])
    if found is None or not _is_ours("reply", found[1], found[2]):
        return None
    padded = found[1].upper() + "=" * (-len(found[1]) % 8)
    return int.from_bytes(base64.b32decode(padded))


def _is_ours(purpose: str, named: str, signature: str) -> bool:
    return any(
        hmac.compare_digest(_signed(purpose, named, key)[: len(signature)], signature)
        for key in _keys()
    )


def _signed(purpose: str, named: str, key: bytes) -> str:
    return hmac.new(key, f"{purpose}:{named}".encode(), hashlib.sha256).hexdigest()


def _keys() -> Iterator[bytes]:
    """One of its own from each secret, the present one first."""
    for secret in (settings().secret_key, *settings().secret_key_fallbacks):
        yield hmac.new(secret.encode(), b"portal.support.mail_ids", hashlib.sha256).digest()
