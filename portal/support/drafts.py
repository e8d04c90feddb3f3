"""What somebody has written and not sent yet: kept per ticket, person and kind."""

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import changed_rows, db, insert_into
from portal.support.bodies import LONGEST_BODY, BadBody
from portal.support.models import SupportTicket, TicketDraft
from portal.support.seeing import lock_ticket
from portal.support.thread import sent_before
from portal.support.words import MessageKind


def save_draft(
    *,
    admin_id: int,
    ticket: SupportTicket,
    kind: MessageKind,
    body: str,
    submit_key: str | None = None,
) -> bool:
    """Keep it in place of the one before; an empty one removes that. False: nothing was kept.

    `submit_key` is that of the form in which it is written: once the form was sent, a save that
    was under way meanwhile keeps nothing.

    Raises:
        BadBody: longer than a message may be (422).
    """
    text = body.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > LONGEST_BODY:
        raise BadBody(f"Use at most {LONGEST_BODY:,} characters.", field="body")
    lock_ticket(ticket)  # whoever sends holds it, too
    if sent_before(ticket, submit_key) is not None:
        return False
    if not text.strip():
        consume(ticket, admin_id, kind)
        return False
    values = {"body": text, "updated_at": clock.now()}
    new = insert_into(TicketDraft).values(
        ticket_id=ticket.id, admin_id=admin_id, kind=kind.value, **values
    )
    keys = ["ticket_id", "admin_id", "kind"]
    db.session.execute(new.on_conflict_do_update(index_elements=keys, set_=values))
    return True


def consume(ticket: SupportTicket, admin_id: int, kind: MessageKind) -> None:
    """Remove the draft in the transaction that sends it. Another person's is never met."""
    mine = (TicketDraft.ticket_id == ticket.id, TicketDraft.admin_id == admin_id)
    changed_rows(sa.delete(TicketDraft).where(*mine, TicketDraft.kind == kind))


def draft_of(ticket: SupportTicket, admin_id: int, kind: MessageKind) -> str | None:
    """What the person has written there, or None."""
    query = sa.select(TicketDraft.body).where(
        TicketDraft.ticket_id == ticket.id,
        TicketDraft.admin_id == admin_id,
        TicketDraft.kind == kind,
    )
    return db.session.scalar(query)
