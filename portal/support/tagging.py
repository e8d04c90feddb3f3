"""Words that people put on tickets to find them again."""

from collections.abc import Iterable

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import changed_rows, db
from portal.core.errors import DomainError
from portal.core.text import nfc
from portal.support import clocks
from portal.support.history import note_event, target_of_ticket
from portal.support.models import SupportTicket, TicketTag
from portal.support.seeing import lock_ticket
from portal.support.words import LONGEST_TAG, TAG

MOST = 20


class BadTag(DomainError):
    """Not one word, or too many of them."""


def checked_tag(text: str) -> str:
    """A tag in small letters.

    Raises:
        BadTag: empty, longer than 40 characters, or more than one word.
    """
    found = nfc(text.replace("\x00", "")).strip().lstrip("#").casefold()
    if not TAG.fullmatch(found):
        raise BadTag("A tag is one word of letters, digits and . : + - _", field="tag")
    if len(found) > LONGEST_TAG:
        raise BadTag(f"Use at most {LONGEST_TAG} characters for a tag.", field="tag")
    return found


def change_tags(
    *,
    by: Actor,
    ticket: SupportTicket,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    cause: str | None = None,
) -> bool:
    """Put tags on the ticket and take others off; what others did meanwhile stays.

    `cause` as of `note_event`. False: it had them and lacked those already.

    Raises:
        BadTag: a tag that is none, or more than 20 on one ticket (422).
    """
    added, removed = [checked_tag(tag) for tag in add], {checked_tag(tag) for tag in remove}
    lock_ticket(ticket)
    before = list(ticket.tags)
    after = list(dict.fromkeys([*(tag for tag in before if tag not in removed), *added]))
    if after == before:
        return False
    if len(after) > max(MOST, len(before)):
        raise BadTag(f"A ticket takes at most {MOST} tags.", field="tag")
    now = clock.now()
    _store(ticket, before, after)
    note_event(
        ticket, "tags", by=by, old=" ".join(before), new=" ".join(after), cause=cause, at=now
    )
    clocks.terms_changed(ticket, now)
    record(
        Action.TICKET_CHANGED,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        changes={"tags": (before, after)},
        meta={"cause": cause} if cause else None,
    )
    return True


def _store(ticket: SupportTicket, before: list[str], after: list[str]) -> None:
    gone, new = sorted(set(before) - set(after)), [tag for tag in after if tag not in before]
    mine = TicketTag.ticket_id == ticket.id
    if gone:
        changed_rows(sa.delete(TicketTag).where(mine, TicketTag.tag.in_(gone)))
    db.session.add_all(TicketTag(ticket_id=ticket.id, tag=tag) for tag in new)
    ticket.tags = after
    ticket.version += 1
