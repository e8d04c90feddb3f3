"""The bytes of a letter in text and HTML, put together by hand.

Python's own package parses every header into a tree to write it out again, which costs more than
all else that an answer to a customer does. It is still asked for each header that is not plain.
"""

import binascii
import secrets
from collections.abc import Iterable
from email.policy import EmailPolicy
from textwrap import TextWrapper
from typing import Any

LONGEST_LINE = 78
BREAK = b"\r\n"
ENCODED_WORD = "=?"
IDS = frozenset({"Message-ID", "In-Reply-To", "References"})
"""Checked before, and never encoded: one a line, however long."""
ADDRESSES = frozenset({"From", "To", "Reply-To"})
"""As Python 3.11 folds a long name it loses the quotes, and one with a comma is two then."""
_BREAKER = TextWrapper(
    LONGEST_LINE, subsequent_indent=" ", break_long_words=False, break_on_hyphens=False
)
Header = tuple[str, str]
"""Its name and its value, on one line."""


def assembled(
    headers: Iterable[Header], *, text: str, html: str, policy: "EmailPolicy[Any]"
) -> bytes:
    """A message of two forms, the plain one first. Every line of it is ASCII."""
    # In neither of the encodings, nor in a line that needs none, does such a line occur.
    boundary = f"=_{secrets.token_hex(16)}"
    start = f"--{boundary}".encode()
    kind = f'multipart/alternative;\r\n boundary="{boundary}"'
    head = "".join(_line(name, value, policy) for name, value in headers)
    return BREAK.join(
        (
            f"{head}MIME-Version: 1.0\r\nContent-Type: {kind}\r\n".encode("ascii"),
            start,
            _part("plain", text),
            start,
            _part("html", html),
            start + b"--" + BREAK,
        )
    )


def _line(name: str, value: str, policy: "EmailPolicy[Any]") -> str:
    """With its line break; folded and encoded by the package where that is needed."""
    if name in IDS:
        return f"{name}: " + "\r\n ".join(value.split()) + "\r\n"
    found: str = folded(name, value) or policy.header_factory(name, value).fold(policy=policy)
    return found


def folded(name: str, value: str) -> str | None:
    """A header with its line breaks; None where the package has to encode something of it."""
    if not _is_plain(value):
        return None
    lines = _BREAKER.wrap(f"{name}: {value}")
    is_short = name in ADDRESSES or max(map(len, lines)) <= LONGEST_LINE
    return "\r\n".join(lines) + "\r\n" if is_short else None


def _is_plain(value: str) -> bool:
    is_one_line = value.isascii() and value.isprintable() and value == value.strip()
    return is_one_line and ENCODED_WORD not in value


def _part(subtype: str, text: str) -> bytes:
    encoding, body = _encoded(text)
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}'
    return head.encode() + 2 * BREAK + body


def _encoded(text: str) -> tuple[str, bytes]:
    """As it is if every server takes that, else in the shorter of the two encodings."""
    lines = text.encode().splitlines()
    body = BREAK.join(lines) + BREAK
    if body.isascii() and max(map(len, lines), default=0) <= LONGEST_LINE:
        return "7bit", body
    quoted = binascii.b2a_qp(body)
    if len(quoted) * 3 <= len(body) * 4:
        return "quoted-printable", quoted
    packed = binascii.b2a_base64(body, newline=False)
    rows = (packed[at : at + 76] for at in range(0, len(packed), 76))
    return "base64", BREAK.join(rows) + BREAK
