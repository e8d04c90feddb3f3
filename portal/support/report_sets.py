"""The sets of tickets behind the numbers of the reports: each number opens its own.

A set is named by words between colons, as in `met:7:resolution`; what the words mean stands with
its rule below, and on the page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

import sqlalchemy as sa

from portal.core.errors import NotFound
from portal.support.clock_math import ClockState, Metric
from portal.support.models import SupportMessage, SupportTicket, TicketClock, TicketRating
from portal.support.words import AuthorType, MessageKind, Status

Condition: TypeAlias = sa.ColumnElement[bool]
NOT_WORK = (Status.SPAM, Status.DELETED, Status.MERGED)
AGES = (1, 3, 7, 30)
"""Days at which the backlog is cut."""
_ticket = SupportTicket.__table__.c


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of the desk's work is looked at: a span of time, one team or agent if named."""

    begin: datetime
    end: datetime
    now: datetime
    team_id: int | None = None
    agent_id: int | None = None

    def within(self, column: sa.ColumnElement[datetime | None]) -> Condition:
        return sa.and_(column >= self.begin, column < self.end)

    @property
    def whose(self) -> Condition:
        """Spam, deleted and merged tickets are nobody's work."""
        found: list[Condition] = [_ticket.status.not_in(NOT_WORK)]
        if self.team_id is not None:
            found.append(_ticket.team_id == self.team_id)
        if self.agent_id is not None:
            found.append(_ticket.assignee_id == self.agent_id)
        return sa.and_(*found)


def tickets_of(name: str, scope: Scope) -> Condition:
    """The tickets that a number counts.

    Raises:
        NotFound: no number has this name.
    """
    kind, _, rest = name.partition(":")
    try:
        return sa.and_(scope.whose, SETS[kind](scope, *rest.split(":") if rest else ()))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise NotFound("No number of the reports has this name.") from error


def _of_clocks(state: ClockState) -> Callable[[Scope, str, str], Condition]:
    def named(scope: Scope, rule_id: str, metric: str) -> Condition:
        return _ticket.id.in_(
            sa.select(TicketClock.ticket_id).where(
                TicketClock.rule_id == _number(rule_id),
                TicketClock.metric == Metric(metric),
                TicketClock.state == state,
                scope.within(TicketClock.__table__.c.ended_at),
            )
        )

    return named


def _number(text: str) -> int:
    found = int(text)
    if not 0 <= found < 2**31:
        raise ValueError(text)
    return found


def age_bounds(scope: Scope, step: int) -> tuple[datetime | None, datetime | None]:
    """Created after the first and not after the second; None: without a bound."""
    edges = [None, *(scope.now - timedelta(days=days) for days in AGES), None]
    return edges[step + 1], edges[step]


def age_label(step: int) -> str:
    """`under 1 day`, `1 to 3 days`, `over 30 days`."""
    if step == 0:
        return f"under {AGES[0]} day"
    if step == len(AGES):
        return f"over {AGES[-1]} days"
    return f"{AGES[step - 1]} to {AGES[step]} days"


def _aged(scope: Scope, step: str) -> Condition:
    after, until = age_bounds(scope, range(len(AGES) + 1).index(int(step)))
    bounds: list[Condition] = [_ticket.is_open]
    if after is not None:
        bounds.append(_ticket.created_at > after)
    if until is not None:
        bounds.append(_ticket.created_at <= until)
    return sa.and_(*bounds)


def _rated(scope: Scope, score: str) -> Condition:
    return _ticket.id.in_(
        sa.select(TicketRating.ticket_id).where(
            TicketRating.score == _number(score), scope.within(TicketRating.__table__.c.rated_at)
        )
    )


def _replied(scope: Scope, agent_id: str) -> Condition:
    return _ticket.id.in_(
        sa.select(SupportMessage.ticket_id).where(
            SupportMessage.kind == MessageKind.PUBLIC,
            SupportMessage.author_type == AuthorType.AGENT,
            SupportMessage.author_admin_id == _number(agent_id),
            scope.within(SupportMessage.__table__.c.created_at),
        )
    )


def _answered_again(scope: Scope) -> Condition:
    return _ticket.id.in_(
        sa.select(TicketClock.ticket_id).where(
            TicketClock.metric == Metric.NEXT_RESPONSE,
            TicketClock.met_at.is_not(None),
            scope.within(TicketClock.__table__.c.met_at),
        )
    )


SETS: dict[str, Callable[..., Condition]] = {
    "created": lambda scope: scope.within(_ticket.created_at),
    "answered": lambda scope: scope.within(_ticket.first_response_at),
    "answered-again": _answered_again,
    "solved": lambda scope: scope.within(_ticket.solved_at),
    "reopened": lambda scope: sa.and_(scope.within(_ticket.solved_at), _ticket.reopened_count > 0),
    "met": _of_clocks(ClockState.MET),
    "missed": _of_clocks(ClockState.MISSED),
    "age": _aged,
    "open": lambda _: _ticket.is_open,
    "open-of": lambda _, agent: sa.and_(_ticket.is_open, _ticket.assignee_id == _number(agent)),
    "solved-by": lambda scope, agent: sa.and_(
        scope.within(_ticket.solved_at), _ticket.assignee_id == _number(agent)
    ),
    "replied-by": _replied,
    "rated": _rated,
}
