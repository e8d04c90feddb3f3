"""What people write: checked, shortened for a queue, and as HTML that can do nothing."""

import re
from functools import lru_cache

from markupsafe import Markup, escape

from portal.core.errors import DomainError
from portal.core.text import is_blank, nfc, one_line, plain_lines

LONGEST_BODY = 50_000
LONGEST_SUBJECT = 300
LONGEST_PREVIEW = 160
USUAL_LENGTH = 2000
"""Characters of a message whose HTML is kept for the next look at it."""
LINK = re.compile(r"https?://[^\s<>\"'\u2028\u2029]+[^\s<>\"'.,;:!?)\]\u2028\u2029]")


class BadBody(DomainError):
    """Nothing was written, or a book."""


class BadSubject(DomainError):
    """No subject, or more than one line of it."""


def checked_body(text: str) -> str:
    """A message in NFC with plain line ends.

    Raises:
        BadBody: it is empty or longer than 50,000 characters.
    """
    found = nfc(plain_lines(text)).strip()
    if is_blank(found):
        raise BadBody("Write something first.", field="body")
    if len(found) > LONGEST_BODY:
        raise BadBody(f"Use at most {LONGEST_BODY:,} characters.", field="body")
    return found


def checked_subject(text: str) -> str:
    """A subject on one line.

    Raises:
        BadSubject: it is empty or longer than 300 characters.
    """
    found = one_line(text.replace("\x00", ""))
    if not found:
        raise BadSubject("Write a subject.", field="subject")
    if len(found) > LONGEST_SUBJECT:
        raise BadSubject(f"Use at most {LONGEST_SUBJECT} characters.", field="subject")
    return found


def preview_of(body: str) -> str:
    """The beginning on one line, at most 160 characters."""
    line = " ".join(body[: 4 * LONGEST_PREVIEW].split())
    return line if len(line) <= LONGEST_PREVIEW else f"{line[: LONGEST_PREVIEW - 1]}…"


def html_of(body: str) -> Markup:
    """The text with its addresses as links. Line breaks are kept by the style of its element."""
    return _usual_html(body) if len(body) <= USUAL_LENGTH else _html(body)


def _html(body: str) -> Markup:
    parts, end = [], 0
    for link in LINK.finditer(body):
        parts.append(escape(body[end : link.start()]))
        address = escape(link[0])
        parts.append(
            Markup('<a href="{0}" rel="noopener noreferrer nofollow">{0}</a>').format(address)
        )
        end = link.end()
    parts.append(escape(body[end:]))
    return Markup("").join(parts)


_usual_html = lru_cache(maxsize=1024)(_html)
