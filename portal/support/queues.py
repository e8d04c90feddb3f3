"""The queues: which tickets wait, in which order, and how many. One table, one query a page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.counting import capped, in_words
from portal.core.database import db
from portal.core.quick import Quick
from portal.support.filter_language import EVERYTHING, Filter
from portal.support.filtering import Condition, Looking, condition_of
from portal.support.models import SupportTicket, TeamMember
from portal.support.queue_rows import COLUMNS, QueueRow, row_maker
from portal.support.seeing import seen_by, sees_all
from portal.support.words import OPEN_STATUSES
from portal.web.paging import PAGE_SIZE, ListPage, first_page_of, page_of

DUE_SOON = timedelta(hours=4)
MOST = 199
"""A queue is counted so far, at every look: of more, it is enough to know that they are many."""
_ticket = SupportTicket.__table__.c


class View(StrEnum):
    """The views that everybody has."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    TEAM = "team"
    DUE_SOON = "due-soon"
    BREACHED = "breached"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    ALL = "all"

    @property
    def label(self) -> str:
        return LABELS[self]

    @property
    def meaning(self) -> str:
        """What stands in it, in one sentence."""
        return MEANINGS[self]


LABELS = {
    View.MINE: "Mine",
    View.UNASSIGNED: "Unassigned",
    View.TEAM: "My teams",
    View.DUE_SOON: "Due soon",
    View.BREACHED: "Overdue",
    View.WAITING: "Waiting for us",
    View.SNOOZED: "Snoozed",
    View.ALL: "All open",
}
MEANINGS = {
    View.MINE: "Open tickets that you have.",
    View.UNASSIGNED: "Open tickets that nobody has.",
    View.TEAM: "Open tickets of the teams that you belong to.",
    View.DUE_SOON: "Open tickets that are due within four hours.",
    View.BREACHED: "Open tickets whose promise is broken.",
    View.WAITING: "Open tickets whose customer wrote and got no answer yet.",
    View.SNOOZED: "Tickets that somebody put off until later.",
    View.ALL: "Open tickets that nobody put off. Others by `status:solved` or `status:any`.",
}


@dataclass(frozen=True, slots=True)
class Queue:
    """One list of tickets. A saved view is the view of all, narrowed by its own filter."""

    key: str
    view: View
    label: str
    own: Filter = EVERYTHING
    narrowed: Filter = EVERYTHING

    @classmethod
    def of(cls, view: View) -> "Queue":
        return cls(view.value, view, view.label)

    def narrowed_by(self, narrowed: Filter) -> "Queue":
        return replace(self, narrowed=narrowed)


class Place(NamedTuple):
    """Where a ticket stands in the order of every queue: keep it before you change the ticket."""

    queue_at: datetime
    id: int


def place_of(ticket: SupportTicket) -> Place:
    return Place(ticket.queue_at, ticket.id)


def tickets_in(queue: Queue, looking: Looking, *, cursor: str | None = None) -> ListPage[QueueRow]:
    """A page of the queue: what is due first stands first.

    Raises:
        BadCursor: the cursor is not of this list.
    """
    make = row_maker(looking.now)
    if not cursor and queue in _USUAL and sees_all(looking.by):
        return first_page_of(_listing(queue.view).rows(**values_of(looking)), make, order=ORDER)
    query = sa.select(*COLUMNS).where(*conditions(queue, looking))
    return page_of(query.order_by(*ORDER), make, cursor=cursor)


ORDER = (_ticket.queue_at, _ticket.id)


def conditions(queue: Queue, looking: Looking) -> list[Condition]:
    """Which tickets stand in a queue. A filter that asks for a status gets that one."""
    asked = queue.own + queue.narrowed
    found = [seen_by(looking.by), *_OF_VIEW[queue.view](At.of(looking))]
    if queue.view is not View.ALL or _is_of_open(asked):
        found.append(_ticket.is_open)
    if queue.view is not View.SNOOZED and not asked.asks_for("is", "snoozed"):
        found.append(_awake(looking.now))
    if asked.parts:
        found.append(condition_of(asked, looking))
    return found


def _is_of_open(asked: Filter) -> bool:
    """Also when it goes without saying: the indexes of the queues begin with it."""
    return not asked.asks_for("status") or asked.asks_only_for("status", OPEN_STATUSES)


class At(NamedTuple):
    """Who looks and when, as values or as parameters of a statement."""

    me: Any
    now: Any
    soon: Any

    @classmethod
    def of(cls, looking: Looking) -> "At":
        return cls(looking.by.id, looking.now, looking.now + DUE_SOON)


def _team(at: At) -> list[Condition]:
    own = sa.select(TeamMember.team_id).where(TeamMember.agent_id == at.me)
    return [_ticket.team_id.in_(own)]


def _due_soon(at: At) -> list[Condition]:
    return [_ticket.queue_at >= at.now, _ticket.queue_at < at.soon]


def _awake(now: Any) -> Condition:
    return sa.or_(_ticket.snoozed_until.is_(None), _ticket.snoozed_until <= now)


_OF_VIEW: dict[View, Callable[[At], list[Condition]]] = {
    View.MINE: lambda at: [_ticket.assignee_id == at.me],
    View.UNASSIGNED: lambda _: [_ticket.assignee_id.is_(None)],
    View.TEAM: _team,
    View.DUE_SOON: _due_soon,
    View.BREACHED: lambda at: [_ticket.queue_at < at.now],
    View.WAITING: lambda _: [_ticket.waiting_since.is_not(None)],
    View.SNOOZED: lambda at: [_ticket.snoozed_until > at.now],
    View.ALL: lambda _: [],
}


def counts_of(queues: Sequence[Queue], looking: Looking) -> dict[str, str]:
    """How many tickets stand in each, in a statement or two that count no further than `MOST`.

    The views that everybody has are asked on every page: their statement is made once.
    """
    is_ours = sees_all(looking.by)
    usual = [queue for queue in queues if is_ours and queue in _USUAL]
    others = [queue for queue in queues if queue not in usual]
    found: dict[str, int] = {}
    if usual:
        row = _counting(tuple(queue.view for queue in usual)).row(**values_of(looking))
        found = {queue.key: getattr(row, queue.view.name) for queue in usual}
    if others:
        numbers = [
            # In the queue's order, or PostgreSQL looks for the first of many from the oldest on.
            capped(those(conditions(queue, looking)).order_by(*ORDER), MOST).label(f"n{place}")
            for place, queue in enumerate(others)
        ]
        row = db.session.connection().execute(sa.select(*numbers)).one()
        found |= {queue.key: count for queue, count in zip(others, row, strict=True)}
    return {queue.key: in_words(found[queue.key], MOST) for queue in queues}


def values_of(looking: Looking) -> dict[str, Any]:
    """For the parameters of `usual_conditions`."""
    return At.of(looking)._asdict()


def those(where: Sequence[Condition]) -> sa.Select[Any]:
    """What is counted."""
    return sa.select(_ticket.id).where(*where)


def usual_conditions(*views: View) -> list[Condition]:
    """As `conditions` has them for our people, with `values_of` for parameters.

    Of several views: what stands in each of them. What is open is neither spam nor deleted.
    """
    instant = _ticket.queue_at.type
    at = At(
        sa.bindparam("me", type_=sa.Integer),
        sa.bindparam("now", type_=instant),
        sa.bindparam("soon", type_=instant),
    )
    hidden = [] if View.SNOOZED in views else [_awake(at.now)]
    inside = [each for view in views for each in _OF_VIEW[view](at)]
    return [_ticket.is_open, *inside, *hidden]


_USUAL = frozenset(Queue.of(view) for view in View)


@cache
def _listing(view: View) -> Quick:
    """The first page of a view and one row more: what is asked every few seconds, built once."""
    found = sa.select(*COLUMNS).where(*usual_conditions(view))
    return Quick(found.order_by(*ORDER).limit(PAGE_SIZE + 1))


@cache
def _counting(views: tuple[View, ...]) -> Quick:
    counts = (capped(those(usual_conditions(view)), MOST).label(view.name) for view in views)
    return Quick(sa.select(*counts))


@dataclass(frozen=True, slots=True)
class Again:
    """What became of a page that somebody reads: their rows in their order, and how many wait.

    A ticket that cannot be seen any more is its number alone.
    """

    rows: list[QueueRow | str]
    fresh: int


def look_again(
    queue: Queue, looking: Looking, shown: Sequence[str], *, is_first_page: bool
) -> Again:
    """The tickets of these numbers as they are now, whether they are still here, and new ones.

    Nothing moves: tickets that came meanwhile are only counted, those that belong to the first
    page.
    """
    is_here = sa.func.coalesce(sa.and_(*conditions(queue, looking)), sa.false()).label("is_here")
    wanted: Any = sa.select(_ticket.id).where(_ticket.number.in_(shown), seen_by(looking.by))
    if is_first_page:
        first = sa.select(_ticket.id).where(*conditions(queue, looking)).order_by(*ORDER)
        wanted = wanted.union(sa.select(first.limit(PAGE_SIZE).subquery().c.id))
    query = sa.select(*COLUMNS, is_here).where(_ticket.id.in_(wanted)).order_by(*ORDER)
    make = row_maker(looking.now)
    rows = [make(row) for row in db.session.connection().execute(query)]
    known = {row.number: row for row in rows}
    return Again([known.get(number, number) for number in shown], _fresh(rows, shown))


def _fresh(rows: Sequence[QueueRow], shown: Sequence[str]) -> int:
    """How many rows would stand between or, on a page that is not full, after those shown."""
    here = [row.number in shown for row in rows if row.is_here]
    if len(shown) >= PAGE_SIZE and True in here:
        here = here[: len(here) - here[::-1].index(True)]
    return here.count(False)


def next_in_view(queue: Queue, looking: Looking, after: Place) -> str | None:
    """The number of the ticket to work on after one that stood at this place; None: none is left.

    From the end of the queue it begins anew.
    """
    inside = conditions(queue, looking)
    here, there = (
        sa.tuple_(*ORDER),
        sa.tuple_(sa.literal(after.queue_at, _ticket.queue_at.type), after.id),
    )
    query = sa.select(_ticket.number).where(*inside, _ticket.id != after.id).limit(1)
    following = db.session.scalar(query.where(here > there).order_by(*ORDER))
    return following or db.session.scalar(query.order_by(*ORDER))
