"""Putting words into a reply that somebody is writing. They decide whether to send them."""

from portal.support.drafts import draft_of, joined, save_draft
from portal.support.models import SupportTicket
from portal.support.seeing import lock_ticket
from portal.support.words import MessageKind


def suggest(*, admin_id: int, ticket: SupportTicket, text: str) -> None:
    """Add a paragraph to the person's draft of a reply, unless it ends with the same.

    Raises:
        BadBody: the draft would be longer than a message may be (422).
    """
    lock_ticket(ticket)
    present = (draft_of(ticket, admin_id, MessageKind.PUBLIC) or "").rstrip()
    if present.endswith(text):
        return
    body = joined(present, text)
    save_draft(admin_id=admin_id, ticket=ticket, kind=MessageKind.PUBLIC, body=body)
