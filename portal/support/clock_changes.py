"""What happens to a running clock when its terms change: target, calendar, reopening, merge.

Pure, like the clock itself. Time that was consumed is kept, and a breach that is past is never
taken back: lowering the priority of a late ticket does not make it punctual.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from portal.support.business_time import BusinessCalendar, whole_second
from portal.support.clock_math import (
    Clock,
    ClockState,
    Metric,
    Runs,
    as_of,
    consumed_at,
    outrun,
    reached_at,
    running_from,
    started,
    timed,
)


class OnChange(StrEnum):
    """What a rule does with the time so far when another target comes to apply."""

    KEEP = "keep"
    RESTART = "restart"


class OnReopen(StrEnum):
    """What a rule does with the time so far when a solved ticket is reopened."""

    CONTINUE = "continue"
    RESTART = "restart"


def superseded(clock: Clock, at: datetime, calendar: BusinessCalendar) -> Clock:
    """The row that gives way to the one that `retargeted` or `recalendared` makes of it."""
    if not clock.state.is_live:
        return clock
    return replace(
        as_of(clock, at),
        state=ClockState.SUPERSEDED,
        consumed_s=consumed_at(clock, at, calendar),
        running_since=None,
        due_at=None,
        warn_at=None,
    )


def retargeted(
    clock: Clock,
    at: datetime,
    calendar: BusinessCalendar,
    target_s: int,
    *,
    warn_percent: int | None,
    on_change: OnChange = OnChange.KEEP,
    runs: Runs = (),
) -> Clock:
    """The row with another target, to put in the old one's place.

    A target that was reached by now is breached at the past instant at which it was. If that was
    before the present run, the runs until now tell when; without them it counts as reached when
    the present run began. A paused clock only takes over the target, which counts when it goes on.
    """
    if not clock.state.is_live:
        return clock
    changed = replace(as_of(clock, at), target_s=target_s, warn_percent=warn_percent)
    if on_change is OnChange.RESTART:
        return _restarted(changed, at, calendar)
    if changed.running_since is None:
        return changed
    is_lower = target_s < clock.target_s and changed.breached_at is None
    if is_lower and consumed_at(changed, at, calendar) >= target_s:
        return outrun(changed, reached_at(changed, changed.running_since, calendar, runs))
    return timed(changed, changed.running_since, calendar)


def recalendared(
    clock: Clock,
    at: datetime,
    old: BusinessCalendar,
    new: BusinessCalendar,
    target_s: int,
    *,
    warn_percent: int | None,
    runs: Runs = (),
) -> Clock:
    """The row under a new version of its rule or calendar. `runs` as for `retargeted`.

    What was consumed by now stays as the old hours counted it; the rest counts under the new.
    """
    changed = retargeted(clock, at, old, target_s, warn_percent=warn_percent, runs=runs)
    if changed.state is not ClockState.RUNNING:
        return changed
    return running_from(replace(changed, consumed_s=consumed_at(changed, at, old)), at, new)


def reopened(
    clock: Clock,
    at: datetime,
    calendar: BusinessCalendar,
    on_reopen: OnReopen = OnReopen.CONTINUE,
    runs: Runs = (),
) -> Clock:
    """A settled resolution goes on from what it had consumed; the time it was solved is not in it.

    `runs` as for `resumed`.

    Restarting gives a clock of its own: store it as the next cycle, beside the settled one that
    keeps its result. First responses never come back, and a reopening message starts a new cycle
    of the next response.
    """
    is_settled = clock.state in {ClockState.MET, ClockState.MISSED}
    if clock.metric is not Metric.RESOLUTION or not is_settled:
        return clock
    if on_reopen is OnReopen.RESTART:
        return started(clock.metric, at, clock.target_s, calendar, clock.warn_percent)
    return running_from(replace(clock, met_at=None), at, calendar, runs)


def begun_earlier(clock: Clock, at: datetime, calendar: BusinessCalendar, since: datetime) -> Clock:
    """After a merge at that instant: a customer has waited for the next response since then."""
    is_waiting = clock.metric is Metric.NEXT_RESPONSE and clock.state is ClockState.RUNNING
    if not is_waiting or whole_second(since) >= clock.started_at:
        return clock
    earlier = replace(as_of(clock, at), started_at=whole_second(since), consumed_s=0)
    return running_from(earlier, since, calendar)


def _restarted(clock: Clock, at: datetime, calendar: BusinessCalendar) -> Clock:
    fresh = replace(clock, started_at=whole_second(at), consumed_s=0)
    return fresh if clock.state is ClockState.PAUSED else running_from(fresh, at, calendar)
