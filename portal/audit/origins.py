"""The log's name in its checkpoints: chosen once, and a new one for each fork that is accepted."""

import re
from urllib.parse import urlsplit

import sqlalchemy as sa

from portal.audit.models import LogOrigin
from portal.config import settings
from portal.core import clock
from portal.core.database import db
from portal.core.errors import DomainError

ALLOWED = re.compile(r"[!-*,-~]{1,180}")  # printable ASCII without space and plus (signed-note)
NUMBERED = re.compile(r"(?P<name>.+)-(?P<number>\d{1,9})")


class BadOrigin(DomainError):
    """No log can have this name."""

    title = "The log cannot have this name"


def current_origin() -> LogOrigin | None:
    """None before the first checkpoint and `audit init`."""
    query = sa.select(LogOrigin).order_by(LogOrigin.generation.desc()).limit(1)
    return db.session.scalar(query)


def current_name() -> str:
    """What the log is called, or will be from its first checkpoint on."""
    origin = current_origin()
    return origin.origin if origin else default_origin()


def default_origin() -> str:
    return f"{urlsplit(settings().base_url).hostname}/portal-1"


def next_name(origin: str) -> str:
    """`audit.example.com/portal-1` is followed by `audit.example.com/portal-2`."""
    if found := NUMBERED.fullmatch(origin):
        return f"{found['name']}-{int(found['number']) + 1}"
    return f"{origin}-2"


def begin_origin(origin: str, *, from_size: int, reason: str | None = None) -> LogOrigin:
    """Use this name from now on.

    Raises:
        BadOrigin: it has a space, a plus, or another character that a name cannot have.
    """
    if not ALLOWED.fullmatch(origin):
        raise BadOrigin(f"{origin!r}: use printable ASCII without spaces and plus, as in a URL.")
    last = current_origin()
    begun = LogOrigin(
        generation=last.generation + 1 if last else 1,
        origin=origin,
        from_size=from_size,
        reason=reason,
        created_at=clock.now(),
    )
    db.session.add(begun)
    db.session.flush()
    return begun
