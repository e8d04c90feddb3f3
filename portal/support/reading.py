"""What the page of a ticket shows, in a fixed number of questions however long the thread is."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from markupsafe import Markup

from portal.core import clock
from portal.core.quick import Quick
from portal.support.bodies import html_of
from portal.support.mail_states import MailState, state_at, worst_of
from portal.support.models import MessageAttachment, SupportMessage, SupportTicket
from portal.support.outgoing import UNDO_HOLD
from portal.support.queue_rows import initials
from portal.support.words import AuthorType, MessageKind
from portal.web.times import Instant, instants

AT_FIRST = 30
"""Messages that a page draws before somebody asks for more."""
AT_ONCE = 500
"""Of the earlier ones, when somebody asks."""
LONGEST_KEPT = 4000
"""Characters of a message that is drawn once and kept."""
_message, _file = SupportMessage.__table__.c, MessageAttachment.__table__.c


class File(NamedTuple):
    """A file under its message."""

    id: int
    name: str
    size: str


class Line(NamedTuple):
    """One message, ready to be drawn."""

    id: int
    side: str
    """`customer`, `ours`, `note` or `system`: what its look and its words depend on."""
    author: str
    initials: str
    body: Markup
    at: Instant
    is_unverified: bool
    author_id: int | None
    """Who of ours wrote it."""
    mail: MailState | None
    held_for: int
    """Seconds in which its author may still take it back; 0: it is too late, or no mail."""
    files: tuple[File, ...]

    @property
    def is_short(self) -> bool:
        """A thousand of them may be kept as they were drawn."""
        return len(self.body) <= LONGEST_KEPT


class Stretch(NamedTuple):
    """Messages that follow one another, the oldest first."""

    lines: list[Line]
    has_earlier: bool

    @property
    def newest_id(self) -> int:
        return self.lines[-1].id if self.lines else 0


def newest(ticket: SupportTicket) -> Stretch:
    return _stretch(_all(), AT_FIRST, ticket=ticket.id)


def earlier_than(ticket: SupportTicket, message_id: int) -> Stretch:
    query = _messages(AT_ONCE).where(_message.id < message_id)
    return _stretch(Quick(query), AT_ONCE, ticket=ticket.id)


def later_than(ticket: SupportTicket, message_id: int) -> list[Line]:
    """What came since; a page that slept for days gets the newest of it."""
    return _stretch(_later(), AT_ONCE, ticket=ticket.id, after=message_id).lines


def public_after(ticket: SupportTicket, message_id: int) -> list[Line]:
    """The public ones that came since: what a reply may have been written without."""
    is_public = _message.kind == MessageKind.PUBLIC.value
    query = _messages(AT_FIRST).where(_message.id > message_id, is_public)
    return _stretch(Quick(query), AT_FIRST, ticket=ticket.id).lines


@cache
def _all() -> Quick:
    """Built once, as the next one: every page of a ticket asks, and every poll."""
    return Quick(_messages(AT_FIRST))


@cache
def _later() -> Quick:
    after = sa.bindparam("after", type_=_message.id.type)
    return Quick(_messages(AT_ONCE).where(_message.id > after))


def _messages(most: int) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            _message.id,
            _message.kind,
            _message.author_type,
            _message.author_name,
            _message.body,
            _message.created_at,
            _message.is_unverified,
            _message.author_admin_id,
            worst_of(_message.id).label("worst"),
        )
        .where(_message.ticket_id == sa.bindparam("ticket", type_=sa.Integer))
        .order_by(_message.id.desc())
        .limit(most + 1)
    )


def _stretch(query: Quick, most: int, **values: int) -> Stretch:
    rows = query.rows(**values)
    shown = rows[most - 1 :: -1] if len(rows) > most else rows[::-1]
    files, instant = _files(values["ticket"], shown), instants()
    return Stretch([_line(row, files, instant) for row in shown], len(rows) > most)


def _files(ticket_id: int, shown: Sequence[Any]) -> dict[int, list[File]]:
    """Of the messages from the first to the last one that is shown."""
    found: dict[int, list[File]] = defaultdict(list)
    if not shown:
        return found
    between = {"first": shown[0].id, "last": shown[-1].id}
    for message_id, file_id, name, size in _attached().rows(ticket=ticket_id, **between):
        found[message_id].append(File(file_id, name, in_bytes(size)))
    return found


@cache
def _attached() -> Quick:
    """Built once, as the messages are."""
    first, last = (sa.bindparam(name, type_=_message.id.type) for name in ("first", "last"))
    return Quick(
        sa.select(_file.message_id, _file.id, _file.filename, _file.size)
        .join_from(SupportMessage, MessageAttachment, _file.message_id == _message.id)
        .where(
            _message.ticket_id == sa.bindparam("ticket", type_=sa.Integer),
            _message.id.between(first, last),
        )
        .order_by(_file.id)
    )


def _line(
    row: sa.Row[*tuple[Any, ...]],
    files: dict[int, list[File]],
    instant: Callable[[datetime], Instant],
) -> Line:
    message_id, kind, author_type, author, body, at, is_unverified, author_id, place = row
    mail = state_at(place)
    return Line(
        message_id,
        side_of(kind, author_type),
        author,
        initials(author),
        html_of(body),
        instant(at),
        is_unverified,
        author_id,
        mail,
        _held_for(at) if mail is MailState.WAITING else 0,
        tuple(files.get(message_id, ())),
    )


def _held_for(at: datetime) -> int:
    """Whole seconds, rounded down: a button that leaves early refuses nobody."""
    return max((at + UNDO_HOLD - clock.now()) // timedelta(seconds=1), 0)


def side_of(kind: str, author_type: str) -> str:
    if kind == MessageKind.NOTE:
        return "note"
    if kind == MessageKind.SYSTEM or author_type == AuthorType.SYSTEM:
        return "system"
    return "customer" if author_type == AuthorType.CUSTOMER else "ours"


def in_bytes(size: int) -> str:
    """`640 bytes`, `12 kB`, `3.4 MB`."""
    if size < 1000:
        return "1 byte" if size == 1 else f"{size} bytes"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
