"""When a clock ran, as the ticket's history of statuses says, and by which hours each time."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache

import sqlalchemy as sa

from portal.core import clock
from portal.core.quick import Quick
from portal.support.calendar_terms import hours_written
from portal.support.clock_looks import ClockRow, Look
from portal.support.clock_math import Metric, Run
from portal.support.clock_rows import Held
from portal.support.models import CalendarVersion, SlaRuleVersion, TicketClock, TicketEvent
from portal.support.rule_terms import RuleTerms, terms_written
from portal.support.words import Status

Span = tuple[datetime, datetime]
Move = tuple[datetime, str, str]


def runs_of(look: Look, until: datetime) -> list[Span]:
    """When the clock ran since it started, up to then, as its present terms say it.

    The last run is the present one, if it runs.
    """
    row = look.row
    return _spans(row.metric, look.terms, row.started_at, until, _moves_of(row))


def runs_past(target_s: int, held: Held, until: datetime) -> list[Run]:
    """The runs up to then of a clock that reached the target in one that is over; else none.

    Each counts by the hours, and stands still by the terms, that the clock had at the time.
    """
    row = held.row
    if row.consumed_s < target_s or row.breached_at is not None:
        return []
    found, since, moves = list[Run](), row.started_at, _moves_of(row)
    eras = _eras().rows(ticket=row.ticket_id, metric=row.metric, cycle=row.cycle_no)
    for era in eras:
        end = until if era is eras[-1] else era.ended_at
        hours = hours_written(era.hours, clock.now().year)
        spans = _spans(row.metric, terms_written(era.terms), row.started_at, until, moves)
        parts = ((max(start, since), min(stop, end)) for start, stop in spans)
        found += [Run(start, stop, hours) for start, stop in parts if start < stop]
        since = max(since, end)
    return found


def _moves_of(row: TicketClock | ClockRow) -> list[Move]:
    if not Metric(row.metric).can_pause:
        return []
    found = _moves().rows(ticket=row.ticket_id, since=row.started_at)
    return [(at, old or "", new or "") for at, old, new in found]


@cache
def _moves() -> Quick:
    """Built once: it is asked for each clock that may pause."""
    query = (
        sa.select(TicketEvent.at, TicketEvent.old, TicketEvent.new)
        .where(
            TicketEvent.ticket_id == sa.bindparam("ticket", type_=sa.Integer),
            TicketEvent.kind == "status",
            TicketEvent.at >= sa.bindparam("since", type_=TicketEvent.__table__.c.at.type),
        )
        .order_by(TicketEvent.id)
    )
    return Quick(query)


@cache
def _eras() -> Quick:
    """What a clock ran by: its rows, the one that counts now behind those that gave way to it."""
    rows, hours, terms = TicketClock, CalendarVersion, SlaRuleVersion
    is_its = (
        rows.ticket_id == sa.bindparam("ticket", type_=sa.Integer),
        rows.metric == sa.bindparam("metric", type_=sa.String),
        rows.cycle_no == sa.bindparam("cycle", type_=sa.Integer),
    )
    query = (
        sa.select(
            rows.ended_at,
            sa.cast(hours.content, sa.Text).label("hours"),
            sa.cast(terms.content, sa.Text).label("terms"),
        )
        .join(hours, _is(hours.calendar_id, rows.calendar_id, hours.version, rows.calendar_version))
        .join(terms, _is(terms.rule_id, rows.rule_id, terms.version, rows.rule_version))
        .where(*is_its)
        .order_by(rows.id)
    )
    return Quick(query)


def _is(*columns: sa.orm.InstrumentedAttribute[int]) -> sa.ColumnElement[bool]:
    of, its, version, present = columns
    return sa.and_(of == its, version == present)


def _spans(
    metric: str, terms: RuleTerms, start: datetime, until: datetime, moves: Sequence[Move]
) -> list[Span]:
    if not Metric(metric).can_pause:
        return [(start, until)]
    found, since = [], start
    runs = not moves or _runs_in(terms, moves[0][1])
    for at, _, new in moves:
        if runs and at > since:
            found.append((since, at))
        runs, since = _runs_in(terms, new), at
    return [*found, (since, until)] if runs and until > since else found


@lru_cache(maxsize=256)
def _runs_in(terms: RuleTerms, status: str) -> bool:
    return Status(status).is_open and not terms.is_paused_in(status)
