"""When something is due, in words: a chip for a queue, and every clock of a ticket explained."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portal.core import clock
from portal.support.business_time import BusinessCalendar
from portal.support.clock_looks import Look, look_at_clocks
from portal.support.clock_math import Clock, ClockState, Metric, remaining
from portal.support.clock_runs import runs_of
from portal.support.durations import HOUR, duration_text, roughly, roughly_on_the_wall
from portal.support.models import SupportTicket
from portal.web.times import exact_in, reader_zone

SOON = 2 * HOUR
"""From here on amber, in a queue and on the ticket: a row knows when its promise ends, not more."""
MOST_SPANS = 12
LABELS = {
    Metric.FIRST_RESPONSE: "First response",
    Metric.NEXT_RESPONSE: "Next response",
    Metric.RESOLUTION: "Solution",
    Metric.UPDATE: "Next update",
}


class DueChip(NamedTuple):
    """How soon the next promise of a ticket is due. The words say what the colour does."""

    colour: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """An open interval that a clock used or will use, or a time in which it stood still.

    It is the same object at every look, as the line of a clock that is over.
    """

    start: datetime
    end: datetime
    exact: str
    """To the second, where the reader is."""
    length: str
    wall: str
    """The same on the clock of the calendar's zone."""


@dataclass(frozen=True, slots=True, eq=False)
class ClockLine:
    """One clock: how it stands, and why it is due when it is.

    One that is over is the same object at every look, by which its HTML is kept.
    """

    label: str
    state: str
    colour: str
    words: str
    due_at: datetime | None
    breached_at: datetime | None
    reason: str | None
    rule: str
    calendar: str
    zone: str
    target: str
    consumed: str
    earlier: str | None
    """What was counted under terms that do not apply any more."""
    spans: tuple[Span, ...]
    """The latest; `more` came before."""
    more: int
    pauses: tuple[Span, ...]

    @property
    def is_live(self) -> bool:
        return ClockState(self.state).is_live


def due_chip(
    next_due_at: datetime | None, now: datetime, hours: BusinessCalendar | None = None
) -> DueChip | None:
    """None: nothing is due. Amber from two hours before, red once it is late.

    With `hours` (`hours_by_priority`) the words count open ones, else those of the clock on the
    wall.
    """
    if next_due_at is None:
        return None
    tell = roughly_on_the_wall if hours is None else roughly
    if next_due_at < now:
        return DueChip("danger", f"{tell(_between(next_due_at, now, hours))} overdue", next_due_at)
    left = _between(now, next_due_at, hours)
    return DueChip(_colour(left), f"{tell(left)} left", next_due_at)


def _colour(left: int) -> str:
    return "warning" if left < SOON else "success"


def _between(start: datetime, end: datetime, hours: BusinessCalendar | None) -> int:
    if hours is not None:
        return hours.elapsed(start, end)
    return (end - start) // timedelta(seconds=1)


def clock_lines(ticket: SupportTicket) -> list[ClockLine]:
    """Each clock of the ticket, the live ones first. Those that gave way are part of the others."""
    looks, now, zone = look_at_clocks(ticket), clock.now(), reader_zone()
    gone = {each.row.superseded_by: each for each in looks if each.row.superseded_by}
    shown = [each for each in looks if each.row.state != ClockState.SUPERSEDED]
    lines = [_line_of(each, gone.get(each.row.id), now, zone) for each in shown]
    return sorted(lines, key=lambda line: not line.is_live)


def _line_of(look: Look, before: Look | None, now: datetime, zone: ZoneInfo) -> ClockLine:
    """When it ran is in the row of a clock that never pauses; of others the history says it."""
    ended_at = look.row.ended_at
    if ended_at is not None and not Metric(look.row.metric).can_pause:
        return _settled(look, before, ended_at, zone)
    return _line(look, before, now, zone)


def _line(look: Look, before: Look | None, now: datetime, zone: ZoneInfo) -> ClockLine:
    row, found = look.row, look.clock
    colour, words = _standing(found, look.calendar, now)
    runs, earlier = _runs(look, before, now)
    opens = [pair for start, end in runs for pair in _open(look.calendar, start, end)]
    zones = ZoneInfo(look.calendar.zone), zone
    return ClockLine(
        label=LABELS[found.metric],
        state=row.state,
        colour=colour,
        words=words,
        due_at=row.due_at,
        breached_at=row.breached_at,
        reason="its terms changed" if row.breach_reason else None,
        rule=f"{look.terms.name}, version {row.rule_version}",
        calendar=f"{row.calendar_name}, version {row.calendar_version}",
        zone=look.calendar.zone,
        target=duration_text(row.target_s),
        consumed=roughly(found.target_s - remaining(found, now, look.calendar)),
        earlier=earlier,
        spans=tuple(_span(start, end, *zones) for start, end in opens[-MOST_SPANS:]),
        more=max(len(opens) - MOST_SPANS, 0),
        pauses=tuple(_span(end, start, *zones) for (_, end), (start, _) in pairwise(runs)),
    )


_settled = lru_cache(maxsize=1024)(_line)
"""Of a clock that is over, which says the same at every later instant."""


def _standing(found: Clock, hours: BusinessCalendar, now: datetime) -> tuple[str, str]:
    """Colour and words. What is over says how it ended, not how late it is by now."""
    left = remaining(found, now, hours)
    if found.state is ClockState.CANCELLED:
        return "secondary", "no longer due"
    if found.state is ClockState.MET:
        return "success", f"met with {roughly(max(left, 0))} to spare"
    if found.state is ClockState.MISSED:
        return "danger", f"missed by {roughly(max(-left, 0))}"
    return _live(found, left, now)


def _live(found: Clock, left: int, now: datetime) -> tuple[str, str]:
    is_late = found.breached_at is not None or (found.due_at is not None and found.due_at < now)
    if is_late:
        return "danger", f"{roughly(max(-left, 0))} overdue"
    if found.state is ClockState.PAUSED:
        return "secondary", f"paused, {roughly(max(left, 0))} left"
    return _colour(left), f"{roughly(left)} left"


def _runs(
    look: Look, before: Look | None, now: datetime
) -> tuple[list[tuple[datetime, datetime]], str | None]:
    """When it ran, up to its end or to when it is due; and what other hours counted before."""
    row = look.row
    until = row.ended_at or max(row.due_at or now, now)
    if before is None or _hours(before) == _hours(look):
        return runs_of(look, until), None
    since = row.running_since or before.row.ended_at or row.started_at
    name, version = _hours(before)
    by = f"version {version}" if name == row.calendar_name else f"{name}, version {version}"
    counted = f"{roughly(before.row.consumed_s)} by {by}"
    return ([(since, until)] if until > since else []), counted


def _hours(look: Look) -> tuple[str, int]:
    return look.row.calendar_name, look.row.calendar_version


@lru_cache(maxsize=4096)
def _open(
    calendar: BusinessCalendar, start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Of a run that is over, the same on every page of its ticket."""
    return calendar.intervals(start, end)


@lru_cache(maxsize=4096)
def _span(start: datetime, end: datetime, zone: ZoneInfo, reader: ZoneInfo) -> Span:
    """A ticket's clocks have hundreds of them, the same on every page of it."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    shape = "%H:%M" if first.date() == last.date() else "%a %d %b, %H:%M"
    length = roughly((end - start) // timedelta(seconds=1))
    exact = f"{exact_in(start, reader)} to {exact_in(end, reader)}"
    return Span(start, end, exact, length, f"{first:%a %d %b, %H:%M} to {last:{shape}}")
