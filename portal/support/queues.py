"""The queues: which tickets wait, in which order, and how many. One table, one query a page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from portal.core.counting import capped, in_words
from portal.core.database import db
from portal.core.quick import Quick
from portal.support.awake import is_awake
from portal.support.filter_language import EVERYTHING, Filter
from portal.support.filtering import Condition, Looking, condition_of, of_own_teams
from portal.support.models import SupportTicket
from portal.support.orders import DUE_FIRST, Order, order_of
from portal.support.queue_rows import COLUMNS, QueueRow, row_maker
from portal.support.seeing import seen_by, seen_by_us, sees_all
from portal.support.steady import common_tags, each_tagged, is_steady, looking_at
from portal.support.words import OPEN_STATUSES
from portal.web.paging import PAGE_SIZE, ListPage, first_page_of, page_of

DUE_SOON = timedelta(hours=4)
MOST = 199
"""A queue is counted so far, at every look: of more, it is enough to know that they are many."""
MOST_BUILT = 256
"""Statements of narrowed queues that a process keeps."""
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

    @property
    def asked(self) -> Filter:
        """Both of its filters."""
        return self.own + self.narrowed

    @property
    def order(self) -> Order:
        return order_of(self.asked)


def tickets_in(queue: Queue, looking: Looking, *, cursor: str | None = None) -> ListPage[QueueRow]:
    """A page of the queue, in its order.

    Raises:
        BadCursor: the cursor is not of this list.
    """
    make, order = row_maker(looking.now), queue.order
    if not cursor:
        named = (_ticket[order.name], _ticket.id)
        return first_page_of(_first_rows(queue, looking), make, order=named)
    query = sa.select(*COLUMNS).where(*conditions(queue, looking))
    return page_of(query.order_by(*order.columns()), make, cursor=cursor)


def _first_rows(queue: Queue, looking: Looking) -> Sequence[Any]:
    asked = queue.asked
    if sees_all(looking.by) and (not asked.parts or is_steady(asked)):
        return _listing(queue.view, asked, common_tags(asked)).rows(**values_of(looking))
    query = sa.select(*COLUMNS).where(*conditions(queue, looking))
    query = query.order_by(*queue.order.columns()).limit(PAGE_SIZE + 1)
    return db.session.connection().execute(query).all()


def conditions(queue: Queue, looking: Looking) -> list[Condition]:
    """Which tickets stand in a queue. A filter that asks for a status gets that one."""
    return [seen_by(looking.by), *_inside(queue.view, queue.asked, looking, At.of(looking))]


def _inside(view: View, asked: Filter, looking: Looking, at: "At") -> list[Condition]:
    found = list(_OF_VIEW[view](at))
    is_of_asleep = view is View.SNOOZED or asked.asks_for("is", "snoozed")
    if view is not View.ALL or is_of_open(asked):
        found.append(_is_open(is_of_asleep=is_of_asleep))
    if not is_of_asleep:
        found.append(is_awake(at.now))
    if asked.parts:
        found.append(condition_of(asked, looking))
    return found


def is_of_open(asked: Filter) -> bool:
    """Does it go without saying, or by its statuses? The indexes of the queues begin with it."""
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
    return [of_own_teams(at.me)]


def _due_soon(at: At) -> list[Condition]:
    return [_ticket.queue_at >= at.now, _ticket.queue_at < at.soon]


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
            # In an order of its own, or PostgreSQL looks for the first of many from the oldest on.
            capped(those(conditions(queue, looking)).order_by(*DUE_FIRST), MOST).label(f"n{place}")
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
    at = _at_any_time()
    is_of_asleep = View.SNOOZED in views
    hidden = [] if is_of_asleep else [is_awake(at.now)]
    inside = [each for view in views for each in _OF_VIEW[view](at)]
    return [_is_open(is_of_asleep=is_of_asleep), *inside, *hidden]


def _is_open(*, is_of_asleep: bool) -> Condition:
    """Few tickets are put off, and an index knows them: that of the open ones must not serve.

    SQLite without statistics prefers it, and reads all that are open.
    """
    return _ticket.is_open.is_not(sa.false()) if is_of_asleep else _ticket.is_open


def _at_any_time() -> At:
    instant = _ticket.queue_at.type
    now, soon = (sa.bindparam(name, type_=instant) for name in ("now", "soon"))
    return At(sa.bindparam("me", type_=sa.Integer), now, soon)


_USUAL = frozenset(Queue.of(view) for view in View)


@lru_cache(maxsize=MOST_BUILT)
def _listing(view: View, asked: Filter, common: Filter) -> Quick:
    """The first page of a view and one row more: what is asked every few seconds, built once."""
    found = sa.select(*COLUMNS).order_by(*order_of(asked).columns()).limit(PAGE_SIZE + 1)
    if not asked.parts:
        return Quick(found.where(*usual_conditions(view)))
    at = _at_any_time()
    rest = Filter(tuple(part for part in asked.parts if part not in common.parts))
    inside = _inside(view, rest, looking_at(at.me, at.now), at)
    return Quick(found.where(seen_by_us(), *inside, *each_tagged(common)), is_spelt_out=True)


@cache
def _counting(views: tuple[View, ...]) -> Quick:
    counts = (capped(those(usual_conditions(view)), MOST).label(view.name) for view in views)
    return Quick(sa.select(*counts))
