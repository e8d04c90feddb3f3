"""Tickets that belong together."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import changed_rows, db, insert_into
from portal.core.errors import Conflict, NotFound
from portal.core.quick import Quick
from portal.support.history import note_event, target_of_ticket
from portal.support.models import SupportTicket, TicketLink
from portal.support.seeing import seen_by, seen_by_us, sees_all
from portal.support.words import LinkKind

WORDS = {
    (LinkKind.RELATED, True): "Related to",
    (LinkKind.RELATED, False): "Related to",
    (LinkKind.FOLLOW_UP_OF, True): "Follow-up of",
    (LinkKind.FOLLOW_UP_OF, False): "Followed up by",
    (LinkKind.MERGED_INTO, True): "Merged into",
    (LinkKind.MERGED_INTO, False): "Merged from",
    (LinkKind.SPLIT_FROM, True): "Split from",
    (LinkKind.SPLIT_FROM, False): "Split into",
}


class CannotLink(Conflict):
    """A ticket does not belong to itself."""


@dataclass(frozen=True, slots=True)
class Related:
    """Another ticket, and how it belongs to this one."""

    number: str
    subject: str
    status: str
    words: str
    may_unlink: bool


def add_link(*, by: Actor, ticket: SupportTicket, other: SupportTicket, kind: LinkKind) -> bool:
    """Note that one belongs to the other, whoever says so. False: it was noted before."""
    added = insert_into(TicketLink).values(
        ticket_id=ticket.id,
        other_id=other.id,
        kind=kind,
        created_at=clock.now(),
        created_by=by.id if by.type is ActorType.ADMIN else None,
    )
    return db.session.scalar(added.on_conflict_do_nothing().returning(TicketLink.id)) is not None


def link(*, by: Actor, ticket: SupportTicket, other: SupportTicket) -> bool:
    """Say that two tickets are about one thing. False: somebody said so before.

    Raises:
        CannotLink: both are one.
    """
    if ticket.id == other.id:
        raise CannotLink("A ticket cannot be linked to itself.", field="number")
    # One direction is enough, always from the older one, so that two at once make one link.
    first, second = sorted((ticket, other), key=lambda one: one.id)
    if not add_link(by=by, ticket=first, other=second, kind=LinkKind.RELATED):
        return False
    for one, its in ((ticket, other), (other, ticket)):
        note_event(one, "linked", by=by, new=its.number)
    record(
        Action.TICKET_LINKED,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        meta={"other": other.number},
    )
    return True


def unlink(*, by: Actor, ticket: SupportTicket, other: SupportTicket) -> None:
    """Take that back.

    Raises:
        NotFound: they are not linked, or by more than somebody's word.
    """
    pair = {ticket.id, other.id}
    gone = changed_rows(
        sa.delete(TicketLink).where(
            TicketLink.kind == LinkKind.RELATED,
            TicketLink.ticket_id.in_(pair),
            TicketLink.other_id.in_(pair),
        )
    )
    if not gone:
        raise NotFound("These tickets are not linked.")
    for one, its in ((ticket, other), (other, ticket)):
        note_event(one, "unlinked", by=by, old=its.number)
    record(
        Action.TICKET_UNLINKED,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        meta={"other": other.number},
    )


def related_to(*, by: Actor, ticket: SupportTicket) -> list[Related]:
    """The tickets that belong to this one, as far as the caller may see them, in one query."""
    if sees_all(by):
        rows = _linked_to_ours().rows(ticket=ticket.id)
    else:
        rows = list(db.session.execute(_linked(seen_by(by), sa.literal(ticket.id))))
    return [
        Related(
            row.number,
            row.subject,
            row.status,
            WORDS[LinkKind(row.kind), bool(row.from_)],
            row.kind == LinkKind.RELATED,
        )
        for row in rows
    ]


@cache
def _linked_to_ours() -> Quick:
    """Built once: every page of a ticket asks."""
    return Quick(_linked(seen_by_us(), sa.bindparam("ticket", type_=sa.Integer)))


def _linked(
    where: sa.ColumnElement[bool], ticket_id: sa.BindParameter[int]
) -> sa.Select[*tuple[Any, ...]]:
    outward = sa.select(TicketLink.other_id.label("its"), TicketLink.kind, sa.true().label("from_"))
    inward = sa.select(TicketLink.ticket_id, TicketLink.kind, sa.false())
    both = sa.union_all(
        outward.where(TicketLink.ticket_id == ticket_id),
        inward.where(TicketLink.other_id == ticket_id),
    ).subquery()
    return (
        sa.select(
            SupportTicket.number,
            SupportTicket.subject,
            SupportTicket.status,
            both.c.kind,
            both.c.from_,
        )
        .join(both, both.c.its == SupportTicket.id)
        .where(where)
        .order_by(SupportTicket.id)
    )
