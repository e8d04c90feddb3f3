"""The clocks of a ticket: started, stopped and satisfied with what happens to it.

Each is called in the transaction of its cause, with the ticket locked and the cause's own time.
A breach is a fact about time: whoever comes first notes it, and the row is the same.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime

from portal.core import clock
from portal.support.business_time import BusinessCalendar, whole_second
from portal.support.clock_changes import OnReopen, begun_earlier, reopened
from portal.support.clock_math import (
    Clock,
    ClockState,
    Metric,
    cancelled,
    paused,
    resumed,
    running_from,
    satisfied,
)
from portal.support.clock_rows import Held, TicketClocks, clocks_of
from portal.support.clock_runs import runs_past
from portal.support.clock_terms import RESPONSES, align, response_due
from portal.support.models import SupportTicket
from portal.support.rule_terms import level_for, levels_in_force
from portal.support.words import Status

Change = Callable[[Clock, datetime, BusinessCalendar], Clock]
DONE = frozenset({Status.SOLVED, Status.CLOSED})


def ticket_created(ticket: SupportTicket, at: datetime) -> None:
    """Start what the first matching level promises. Whoever created it solved has no clocks."""
    level = level_for(ticket, levels_in_force()) if ticket.is_open else None
    if level is None:
        return
    book = TicketClocks(ticket)
    is_paused = level.terms.is_paused_in(ticket.status)
    if ticket.waiting_since is not None:
        book.start(level, Metric.FIRST_RESPONSE, at)
    else:  # an answer of ours began it
        book.start(level, Metric.UPDATE, at, is_paused=is_paused)
    book.start(level, Metric.RESOLUTION, at, is_paused=is_paused)
    book.refresh()


def customer_wrote(ticket: SupportTicket, at: datetime) -> None:
    """The oldest message that nobody answered counts: a later one starts nothing."""
    book = clocks_of(ticket)
    if book.live(*RESPONSES):
        return
    level = level_for(ticket, levels_in_force())
    if level is not None:
        book.start(level, response_due(book), at)
        book.refresh()


def agent_replied(book: TicketClocks, at: datetime, *, then: Status | None = None) -> None:
    """A public answer by one of ours: both responses are given, and the next update is due.

    Unless the ticket is over by it: `then` is the status that it gets.
    """
    _change(book, satisfied, at, *RESPONSES, Metric.UPDATE)
    # Asked of the clocks at hand: most levels promise no updates, and most answers know it so.
    is_promised = any(each.terms.update_s for each in book.held)
    if not is_promised or (then is not None and not then.is_open):
        return
    level = level_for(book.ticket, levels_in_force())
    if level is not None:
        is_paused = level.terms.is_paused_in(book.ticket.status)
        book.start(level, Metric.UPDATE, at, is_paused=is_paused)
        book.refresh()


def reply_withdrawn(ticket: SupportTicket, replied_at: datetime) -> None:
    """What an answer satisfied that was never sent runs on, as if nothing had been said.

    Called when the ticket is open again and its `waiting_since` says so; of a ticket that somebody
    else has answered meanwhile, nothing comes back.
    """
    book = clocks_of(ticket)
    _take_update_back(book, replied_at)
    if ticket.waiting_since is None:
        return
    for metric in RESPONSES:
        held = book.latest(metric)
        if held is not None and held.row.met_at == whole_second(replied_at):
            standing = replace(held.clock, state=ClockState.PAUSED, met_at=None)
            book.put(held, _resumed(held, replied_at, standing), replied_at)
    book.refresh()


def _take_update_back(book: TicketClocks, replied_at: datetime) -> None:
    """The one that the answer promised was never promised; the one that it gave is due again."""
    of_updates = [each for each in book.held if each.row.metric == Metric.UPDATE]
    since = [each for each in of_updates if each.row.started_at >= whole_second(replied_at)]
    if any(each.row.met_at for each in since):
        return  # another answer followed, and was an update as good
    for held in since:
        book.drop(held)
    for held in of_updates:
        if held.row.met_at == whole_second(replied_at):
            standing = replace(held.clock, state=ClockState.PAUSED, met_at=None)
            is_paused = held.terms.is_paused_in(book.ticket.status)
            runs = standing if is_paused else _resumed(held, replied_at, standing)
            book.put(held, runs, replied_at)
    book.refresh()


def status_changed(
    ticket: SupportTicket,
    old: Status,
    new: Status,
    at: datetime,
    book: TicketClocks | None = None,
) -> None:
    """Pause, go on, settle, cancel or reopen, by where the ticket came from and where it went."""
    if not (old.is_open or new.is_open):
        return
    book = book or clocks_of(ticket)
    if not new.is_open:
        _end(book, new, at)
    elif old.is_open:
        _pause_or_go_on(book, new, at)
    else:
        _come_back(book, old, at)


def terms_changed(ticket: SupportTicket, at: datetime) -> None:
    """Its priority, category, tags or plan did: another level may count now."""
    waiting = _waiting.get()
    if waiting is None:
        align([clocks_of(ticket)], levels_in_force(), at)
    else:
        waiting[ticket.id] = ticket


_waiting: ContextVar[dict[int, SupportTicket] | None] = ContextVar("waiting_clocks", default=None)


@contextmanager
def aligned_together() -> Iterator[None]:
    """For a change of many: tickets whose terms change inside are brought in line at its end.

    Their clocks are not to be changed inside.
    """
    waiting: dict[int, SupportTicket] = {}
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
    align([clocks_of(ticket) for ticket in waiting.values()], levels_in_force(), clock.now())


def merged_away(source: SupportTicket, target: SupportTicket, at: datetime) -> None:
    """Called before the source is moved. Its clocks end, and who waited there waits in the target.

    If that is longer than the target's customer does, the next response counts from there on.
    """
    gone, book = clocks_of(source), clocks_of(target)
    since = _waiting_since(gone)
    _change(gone, cancelled, at)
    if since is None or book.live(Metric.FIRST_RESPONSE):
        return
    waiting = book.live(Metric.NEXT_RESPONSE)
    if waiting:
        held = waiting[0]
        book.put(held, begun_earlier(held.clock, at, held.calendar, since), at)
    elif target.is_open:
        level = level_for(target, levels_in_force())
        if level is not None:
            book.start(level, Metric.NEXT_RESPONSE, since)
    book.refresh()


def merge_undone(target: SupportTicket, at: datetime) -> None:
    """Called when the target's `waiting_since` says again who of its own customers waits.

    What the merge brought into its next response goes with the messages. The source's clocks come
    back as it is moved.
    """
    book = clocks_of(target)
    for held in book.live(Metric.NEXT_RESPONSE):
        since = target.waiting_since
        if since is None:
            book.put(held, cancelled(held.clock, at, held.calendar), at)
        elif since > held.row.started_at:
            later = replace(
                held.clock,
                started_at=whole_second(since),
                consumed_s=0,
                breached_at=None,
                breach_reason=None,
            )
            book.put(held, running_from(later, since, held.calendar), at)
    book.refresh()


def _waiting_since(book: TicketClocks) -> datetime | None:
    known = [held.row.started_at for held in book.live(*RESPONSES)]
    if book.ticket.waiting_since is not None:
        known.append(book.ticket.waiting_since)
    return min(known, default=None)


def _change(book: TicketClocks, change: Change, at: datetime, *metrics: Metric) -> None:
    for held in book.live(*metrics):
        book.put(held, change(held.clock, at, held.calendar), at)
    book.refresh()


def _end(book: TicketClocks, new: Status, at: datetime) -> None:
    """Solved, the work is done in time or late; whatever else it is, nobody waits any more."""
    if new in DONE:
        _change(book, satisfied, at, Metric.RESOLUTION)
    _change(book, cancelled, at)


def _pause_or_go_on(book: TicketClocks, new: Status, at: datetime) -> None:
    for held in book.live(Metric.RESOLUTION, Metric.UPDATE):
        stands = held.terms.is_paused_in(new)
        clock = paused(held.clock, at, held.calendar) if stands else _resumed(held, at, held.clock)
        book.put(held, clock, at)
    book.refresh()


def _resumed(held: Held, at: datetime, standing: Clock) -> Clock:
    return resumed(standing, at, held.calendar, runs_past(standing.target_s, held, at))


def _come_back(book: TicketClocks, old: Status, at: datetime) -> None:
    """Then, as levels may have changed meanwhile, by those that count now."""
    if old in DONE:
        _reopen(book, at)
    else:
        _revive(book, at)
    align([book], levels_in_force(), at)


def _reopen(book: TicketClocks, at: datetime) -> None:
    held = book.latest(Metric.RESOLUTION)
    if held is None or held.row.state not in {ClockState.MET, ClockState.MISSED}:
        return
    on_reopen = OnReopen(held.terms.on_reopen)
    runs = runs_past(held.row.target_s, held, at)
    clock = reopened(held.clock, at, held.calendar, on_reopen, runs)
    if on_reopen is OnReopen.RESTART:
        book.start_again(held, clock)
    else:
        book.put(held, clock, at)


def _revive(book: TicketClocks, at: datetime) -> None:
    """Spam, deleted or merged by mistake: what ended by that goes on. That time does not count."""
    ticket = book.ticket
    for metric in Metric:
        held = book.latest(metric)
        if held is None or held.row.state != ClockState.CANCELLED:
            continue
        is_answered = metric is Metric.FIRST_RESPONSE and ticket.first_response_at is not None
        ended_by_solving = ticket.solved_at and held.row.ended_at == whole_second(ticket.solved_at)
        if not (is_answered or ended_by_solving):
            standing = replace(held.clock, state=ClockState.PAUSED)
            book.put(held, _resumed(held, at, standing), at)
