"""What the desk did and promised, in numbers that a person can check.

A percentile is the smallest value that so many of the values do not exceed (nearest rank), so
each is the time of a real ticket. Calendar time is what the customer waited; business time is
what the ticket's own calendar counts.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.core.database import db, is_sqlite
from portal.staff.models import Admin
from portal.support.clock_math import ClockState, Metric
from portal.support.models import (
    SlaRule,
    SupportAgent,
    SupportMessage,
    SupportTicket,
    TicketClock,
    TicketRating,
)
from portal.support.report_sets import AGES, Scope, age_bounds, age_label, tickets_of
from portal.support.words import AuthorType, MessageKind

METRICS = {
    Metric.FIRST_RESPONSE: "First response",
    Metric.NEXT_RESPONSE: "Next response",
    Metric.RESOLUTION: "Resolution",
    Metric.UPDATE: "Update",
}
QUARTER = 15 * 60
"""Seconds. The clocks of all zones differ by so many quarters of an hour."""
_ticket, _clock = SupportTicket.__table__.c, TicketClock.__table__.c


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, in seconds: half of them at most `median`, nine in ten `p90`."""

    count: int
    median: int | None
    p90: int | None


@dataclass(frozen=True, slots=True)
class TimeLine:
    """One metric, as the customer waited and as the calendars count."""

    label: str
    name: str
    calendar: Spread
    business: Spread


@dataclass(frozen=True, slots=True)
class Promise:
    """How often one promise of one rule was kept."""

    rule_id: int
    rule: str
    metric: str
    label: str
    met: int
    missed: int

    @property
    def share(self) -> int:
        """Percent kept."""
        return 100 * self.met // (self.met + self.missed)


@dataclass(frozen=True, slots=True)
class AgentLine:
    """What one agent has and did."""

    id: int
    name: str
    open: int
    replies: int
    solved: int
    good: int
    rated: int


def seconds_between(begin: sa.ColumnElement[Any], end: sa.ColumnElement[Any]) -> Any:
    """Whole seconds from one column to another."""
    if is_sqlite():
        days: Any = sa.func.julianday(end) - sa.func.julianday(begin)
        return sa.cast(sa.func.round(days * 86_400), sa.BigInteger)
    return sa.cast(sa.func.round(sa.extract("epoch", end - begin)), sa.BigInteger)


def times_of(scope: Scope) -> list[TimeLine]:
    """How long responses and solutions took."""
    waited = {
        Metric.FIRST_RESPONSE: _spread(
            seconds_between(_ticket.created_at, _ticket.first_response_at),
            tickets_of("answered", scope),
        ),
        Metric.NEXT_RESPONSE: _spread_of_clocks(
            scope, Metric.NEXT_RESPONSE, seconds_between(_clock.started_at, _clock.met_at)
        ),
        Metric.RESOLUTION: _spread(
            seconds_between(_ticket.created_at, _ticket.solved_at), tickets_of("solved", scope)
        ),
    }
    names = {
        Metric.FIRST_RESPONSE: "answered",
        Metric.NEXT_RESPONSE: "answered-again",
        Metric.RESOLUTION: "solved",
    }
    return [
        TimeLine(METRICS[metric], name, waited[metric], _counted(scope, metric))
        for metric, name in names.items()
    ]


def _counted(scope: Scope, metric: Metric) -> Spread:
    return _spread_of_clocks(scope, metric, _clock.consumed_s)


def _spread(value: Any, *where: sa.ColumnElement[bool]) -> Spread:
    return _nearest_ranks(sa.select(value.label("value")).where(*where))


def _spread_of_clocks(scope: Scope, metric: Metric, value: Any) -> Spread:
    """Of clocks that were satisfied in the span; cancelled ones never say anything."""
    query = (
        sa.select(value.label("value"))
        .join(SupportTicket, _ticket.id == _clock.ticket_id)
        .where(
            _clock.metric == metric,
            _clock.state.in_((ClockState.MET, ClockState.MISSED)),
            _clock.met_at.is_not(None),
            scope.within(_clock.met_at),
            scope.whose,
        )
    )
    return _nearest_ranks(query)


def _nearest_ranks(values: sa.Select[Any]) -> Spread:
    each = values.subquery()
    ranked = sa.select(
        each.c.value,
        sa.func.row_number().over(order_by=each.c.value).label("place"),
        sa.func.count().over().label("of"),
    ).subquery()
    places = [(ranked.c.of + 1) // 2, (9 * ranked.c.of + 9) // 10]
    rows = db.session.execute(
        sa.select(ranked).where(ranked.c.place.in_(places)).order_by(ranked.c.place)
    ).all()
    if not rows:
        return Spread(0, None, None)
    return Spread(rows[0].of, int(rows[0].value), int(rows[-1].value))


def promises_of(scope: Scope) -> list[Promise]:
    """Each rule and metric with what was met and missed in the span, the most missed first."""
    met = sa.func.sum(sa.case((_clock.state == ClockState.MET, 1), else_=0))
    query = (
        sa.select(SlaRule.id, SlaRule.name, _clock.metric, met, sa.func.count())
        .join(SlaRule, SlaRule.id == _clock.rule_id)
        .join(SupportTicket, _ticket.id == _clock.ticket_id)
        .where(
            _clock.state.in_((ClockState.MET, ClockState.MISSED)),
            scope.within(_clock.ended_at),
            scope.whose,
        )
        .group_by(SlaRule.id, SlaRule.name, SlaRule.position, _clock.metric)
        .order_by(SlaRule.position, SlaRule.id, _clock.metric)
    )
    return [
        Promise(rule_id, rule, metric, METRICS[Metric(metric)], int(kept), total - int(kept))
        for rule_id, rule, metric, kept, total in db.session.execute(query)
    ]


def backlog_of(scope: Scope) -> list[tuple[str, str, int]]:
    """Open tickets by their age: label, name of the set, how many; in one query."""
    steps = range(len(AGES) + 1)
    counts = []
    for step in steps:
        after, until = age_bounds(scope, step)
        fits: list[sa.ColumnElement[bool]] = [sa.true()]
        if after is not None:
            fits.append(_ticket.created_at > after)
        if until is not None:
            fits.append(_ticket.created_at <= until)
        counts.append(sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*fits), 1), else_=0)), 0))
    row = db.session.execute(sa.select(*counts).where(scope.whose, _ticket.is_open)).one()
    return [(age_label(step), f"age:{step}", int(row[step])) for step in steps]


def count_of(name: str, scope: Scope) -> int:
    """How many tickets a set holds."""
    query = sa.select(sa.func.count()).select_from(SupportTicket).where(tickets_of(name, scope))
    return db.session.scalar(query) or 0


def volume_of(scope: Scope, zone: ZoneInfo) -> list[tuple[date, int, int]]:
    """Each day where the reader is: how many tickets came, and how many were solved."""
    came, solved = (
        _by_day(scope, column, zone) for column in (_ticket.created_at, _ticket.solved_at)
    )
    first, last = scope.begin.astimezone(zone).date(), scope.end.astimezone(zone).date()
    days = [first + timedelta(days=n) for n in range((last - first).days)]
    return [(day, came[day], solved[day]) for day in days]


def _by_day(scope: Scope, column: Any, zone: ZoneInfo) -> Counter[date]:
    """By the quarter of an hour in the database, as no zone there is the reader's."""
    quarter: Any = (
        sa.cast(sa.func.strftime("%s", column), sa.BigInteger) // QUARTER
        if is_sqlite()
        else sa.cast(sa.func.floor(sa.extract("epoch", column) / QUARTER), sa.BigInteger)
    )
    query = sa.select(quarter, sa.func.count()).where(scope.whose, scope.within(column))
    found: Counter[date] = Counter()
    for number, count in db.session.execute(query.group_by(quarter)):
        at = datetime.fromtimestamp(number * QUARTER, UTC)
        found[at.astimezone(zone).date()] += count
    return found


def ratings_of(scope: Scope) -> list[int]:
    """How many were bad, fair and good."""
    query = (
        sa.select(TicketRating.score, sa.func.count())
        .join(SupportTicket, _ticket.id == TicketRating.ticket_id)
        .where(scope.within(TicketRating.__table__.c.rated_at), scope.whose)
        .group_by(TicketRating.score)
    )
    counts = {row[0]: row[1] for row in db.session.execute(query)}
    return [counts.get(score, 0) for score in (1, 2, 3)]


def agents_of(scope: Scope) -> list[AgentLine]:
    """Every agent who works now, and what they did in the span."""
    query = (
        sa.select(Admin.id, Admin.name)
        .join(SupportAgent, SupportAgent.id == Admin.id)
        .where(SupportAgent.is_active)
        .order_by(Admin.name, Admin.id)
    )
    if scope.agent_id is not None:
        query = query.where(Admin.id == scope.agent_id)
    has, solved = (
        _count_by(_ticket.assignee_id, scope.whose, fits)
        for fits in (_ticket.is_open, scope.within(_ticket.solved_at))
    )
    replies, rated, good = _replies(scope), _ratings(scope), _ratings(scope, only_good=True)
    return [
        AgentLine(id_, name, has[id_], replies[id_], solved[id_], good[id_], rated[id_])
        for id_, name in db.session.execute(query)
    ]


def _count_by(key: Any, *where: sa.ColumnElement[bool]) -> Counter[int]:
    query = sa.select(key, sa.func.count()).where(*where, key.is_not(None)).group_by(key)
    return Counter({row[0]: row[1] for row in db.session.execute(query)})


def _replies(scope: Scope) -> Counter[int]:
    message = SupportMessage.__table__.c
    return _count_by(
        message.author_admin_id,
        message.kind == MessageKind.PUBLIC,
        message.author_type == AuthorType.AGENT,
        scope.within(message.created_at),
    )


def _ratings(scope: Scope, *, only_good: bool = False) -> Counter[int]:
    rating = TicketRating.__table__.c
    fits = [scope.within(rating.rated_at)]
    return _count_by(rating.agent_id, *fits, *([rating.score == 3] if only_good else []))
