"""One clock of a ticket: it starts, pauses, goes on, breaches and is satisfied.

Pure: each function takes the row as it was and gives the row as it is after an event. Times are
the event's own, cut to whole seconds. A breach is a fact about time, whoever notices it first: a
row comes out the same whether a sweep passed before the event, after it, twice or never.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from portal.support.business_time import BusinessCalendar, whole_second

WARN_PERCENT = 75
TARGET_CHANGED = "target_changed"
"""The breach came with a lower target, not with time. Reports may leave it out."""


class Metric(StrEnum):
    """What is measured."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"
    UPDATE = "update"
    """That the customer hears again: from one answer to the next, while the ticket is open."""

    @property
    def can_pause(self) -> bool:
        """A status excuses no silence towards who waits: both responses run on."""
        return self in {Metric.RESOLUTION, Metric.UPDATE}


class ClockState(StrEnum):
    """Running and paused are live, the others final, but for a resolution that is reopened."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"

    @property
    def is_live(self) -> bool:
        return self in {ClockState.RUNNING, ClockState.PAUSED}


@dataclass(frozen=True, slots=True)
class Clock:
    """One row of the ledger of clocks, without what it belongs to."""

    metric: Metric
    target_s: int
    started_at: datetime
    state: ClockState
    consumed_s: int = 0
    """Business seconds of the runs that are over; the present run is not in it."""
    running_since: datetime | None = None
    due_at: datetime | None = None
    """Stays when the clock is satisfied: what it was due."""
    warn_at: datetime | None = None
    met_at: datetime | None = None
    """When it was satisfied, in time or late."""
    breached_at: datetime | None = None
    breach_reason: str | None = None
    """None: its time ran out."""
    warn_percent: int | None = WARN_PERCENT
    """The rule's: at how much of the target to warn. None: never."""


class Run(NamedTuple):
    """A time in which a clock ran, and by which hours it counted then."""

    start: datetime
    end: datetime
    calendar: BusinessCalendar


Runs: TypeAlias = Iterable[Run]
"""The oldest first."""


def started(
    metric: Metric,
    at: datetime,
    target_s: int,
    calendar: BusinessCalendar,
    warn_percent: int | None = WARN_PERCENT,
    *,
    is_paused: bool = False,
) -> Clock:
    """A new clock. It starts paused where the ticket begins in a status that pauses it."""
    at = whole_second(at)
    clock = Clock(metric, target_s, at, ClockState.PAUSED, warn_percent=warn_percent)
    return clock if is_paused and metric.can_pause else running_from(clock, at, calendar)


def paused(clock: Clock, at: datetime, calendar: BusinessCalendar) -> Clock:
    """Unchanged if it is paused already, over, or of a metric that does not pause."""
    if clock.state is not ClockState.RUNNING or not clock.metric.can_pause:
        return clock
    return _stopped(as_of(clock, at), at, calendar, ClockState.PAUSED)


def resumed(clock: Clock, at: datetime, calendar: BusinessCalendar, runs: Runs = ()) -> Clock:
    """Unchanged unless it is paused. What is left of the target counts from now.

    A target that was lowered meanwhile below what was consumed is breached by that, at the instant
    at which it was reached: `runs`, those until now, tell when.
    """
    if clock.state is not ClockState.PAUSED:
        return clock
    return running_from(clock, at, calendar, runs)


def satisfied(clock: Clock, at: datetime, calendar: BusinessCalendar) -> Clock:
    """Met up to the very second it was due, missed after it; a paused clock only if it breached."""
    if not clock.state.is_live:
        return clock
    found = as_of(clock, at)
    state = ClockState.MISSED if found.breached_at else ClockState.MET
    over = _stopped(found, at, calendar, state)
    return replace(over, due_at=found.due_at, met_at=whole_second(at))


def cancelled(clock: Clock, at: datetime, calendar: BusinessCalendar) -> Clock:
    """Nobody waits any more. A first response that was late by then stays missed."""
    if not clock.state.is_live:
        return clock
    found = as_of(clock, at)
    is_missed = found.breached_at is not None and found.metric is Metric.FIRST_RESPONSE
    state = ClockState.MISSED if is_missed else ClockState.CANCELLED
    return _stopped(found, at, calendar, state)


def breached(clock: Clock, now: datetime) -> Clock:
    """With its breach noted if it is overdue: at the instant it was due, whenever that is seen.

    It runs on until it is satisfied, so that one can say overdue by how much.
    """
    is_overdue = (
        clock.state is ClockState.RUNNING
        and clock.breached_at is None
        and clock.due_at is not None
        and clock.due_at < whole_second(now)
    )
    return replace(clock, breached_at=clock.due_at) if is_overdue else clock


def as_of(clock: Clock, at: datetime) -> Clock:
    """The clock as an event of that instant must find it, however late the event is handled.

    A breach up to then is noted. One that a sweep noted after it had not happened yet.
    """
    found = breached(clock, at)
    if found.breached_at is not None and found.breached_at >= whole_second(at):
        return replace(found, breached_at=None, breach_reason=None)
    return found


def consumed_at(clock: Clock, at: datetime, calendar: BusinessCalendar) -> int:
    """Business seconds until then; once the clock stands, it says the same for ever."""
    if clock.running_since is None:
        return clock.consumed_s
    return clock.consumed_s + calendar.elapsed(clock.running_since, at)


def remaining(clock: Clock, at: datetime, calendar: BusinessCalendar) -> int:
    """Business seconds; below 0 it is overdue by so many."""
    return clock.target_s - consumed_at(clock, at, calendar)


def running_from(clock: Clock, at: datetime, calendar: BusinessCalendar, runs: Runs = ()) -> Clock:
    """Running since then, with what it consumed before."""
    running = replace(clock, state=ClockState.RUNNING, running_since=whole_second(at))
    return timed(running, whole_second(at), calendar, runs)


def timed(clock: Clock, since: datetime, calendar: BusinessCalendar, runs: Runs = ()) -> Clock:
    """Due and warned when the rest of the target, counted from the start of the run, is over."""
    left = clock.target_s - clock.consumed_s
    if clock.breached_at is not None:
        due_at = calendar.add(since, left) if left > 0 else clock.breached_at
        return replace(clock, due_at=due_at, warn_at=None)
    if left < 0:  # a target that was lowered while the clock stood
        return outrun(clock, reached_at(clock, since, calendar, runs))
    return replace(
        clock, due_at=calendar.add(since, left), warn_at=_warn_at(clock, since, calendar)
    )


def outrun(clock: Clock, reached: datetime) -> Clock:
    """Its target was lowered, and had been reached by then."""
    return replace(
        clock, due_at=reached, warn_at=None, breached_at=reached, breach_reason=TARGET_CHANGED
    )


def reached_at(
    clock: Clock, since: datetime, calendar: BusinessCalendar, runs: Runs = ()
) -> datetime:
    """When it had consumed its target; if not in these runs, then in the one that began `since`."""
    left = clock.target_s
    for start, end, hours in runs:
        spent = hours.elapsed(start, end)
        if spent >= left:
            return hours.add(start, left)
        left -= spent
    return calendar.add(since, max(clock.target_s - clock.consumed_s, 0))


def _warn_at(clock: Clock, since: datetime, calendar: BusinessCalendar) -> datetime | None:
    if clock.warn_percent is None:
        return None
    threshold = -(-clock.target_s * clock.warn_percent // 100)  # rounded up
    return calendar.add(since, max(threshold - clock.consumed_s, 0))


def _stopped(clock: Clock, at: datetime, calendar: BusinessCalendar, state: ClockState) -> Clock:
    """The present run added to what was consumed; nothing is due any more."""
    return replace(
        clock,
        state=state,
        consumed_s=consumed_at(clock, at, calendar),
        running_since=None,
        due_at=None,
        warn_at=None,
    )
