"""One change for many tickets: started here, worked off by the worker, taken back as a whole."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.errors import Conflict, Denied, DomainError, NotFound
from portal.core.permissions import Permission
from portal.jobs.queue import enqueue
from portal.support.applying import Change
from portal.support.change_words import NothingToChange, checked_change
from portal.support.filtering import Looking
from portal.support.models import BulkChange, BulkChangeRow, SupportTicket
from portal.support.numbers import read_number
from portal.support.queues import Queue, conditions
from portal.support.seeing import seen_by

KIND = "support.bulk_change"
MOST = 10_000
LONGEST_QUERY = 500
AT_ONCE = 1_000
"""Rows in one statement."""
T = TypeVar("T")


class NothingChosen(DomainError):
    """No ticket that this person may see."""


class TooManyChosen(DomainError):
    """More than 10,000 tickets."""


class NotToUndo(Conflict):
    """It still runs, was taken back before, or took another one back."""


def chosen_one_by_one(by: Actor, numbers: Iterable[str]) -> list[int]:
    """The ids of the tickets of these numbers, as far as this person may see them.

    Raises:
        NothingChosen, TooManyChosen: see the classes (422).
    """
    wanted = list(dict.fromkeys(number for text in numbers if (number := read_number(text))))
    if len(wanted) > MOST:
        raise _too_many()
    found: list[int] = []
    for some in _parts(wanted):
        query = sa.select(SupportTicket.id).where(SupportTicket.number.in_(some), seen_by(by))
        found.extend(db.session.scalars(query))
    return _some(sorted(found))


def chosen_by_queue(queue: Queue, looking: Looking) -> list[int]:
    """The ids of all tickets that stand in a queue now. Raises as `chosen_one_by_one`."""
    query = sa.select(SupportTicket.id).where(*conditions(queue, looking))
    found = list(db.session.scalars(query.order_by(SupportTicket.id).limit(MOST + 1)))
    if len(found) > MOST:
        raise _too_many()
    return _some(found)


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def _too_many() -> TooManyChosen:
    return TooManyChosen(f"Change at most {MOST:,} tickets at once. Narrow the filter.")


def _some(found: list[int]) -> list[int]:
    if not found:
        raise NothingChosen("No ticket is selected, or none is left that you may see.")
    return found


def start_bulk_change(
    *, by: Actor, ticket_ids: Sequence[int], change: Change, query: str | None = None
) -> BulkChange:
    """Have the worker make these tickets so; `query` says which filter chose them.

    Raises:
        NothingToChange, NothingChosen, TooManyChosen: see the classes (422).
        UnknownValue, BadTag, NobodyThere, NoSuchTeam: as `checked_change`.
        Denied: this person may not change tickets, or is none (403).
    """
    wanted = checked_change(change)
    if not wanted:
        raise NothingToChange("Choose what should change.")
    ids = _some(sorted(set(ticket_ids)))
    if len(ids) > MOST:
        raise _too_many()
    bulk = _begin(by, ids, change=wanted, query=query[:LONGEST_QUERY] if query else None)
    record(
        Action.TICKETS_BULK_STARTED,
        by=by,
        target=_target(bulk),
        changes={"tickets": (None, wanted)},
        # Not the filter itself: it may name a customer's person, and the ledger is for ever.
        meta={
            "batch_id": cause_of(bulk),
            "total": bulk.total,
            "by_filter": bulk.query is not None,
        },
    )
    return bulk


def undo_bulk_change(*, by: Actor, bulk_id: int) -> BulkChange:
    """Take it back wherever nobody changed the field since: a change in bulk of its own.

    Raises:
        NotFound: there is none.
        NotToUndo: see the class (409).
        Denied: somebody else started it, and this person does not manage the desk (403).
    """
    undone = bulk_or_404(bulk_id, lock=True)
    if undone.created_by != by.id and not by.may(Permission.SUPPORT_MANAGE):
        raise Denied("Somebody else changed these tickets. Ask them or a manager.")
    _check_undoable(undone)
    query = sa.select(BulkChangeRow.ticket_id).where(
        BulkChangeRow.bulk_id == undone.id, BulkChangeRow.result == "changed"
    )
    ids = list(db.session.scalars(query.order_by(BulkChangeRow.ticket_id)))
    if not ids:
        raise NotToUndo("It changed no ticket, so there is nothing to take back.")
    undone.undone_at = clock.now()
    bulk = _begin(by, ids, change={}, undoes_id=undone.id)
    record(
        Action.TICKETS_BULK_UNDONE,
        by=by,
        target=_target(undone),
        meta={"batch_id": cause_of(bulk), "total": bulk.total, "undoes": cause_of(undone)},
    )
    return bulk


def _check_undoable(bulk: BulkChange) -> None:
    if bulk.undoes_id is not None:
        raise NotToUndo("This took another change back. Make the change again instead.")
    if bulk.undone_at is not None:
        raise NotToUndo("This was taken back already.")
    if bulk.status != "done":
        raise NotToUndo("It still runs. Take it back when it is done.")


def _begin(by: Actor, ids: Sequence[int], **values: Any) -> BulkChange:
    if by.type is not ActorType.ADMIN:
        raise Denied("Only a person starts this: the worker asks what they may do.")
    if not by.may(Permission.TICKETS_REPLY):
        raise Denied("You may not change tickets.")
    bulk = BulkChange(
        status="queued",
        total=len(ids),
        created_at=clock.now(),
        created_by=by.id,
        created_by_label=by.label,
        **values,
    )
    db.session.add(bulk)
    db.session.flush()
    for some in _parts(ids):
        rows = [{"bulk_id": bulk.id, "ticket_id": ticket_id} for ticket_id in some]
        db.session.execute(sa.insert(BulkChangeRow), rows)
    enqueue(KIND, {"bulk_id": bulk.id})
    return bulk


def cause_of(bulk: BulkChange) -> str:
    """What all its events have in common."""
    return f"bulk:{bulk.id}"


def bulk_or_404(bulk_id: int, *, lock: bool = False) -> BulkChange:
    """
    Raises:
        NotFound: there is no such change in bulk.
    """
    found = db.session.get(BulkChange, bulk_id, with_for_update=lock, populate_existing=lock)
    if found is None:
        raise NotFound("There is no such change of many tickets.")
    return found


def _target(bulk: BulkChange) -> Target:
    return Target("ticket_bulk_change", bulk.id, f"{bulk.total} tickets")
