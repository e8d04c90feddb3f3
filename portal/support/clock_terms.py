"""Bringing the clocks of tickets in line with the service level that counts for them now.

Time that was consumed is kept, as the old terms counted it; what is left runs by the new ones. A
ticket that meets no level's conditions has no clocks. Those that a level adds start now: nothing
was promised before.
"""

from collections.abc import Sequence
from datetime import datetime

from portal.support.clock_changes import (
    OnChange,
    recalendared,
    retargeted,
    superseded,
)
from portal.support.clock_math import Clock, Metric, cancelled, paused, resumed
from portal.support.clock_rows import (
    Held,
    Replacement,
    TicketClocks,
    write_replacements,
)
from portal.support.clock_runs import runs_past
from portal.support.rule_terms import Level, level_for


def align(books: Sequence[TicketClocks], levels: Sequence[Level], at: datetime) -> int:
    """All these tickets, loaded and locked. How many clocks were rewritten, ended or started."""
    replacements: list[Replacement] = []
    count = 0
    for book in books:
        level = level_for(book.ticket, levels) if book.ticket.is_open else None
        changed, ended = _changes(book, level, at)
        replacements += changed
        count += ended
    made = write_replacements(replacements, at)
    new = {each.old.row.id: held for each, held in zip(replacements, made, strict=True)}
    for book in books:
        book.held = [new.get(each.row.id, each) for each in book.held]
        level = level_for(book.ticket, levels) if book.ticket.is_open else None
        count += _start_missing(book, level, at) if level else 0
        book.refresh()
    return count + len(made)


def _changes(
    book: TicketClocks, level: Level | None, at: datetime
) -> tuple[list[Replacement], int]:
    changed, ended = [], 0
    for held in book.live():
        target = level.terms.target_of(Metric(held.row.metric)) if level else None
        if level is None or target is None:
            book.put(held, cancelled(held.clock, at, held.calendar), at)
            ended += 1
        elif not _runs_by(held, level):
            goes_on = _under(held, level, target, book.ticket.status, at)
            gives_way = superseded(held.clock, at, held.calendar)
            changed.append(Replacement(held, gives_way, goes_on, level))
    return changed, ended


def _runs_by(held: Held, level: Level) -> bool:
    row = held.row
    ours = (row.rule_id, row.rule_version, row.calendar_id, row.calendar_version)
    wanted = (level.rule_id, level.rule_version, level.terms.calendar_id, level.calendar_version)
    return ours == wanted


def _under(held: Held, level: Level, target_s: int, status: str, at: datetime) -> Clock:
    old, new, terms = held.clock, level.calendar, level.terms
    warn, runs = terms.warns_at, runs_past(target_s, held, at)
    # An edit of the rule itself keeps the time so far, whatever it says about other changes.
    is_other_rule = held.row.rule_id != level.rule_id and target_s != old.target_s
    if is_other_rule and terms.on_change == OnChange.RESTART:
        found = retargeted(old, at, new, target_s, warn_percent=warn, on_change=OnChange.RESTART)
    elif _counts_alike(held, level):
        found = retargeted(old, at, new, target_s, warn_percent=warn, runs=runs)
    else:
        found = recalendared(old, at, held.calendar, new, target_s, warn_percent=warn, runs=runs)
    return paused(found, at, new) if terms.is_paused_in(status) else resumed(found, at, new, runs)


def _counts_alike(held: Held, level: Level) -> bool:
    row = held.row
    ours = (row.calendar_id, row.calendar_version)
    return ours == (level.terms.calendar_id, level.calendar_version)


def _start_missing(book: TicketClocks, level: Level, at: datetime) -> int:
    """The customer waits, or the work is not done, and no clock says so."""
    ticket, count = book.ticket, 0
    if ticket.waiting_since is not None and not book.live(*RESPONSES):
        count += book.start(level, response_due(book), at) is not None
    is_paused = level.terms.is_paused_in(ticket.status)
    if not book.live(Metric.RESOLUTION):
        count += book.start(level, Metric.RESOLUTION, at, is_paused=is_paused) is not None
    if ticket.first_response_at is not None and not book.live(Metric.UPDATE):
        count += book.start(level, Metric.UPDATE, at, is_paused=is_paused) is not None
    return count


RESPONSES = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE)


def response_due(book: TicketClocks) -> Metric:
    """What a customer waits for now. Once solved or answered, it is never a first response."""
    ticket = book.ticket
    is_first = ticket.first_response_at is None and ticket.first_solved_at is None
    return Metric.FIRST_RESPONSE if is_first else Metric.NEXT_RESPONSE
