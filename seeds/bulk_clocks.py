"""The clocks of one ticket of many: the same arithmetic as the desk's own, without its rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.support.business_time import BusinessCalendar, whole_second
from portal.support.clock_changes import reopened
from portal.support.clock_math import (
    Clock,
    ClockState,
    Metric,
    breached,
    cancelled,
    paused,
    resumed,
    satisfied,
    started,
)
from portal.support.clock_rows import CARRIED
from portal.support.rule_terms import Level
from portal.support.words import Status

SWEPT = timedelta(seconds=20)
"""So long after its instant a round of the sweeper notices what broke or is due soon."""
RESPONSES = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE)
COLUMNS = (
    *("ticket_id", "metric", "cycle_no", "rule_id", "rule_version", "calendar_id"),
    *("calendar_version", *CARRIED, "state", "ended_at", "warned_at", "escalated_at"),
)


@dataclass(frozen=True, slots=True)
class Promise:
    """A level as clocks run by it, its calendar worked out once."""

    level: Level
    calendar: BusinessCalendar

    def row_of(self, ticket_id: int, metric: Metric, cycle_no: int) -> tuple[Any, ...]:
        level = self.level
        return (
            *(ticket_id, metric.value, cycle_no, level.rule_id, level.rule_version),
            *(level.terms.calendar_id, level.calendar_version),
        )


@dataclass(slots=True)
class _Kept:
    clock: Clock
    cycle_no: int
    ended_at: datetime | None = None
    warned_at: datetime | None = None
    escalated_at: datetime | None = None

    def pass_until(self, at: datetime) -> None:
        """What rounds of the sweeper left behind until then."""
        clock, ahead = self.clock, self.clock.warn_at
        is_warned = ahead is not None and ahead < at and self.warned_at is None
        if clock.state is ClockState.RUNNING and clock.breached_at is None and is_warned:
            assert ahead is not None  # noqa: S101 - as the condition says
            self.warned_at = min(ahead + SWEPT, at)
        self.clock = breached(clock, at)
        self._tell(at)

    def put(self, clock: Clock, at: datetime) -> None:
        self.clock = clock
        self.ended_at = None if clock.state.is_live else whole_second(at)
        self._tell(at)

    def _tell(self, at: datetime) -> None:
        broke = self.clock.breached_at
        if broke is None:
            self.escalated_at = None
        elif self.escalated_at is None:
            self.escalated_at = min(broke + SWEPT, at)


class LifeClocks:
    """What one ticket was promised, from its opening on."""

    def __init__(self, promise: Promise | None) -> None:
        self.promise = promise
        self.kept: list[_Kept] = []

    def start(self, metric: Metric, at: datetime) -> None:
        target = self.promise.level.terms.target_of(metric) if self.promise else None
        if self.promise is None or target is None:
            return
        clock = started(
            metric, at, target, self.promise.calendar, self.promise.level.terms.warns_at
        )
        cycle_no = 1 + sum(each.clock.metric is metric for each in self.kept)
        self.kept.append(_Kept(clock, cycle_no))

    def customer_wrote(self, at: datetime, *, is_answered: bool) -> None:
        if not any(True for _ in self._live(*RESPONSES)):
            self.start(Metric.NEXT_RESPONSE if is_answered else Metric.FIRST_RESPONSE, at)

    def agent_replied(self, at: datetime) -> None:
        self._change(satisfied, at, *RESPONSES)

    def status_changed(self, old: Status, new: Status, at: datetime) -> None:
        """As `portal.support.clocks` does it."""
        if not new.is_open and old.is_open:
            if new is Status.SOLVED:
                self._change(satisfied, at, Metric.RESOLUTION)
            self._change(cancelled, at)
        elif new.is_open and not old.is_open:
            for each in self.kept:
                if each.clock.metric is Metric.RESOLUTION:
                    each.put(self._with(reopened, each.clock, at), at)
        elif self.promise is not None and new.is_open:
            is_paused = self.promise.level.terms.is_paused_in(new)
            self._change(paused if is_paused else resumed, at, Metric.RESOLUTION)

    def settle(self, now: datetime) -> None:
        for each in self._live():
            each.pass_until(now)

    def next_due_at(self) -> datetime | None:
        running = (each.clock for each in self.kept if each.clock.state is ClockState.RUNNING)
        return min((clock.due_at for clock in running if clock.due_at), default=None)

    def broke(self) -> Iterator[tuple[Metric, datetime]]:
        """Each promise that was not kept, and since when."""
        for each in self.kept:
            if each.clock.breached_at is not None:
                yield each.clock.metric, each.clock.breached_at

    def rows(self, ticket_id: int) -> Iterator[tuple[Any, ...]]:
        """In the order of `COLUMNS`."""
        for each in self.kept:
            assert self.promise is not None  # noqa: S101 - nothing starts without one
            clock = each.clock
            yield (
                *self.promise.row_of(ticket_id, clock.metric, each.cycle_no),
                *(getattr(clock, name) for name in CARRIED),
                *(clock.state.value, each.ended_at, each.warned_at, each.escalated_at),
            )

    def _live(self, *metrics: Metric) -> Iterator[_Kept]:
        wanted = metrics or tuple(Metric)
        return (
            each for each in self.kept if each.clock.state.is_live and each.clock.metric in wanted
        )

    def _change(
        self,
        change: Callable[[Clock, datetime, BusinessCalendar], Clock],
        at: datetime,
        *metrics: Metric,
    ) -> None:
        for each in self._live(*metrics):
            each.pass_until(at)
            each.put(self._with(change, each.clock, at), at)

    def _with(
        self,
        change: Callable[[Clock, datetime, BusinessCalendar], Clock],
        clock: Clock,
        at: datetime,
    ) -> Clock:
        assert self.promise is not None  # noqa: S101 - there would be no clock
        return change(clock, at, self.promise.calendar)
