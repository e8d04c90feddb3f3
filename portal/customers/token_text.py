"""API tokens as they are written.

`bop_<8 public characters>_<43 secret ones><6 of checksum>`, all base62. The prefix lets scanners
find leaked ones, the checksum lets us refuse a mistyped one without a query.
"""

import secrets
import zlib

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)
PREFIX = "bop_"
PUBLIC = 8
SECRET = 43  # base62 of 256 bits
CHECK = 6  # base62 of a CRC-32
LENGTH = len(PREFIX) + PUBLIC + 1 + SECRET + CHECK


def new_public_id() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(PUBLIC))


def new_text(public_id: str) -> str:
    body = f"{PREFIX}{public_id}_{_base62(secrets.randbits(256), SECRET)}"
    return body + _check_of(body)


def public_id_of(text: str) -> str | None:
    """The public id, if this is written like a token: what is asked before any query."""
    if len(text) != LENGTH or not text.startswith(PREFIX) or not text.isascii():
        return None
    if text[-CHECK:] != _check_of(text[:-CHECK]):
        return None
    return text[len(PREFIX) : len(PREFIX) + PUBLIC]


def _check_of(body: str) -> str:
    """The CRC in base62, two digits at a time: it is asked for at every request."""
    rest, low = divmod(zlib.crc32(body.encode()), 3844)
    high, middle = divmod(rest, 3844)
    return PAIRS[high] + PAIRS[middle] + PAIRS[low]


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
