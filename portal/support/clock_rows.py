"""The rows of a ticket's clocks: loaded together, and written as the arithmetic says.

Whoever loads them to change them has locked the ticket. The rows are locked too, as the sweeper
notes breaches without the ticket.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm.attributes import flag_modified

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core.actor import SYSTEM
from portal.core.clock import now, timestamp
from portal.core.database import db
from portal.support.business_time import BusinessCalendar, whole_second
from portal.support.calendar_terms import hours_written
from portal.support.clock_math import Clock, ClockState, Metric, started
from portal.support.history import note_event, target_of_ticket
from portal.support.models import CalendarVersion, SlaRuleVersion, SupportTicket, TicketClock
from portal.support.models.tickets import NEVER
from portal.support.rule_terms import Level, RuleTerms, terms_written

CARRIED = (
    *("target_s", "consumed_s", "running_since", "due_at", "warn_at", "started_at", "met_at"),
    *("breached_at", "breach_reason"),
)
"""What a row and the arithmetic's clock have in common, beside metric and state."""

Rows: TypeAlias = sa.Select[TicketClock, str, str]


@dataclass(slots=True)
class Held:
    """A row with what it runs by: the versions of its calendar and rule."""

    row: TicketClock
    calendar: BusinessCalendar
    terms: RuleTerms

    @property
    def clock(self) -> Clock:
        return clock_in(self.row, self.terms)


def clock_in(row: Any, terms: RuleTerms) -> Clock:
    """The clock of a row, or of what was read of one."""
    return Clock(
        metric=Metric(row.metric),
        state=ClockState(row.state),
        warn_percent=terms.warns_at,
        **{name: getattr(row, name) for name in CARRIED},
    )


@dataclass(slots=True)
class Replacement:
    """A clock under other terms, and the row that gives way to it."""

    old: Held
    gives_way: Clock
    goes_on: Clock
    level: Level


class TicketClocks:
    """All clocks of one locked ticket but those that gave way to others."""

    def __init__(self, ticket: SupportTicket, held: Iterable[Held] = ()) -> None:
        self.ticket = ticket
        self.held = list(held)

    def live(self, *metrics: Metric) -> list[Held]:
        """Running or paused; of these metrics, or of all."""
        wanted = metrics or tuple(Metric)
        return [
            each
            for each in self.held
            if each.row.metric in wanted and ClockState(each.row.state).is_live
        ]

    def latest(self, metric: Metric) -> Held | None:
        """The last cycle of it."""
        cycles = [each for each in self.held if each.row.metric == metric]
        return max(cycles, key=lambda each: each.row.cycle_no, default=None)

    def start(
        self, level: Level, metric: Metric, at: datetime, *, is_paused: bool = False
    ) -> Held | None:
        """The next cycle of the metric; None where the level promises nothing about it."""
        target = level.terms.target_of(metric)
        if target is None:
            return None
        calendar = level.calendar
        clock = started(metric, at, target, calendar, level.terms.warns_at, is_paused=is_paused)
        last = self.latest(metric)
        row = _row(self.ticket.id, clock, level, last.row.cycle_no + 1 if last else 1)
        db.session.add(row)
        held = Held(row, calendar, level.terms)
        self.held.append(held)
        return held

    def start_again(self, settled: Held, clock: Clock) -> Held:
        """A clock of its own beside the settled one, by the same terms."""
        old = settled.row
        copied = ("ticket_id", "metric", "rule_id", "rule_version", "calendar_id")
        row = TicketClock(
            **{name: getattr(old, name) for name in (*copied, "calendar_version")},
            **{name: getattr(clock, name) for name in CARRIED},
            state=clock.state,
            cycle_no=old.cycle_no + 1,
        )
        db.session.add(row)
        held = Held(row, settled.calendar, settled.terms)
        self.held.append(held)
        return held

    def drop(self, held: Held) -> None:
        """As if it had never started."""
        self.held.remove(held)
        db.session.delete(held.row)

    def put(self, held: Held, clock: Clock, at: datetime) -> None:
        """The row as it is after an event of that instant."""
        row, is_final = held.row, not clock.state.is_live
        for name in CARRIED:
            setattr(row, name, getattr(clock, name))
        row.state = clock.state
        row.ended_at = whole_second(at) if is_final else None
        if sa.inspect(row).persistent:
            # The same columns whatever changed, so that all rows go by one statement.
            for name in (*CARRIED, "state", "ended_at"):
                flag_modified(row, name)
        if clock.breached_at is None:
            row.escalated_at = None
        elif clock.state is ClockState.MISSED and row.escalated_at is None:
            row.escalated_at = at
            tell_breach(self.ticket, row)

    def refresh(self) -> None:
        """Bring what the queues sort by in line."""
        due = [each.row.due_at for each in self.held if each.row.state == ClockState.RUNNING]
        self.ticket.next_due_at = min((at for at in due if at is not None), default=None)
        self.ticket.queue_at = self.ticket.next_due_at or NEVER


def clocks_of(ticket: SupportTicket) -> TicketClocks:
    """To change them: the rows stay as read until the transaction ends."""
    kept = _kept.get().get(ticket.id)
    return kept or clocks_of_all([ticket])[0]


_kept: ContextVar[dict[int, TicketClocks]] = ContextVar("kept_clocks", default={})  # noqa: B039


@contextmanager
def clocks_kept(tickets: Sequence[SupportTicket]) -> Iterator[None]:
    """Inside it the clocks of these locked tickets are read once, for all that happens to them."""
    token = _kept.set({book.ticket.id: book for book in clocks_of_all(tickets)})
    try:
        yield
    finally:
        _kept.reset(token)


def forget_clocks(ticket_id: int) -> None:
    """What was done to the ticket was rolled back: its clocks are read afresh."""
    _kept.get().pop(ticket_id, None)


def clocks_of_all(tickets: Sequence[SupportTicket]) -> list[TicketClocks]:
    """The same for many tickets, by one query."""
    ids = [ticket.id for ticket in tickets]
    found = defaultdict(list)
    for held in _held(_of_tickets(), tickets=ids):
        found[held.row.ticket_id].append(held)
    return [TicketClocks(ticket, found[ticket.id]) for ticket in tickets]


@cache
def _of_tickets() -> Rows:
    """Built once: every change of a ticket asks."""
    is_theirs = TicketClock.ticket_id.in_(sa.bindparam("tickets", expanding=True))
    live = (is_theirs, TicketClock.state != ClockState.SUPERSEDED)
    return _locked(_rows().where(*live).order_by(TicketClock.id))


def clocks_named(ids: Sequence[int], still: sa.TextClause) -> list[Held]:
    """Those of these rows for which it still holds, to change them; their tickets are locked."""
    return _held(_locked(_rows().where(TicketClock.id.in_(ids), still).order_by(TicketClock.id)))


def _rows() -> Rows:
    return (
        # As text: a ticket's clocks run by one version or two, which are known already.
        sa.select(
            TicketClock,
            sa.cast(CalendarVersion.content, sa.Text).label("hours"),
            sa.cast(SlaRuleVersion.content, sa.Text).label("terms"),
        )
        .join(
            CalendarVersion,
            sa.and_(
                CalendarVersion.calendar_id == TicketClock.calendar_id,
                CalendarVersion.version == TicketClock.calendar_version,
            ),
        )
        .join(
            SlaRuleVersion,
            sa.and_(
                SlaRuleVersion.rule_id == TicketClock.rule_id,
                SlaRuleVersion.version == TicketClock.rule_version,
            ),
        )
    )


def _locked(query: Rows) -> Rows:
    return query.with_for_update(of=TicketClock).execution_options(populate_existing=True)


def _held(query: Rows, **values: Any) -> list[Held]:
    year = now().year
    return [
        Held(row, hours_written(calendar, year), terms_written(rule))
        for row, calendar, rule in db.session.execute(query, values)
    ]


def _row(ticket_id: int, clock: Clock, level: Level, cycle_no: int) -> TicketClock:
    return TicketClock(
        ticket_id=ticket_id,
        metric=clock.metric,
        cycle_no=cycle_no,
        rule_id=level.rule_id,
        rule_version=level.rule_version,
        calendar_id=level.terms.calendar_id,
        calendar_version=level.calendar_version,
        state=clock.state,
        **{name: getattr(clock, name) for name in CARRIED},
    )


def write_replacements(replacements: Sequence[Replacement], at: datetime) -> list[Held]:
    """The new rows in place of the old ones, in as many statements for many as for one.

    A ticket's `TicketClocks` does not know them: add them to what it holds.
    """
    if not replacements:
        return []
    made = []
    for each in replacements:
        old = each.old.row
        for name in CARRIED:
            setattr(old, name, getattr(each.gives_way, name))
        old.state, old.ended_at = ClockState.SUPERSEDED, whole_second(at)
    # Flushed before the new rows come: only one of a cycle may be live.
    db.session.flush()
    for each in replacements:
        old, level = each.old.row, each.level
        new = _row(old.ticket_id, each.goes_on, level, old.cycle_no)
        new.escalated_at = old.escalated_at
        is_warned = new.warn_at is None or new.warn_at <= at
        new.warned_at = old.warned_at if is_warned else None
        db.session.add(new)
        made.append(Held(new, level.calendar, level.terms))
    db.session.flush()
    for each, held in zip(replacements, made, strict=True):
        each.old.row.superseded_by = held.row.id
    return made


def tell_breach(ticket: SupportTicket, row: TicketClock) -> None:
    """The traces of a broken promise, in the ledger and in the ticket's history: once a clock."""
    note_event(
        ticket, "breached", by=SYSTEM, new=row.metric, cause=row.breach_reason, at=row.breached_at
    )
    record(
        Action.TICKET_SLA_BREACHED,
        by=SYSTEM,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        meta={
            "metric": row.metric,
            "due_at": timestamp(row.breached_at) if row.breached_at else None,
            "rule_id": row.rule_id,
            "rule_version": row.rule_version,
            **({"breach_reason": row.breach_reason} if row.breach_reason else {}),
        },
    )
