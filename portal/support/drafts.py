"""What somebody has written and not sent yet: kept per ticket, person and kind.

Other places put words into it while its form stands open: an approval, a merge, another tab. So a
form says by marks which drafts it has seen, and what it has not seen stays.
"""

import zlib
from collections.abc import Sequence

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import changed_rows, db, insert_into
from portal.core.text import plain_lines
from portal.support.bodies import LONGEST_BODY, BadBody
from portal.support.models import SupportTicket, TicketDraft
from portal.support.seeing import lock_ticket
from portal.support.thread import sent_before
from portal.support.words import MessageKind

GAP = "\n\n"


def save_draft(
    *,
    admin_id: int,
    ticket: SupportTicket,
    kind: MessageKind,
    body: str,
    submit_key: str | None = None,
    seen: Sequence[str] = (),
) -> str | None:
    """Keep it in place of the one before; an empty one removes that. What is kept now, if anything.

    `submit_key` is that of the form in which it is written: once the form was sent, a save that
    was under way meanwhile keeps nothing. `seen` are the marks of the drafts that the form knew,
    the newest last: what was put into the present one besides is kept around the text.

    Raises:
        BadBody: longer than a message may be (422).
    """
    lock_ticket(ticket)  # whoever sends holds it, too
    if sent_before(ticket, submit_key) is not None:
        return None
    text = plain_lines(body)
    if seen:
        before, after = _unseen(draft_of(ticket, admin_id, kind) or "", seen, text)
        text = joined(before, text, after) if before or after else text
    if len(text) > LONGEST_BODY:
        raise BadBody(f"Use at most {LONGEST_BODY:,} characters.", field="body")
    if not text.strip():
        _drop(ticket, admin_id, kind)
        return None
    _keep(ticket, admin_id, kind, text)
    return text


def _keep(ticket: SupportTicket, admin_id: int, kind: str, text: str) -> None:
    values = {"body": text, "updated_at": clock.now()}
    new = insert_into(TicketDraft).values(
        ticket_id=ticket.id, admin_id=admin_id, kind=str(kind), **values
    )
    keys = ["ticket_id", "admin_id", "kind"]
    db.session.execute(new.on_conflict_do_update(index_elements=keys, set_=values))


def consume(
    ticket: SupportTicket,
    admin_id: int,
    kind: MessageKind,
    *,
    present: str,
    seen: Sequence[str],
    sent: str,
) -> None:
    """Remove the draft in the transaction that sends it. Another person's is never met.

    Of the `present` draft stays what the form had not `seen` when it was `sent` with this text.
    """
    if rest := joined(*_unseen(present, seen, sent)):
        _keep(ticket, admin_id, kind, rest)
    else:
        _drop(ticket, admin_id, kind)


def _drop(ticket: SupportTicket, admin_id: int, kind: MessageKind) -> None:
    mine = (TicketDraft.ticket_id == ticket.id, TicketDraft.admin_id == admin_id)
    changed_rows(sa.delete(TicketDraft).where(*mine, TicketDraft.kind == kind))


def draft_of(ticket: SupportTicket, admin_id: int, kind: str) -> str | None:
    """What the person has written there, or None."""
    query = sa.select(TicketDraft.body).where(
        TicketDraft.ticket_id == ticket.id,
        TicketDraft.admin_id == admin_id,
        TicketDraft.kind == kind,
    )
    return db.session.scalar(query)


def move_drafts(source: SupportTicket, target: SupportTicket) -> None:
    """What people have not sent in one locked ticket comes after what they have in another."""
    mine = TicketDraft.__table__.c
    query = sa.select(mine.admin_id, mine.kind, mine.body).where(mine.ticket_id == source.id)
    for admin_id, kind, body in db.session.execute(query).all():
        there = draft_of(target, admin_id, kind) or ""
        _keep(target, admin_id, kind, joined(there, body))
    changed_rows(sa.delete(TicketDraft).where(TicketDraft.ticket_id == source.id))


def mark_of(body: str) -> str:
    """Of a draft that a form has seen: its length and Adler-32, as `composer.js` makes them."""
    return _mark(_bytes(body))


def _mark(data: bytes) -> str:
    return f"{len(data)}-{zlib.adler32(data)}"


def _bytes(body: str) -> bytes:
    """Without the space at its end, which goes where something is put after it."""
    return body.rstrip(" \t\n").encode("utf-8", "replace")


def _unseen(present: str, seen: Sequence[str], text: str) -> tuple[str, str]:
    """What stands before and after the newest draft that was seen, but for what the text says too.

    Where that is not found in the present one, it is all of it. Nothing where no marks are given.
    """
    data = _bytes(present)
    if not seen or _mark(data) in seen:
        return "", ""
    start, end = _place(data, seen)
    parts = (part.decode("utf-8", "replace").strip("\n") for part in (data[:start], data[end:]))
    before, after = ("" if part in text else part for part in parts)
    return before, after


def _place(data: bytes, seen: Sequence[str]) -> tuple[int, int]:
    """Of the newest draft that was seen, where it begins or ends the present one."""
    for mark in reversed(seen):
        length = _length_of(mark)
        rest = len(data) - length
        if length and rest > 0:
            if _mark(data[:length]) == mark and data[length:].startswith(GAP.encode()):
                return 0, length
            if _mark(data[rest:]) == mark and data[:rest].endswith(GAP.encode()):
                return rest, len(data)
    return 0, 0


def _length_of(mark: str) -> int:
    length = mark.partition("-")[0]
    return int(length) if length.isascii() and length.isdigit() and len(length) < 10 else 0


def joined(*parts: str) -> str:
    """As paragraphs; one alone stays as it is."""
    written = [part for part in parts if part.strip()]
    return GAP.join([*(part.rstrip() for part in written[:-1]), *written[-1:]])
