"""Two tickets about one thing become one, and two again when that was wrong.

Both rows are locked in the order of their ids, so that opposite merges at once wait for each
other and the later one is refused.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import changed_rows, db, insert_into
from portal.core.errors import Conflict
from portal.customers.naming import address_key
from portal.support import clocks
from portal.support.drafts import move_drafts
from portal.support.history import note_event, target_of_ticket
from portal.support.linking import add_link
from portal.support.models import (
    SupportMessage,
    SupportTicket,
    TicketLink,
    TicketMerge,
    TicketParticipant,
    TicketWatcher,
)
from portal.support.recounting import recount
from portal.support.statuses import move
from portal.support.words import LinkKind, Status

UNDO_WINDOW = timedelta(days=30)
LONGEST_CHAIN = 100


class CannotMerge(Conflict):
    """These two cannot become one."""


class CannotUndo(Conflict):
    """The merge cannot be taken back (any more)."""


def merge(*, by: Actor, source: SupportTicket, target: SupportTicket) -> TicketMerge:
    """Move everything said in `source` to `target`, where its customer takes part from then on.

    What people have not sent moves as well, and stays there when the merge is taken back.

    Raises:
        CannotMerge: both are one, of different tenants, or one of them is merged, closed or gone.
    """
    _lock_both(source, target)
    _check(source, target)
    now = clock.now()
    moved = _move_messages(source, target)
    made = TicketMerge(
        source_id=source.id,
        target_id=target.id,
        source_status=source.status,
        message_ids=[str(each) for each in moved],
        merged_at=now,
        merged_by=by.id if by.type is ActorType.ADMIN else None,
    )
    db.session.add(made)
    _bring_people(source, target, now)
    move_drafts(source, target)
    clocks.merged_away(source, target, now)
    source.merged_into_id = target.id
    move(by=by, ticket=source, status=Status.MERGED, cause=f"merged into {target.number}", at=now)
    add_link(by=by, ticket=source, other=target, kind=LinkKind.MERGED_INTO)
    note_event(target, "merged", by=by, new=source.number)
    recount(target)
    target.is_unread = target.is_unread or target.waiting_since is not None
    _record(Action.TICKET_MERGED, by, source, target, len(moved))
    return made


def _lock_both(source: SupportTicket, target: SupportTicket) -> None:
    db.session.flush()
    for ticket in sorted((source, target), key=lambda one: one.id):
        db.session.refresh(ticket, with_for_update=True)


def _check(source: SupportTicket, target: SupportTicket) -> None:
    if source.id == target.id:
        raise CannotMerge("A ticket cannot be merged into itself.", field="number")
    if source.tenant_id != target.tenant_id:
        raise CannotMerge(
            f"{target.number} belongs to {target.tenant_name}. What one customer wrote must not "
            "be shown to another. Link the two instead.",
            field="number",
        )
    for ticket in (source, target):
        if not may_be_merged(ticket):
            label = Status(ticket.status).label.lower()
            raise CannotMerge(
                f"{ticket.number} is {label}, so it cannot be merged.", field="number"
            )


def may_be_merged(ticket: SupportTicket) -> bool:
    """Is it one that another can be merged into, and the other way about?"""
    return ticket.status not in {Status.MERGED, Status.DELETED, Status.SPAM, Status.CLOSED}


def _move_messages(source: SupportTicket, target: SupportTicket) -> list[int]:
    ids = list(
        db.session.scalars(
            sa.select(SupportMessage.id)
            .where(SupportMessage.ticket_id == source.id)
            .order_by(SupportMessage.id)
        )
    )
    _move(ids, source.id, target.id)
    return ids


def _move(ids: list[int], from_id: int, to_id: int) -> int:
    return changed_rows(
        sa.update(SupportMessage)
        .where(SupportMessage.id.in_(ids), SupportMessage.ticket_id == from_id)
        .values(ticket_id=to_id)
    )


def _bring_people(source: SupportTicket, target: SupportTicket, now: datetime) -> None:
    """The source's requester, participants and watchers hear of the target from now on."""
    columns = ("user_id", "name", "email", "email_key", "added_at")
    rows = [{name: getattr(one, name) for name in columns} for one in _taking_part(source)]
    if source.requester_id != target.requester_id:
        rows.append(
            {
                "user_id": source.requester_id,
                "name": source.requester_name,
                "email": source.requester_email,
                "email_key": address_key(source.requester_email),
                "added_at": now,
            }
        )
    for row in rows:
        if row["user_id"] is None or row["user_id"] != target.requester_id:
            added = insert_into(TicketParticipant).values(ticket_id=target.id, **row)
            db.session.execute(added.on_conflict_do_nothing())
    watchers = sa.select(sa.literal(target.id), TicketWatcher.admin_id, TicketWatcher.since).where(
        TicketWatcher.ticket_id == source.id
    )
    followed = insert_into(TicketWatcher).from_select(["ticket_id", "admin_id", "since"], watchers)
    db.session.execute(followed.on_conflict_do_nothing())


def _take_people_back(target: SupportTicket) -> None:
    """Whom only merges brought that were taken back hears of the target no more.

    A merge keeps when its people began to take part, by which they are told from those whom
    somebody added to the target.
    """
    merges = sa.select(TicketMerge.merged_at, TicketMerge.undone_at, SupportTicket).join(
        SupportTicket, SupportTicket.id == TicketMerge.source_id
    )
    brought, wanted = set[tuple[int | str, datetime]](), set[int | str]()
    for merged_at, undone_at, source in db.session.execute(
        merges.where(TicketMerge.target_id == target.id)
    ):
        people = {_who(one): one.added_at for one in _taking_part(source)}
        people.setdefault(source.requester_id, merged_at)
        brought.update(people.items())
        wanted.update(people if undone_at is None else ())
    for one in _taking_part(target):
        if (_who(one), one.added_at) in brought and _who(one) not in wanted:
            db.session.delete(one)


def _who(one: TicketParticipant) -> int | str:
    """A user, whatever their address is by now; else whoever has the address."""
    return one.user_id or one.email_key


def _taking_part(ticket: SupportTicket) -> Sequence[TicketParticipant]:
    query = sa.select(TicketParticipant).where(TicketParticipant.ticket_id == ticket.id)
    return db.session.scalars(query).all()


def undo_merge(*, by: Actor, source: SupportTicket) -> SupportTicket:
    """Move the messages back that came by the merge, and its people; what was written since stays.
    The target.

    Raises:
        CannotUndo: it was not merged, longer than 30 days ago, or taken back already.
    """
    made, target = _merge_to_undo(source)
    back = _move([int(each) for each in made.message_ids], target.id, source.id)
    if not back:
        raise CannotUndo("Its messages were moved on since. Take that back first.")
    now = clock.now()
    made.undone_at = now
    _take_people_back(target)
    source.merged_into_id = None
    was = Status(made.source_status)
    status = was if was in {Status.NEW, Status.PENDING, Status.ON_HOLD} else Status.OPEN
    move(by=by, ticket=source, status=status, cause="merge undone", at=now)
    merged = TicketLink.kind == LinkKind.MERGED_INTO
    ours = sa.and_(TicketLink.ticket_id == source.id, TicketLink.other_id == target.id)
    changed_rows(sa.delete(TicketLink).where(merged, ours))
    note_event(target, "merge_undone", by=by, old=source.number)
    recount(source)
    recount(target)
    clocks.merge_undone(target, now)
    _record(Action.TICKET_MERGE_UNDONE, by, source, target, back)
    return target


def _merge_to_undo(source: SupportTicket) -> tuple[TicketMerge, SupportTicket]:
    """The merge and its target, both tickets locked."""
    made = _latest_merge(source)
    if made is None or source.status != Status.MERGED:
        raise CannotUndo("This ticket is not merged.")
    target = db.session.get_one(SupportTicket, made.target_id)
    _lock_both(source, target)
    db.session.refresh(made)
    if made.undone_at is not None or source.status != Status.MERGED:
        raise CannotUndo("Somebody took this merge back already.")
    if clock.now() - made.merged_at > UNDO_WINDOW:
        raise CannotUndo("A merge can be taken back for 30 days. Split the messages off instead.")
    return made, target


def _latest_merge(source: SupportTicket) -> TicketMerge | None:
    query = sa.select(TicketMerge).where(
        TicketMerge.source_id == source.id, TicketMerge.undone_at.is_(None)
    )
    return db.session.scalar(query.order_by(TicketMerge.id.desc()).limit(1))


def may_undo(source: SupportTicket) -> bool:
    """Was it merged, at most 30 days ago?"""
    made = _latest_merge(source) if source.status == Status.MERGED else None
    return made is not None and clock.now() - made.merged_at <= UNDO_WINDOW


def live_ticket(ticket: SupportTicket) -> SupportTicket | None:
    """Where a merged ticket's conversation goes on; itself when it is not merged.

    None when the way ends at nothing: a circle, or a ticket that is gone.
    """
    seen = {ticket.id}
    while ticket.status == Status.MERGED:
        following = (
            db.session.get(SupportTicket, ticket.merged_into_id) if ticket.merged_into_id else None
        )
        if following is None or following.id in seen or len(seen) > LONGEST_CHAIN:
            return None
        seen.add(following.id)
        ticket = following
    return ticket if ticket.status != Status.DELETED else None


def _record(
    action: Action, by: Actor, source: SupportTicket, target: SupportTicket, count: int
) -> None:
    record(
        action,
        by=by,
        target=target_of_ticket(source),
        tenant_id=source.tenant_id,
        meta={"target": target.number, "messages": count},
    )
