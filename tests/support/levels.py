"""A desk that promises something, from nine to five in Berlin. January 7th is a Wednesday."""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.jobs.models import Job, JobStatus
from portal.jobs.registry import kind_named
from portal.support.calendars import CalendarTerms, create_calendar
from portal.support.clock_math import Metric
from portal.support.models import BusinessCalendarRow, SlaRule, SupportTicket, TicketClock
from portal.support.rule_terms import RuleTerms
from portal.support.rules import create_rule
from portal.support.seeing import lock_ticket
from portal.support.statuses import set_status
from portal.support.words import Status
from tests.support.clocks import HOUR, at

WEEK = dict.fromkeys(range(5), ((540, 1020),))
FIRST, NEXT, WHOLE, UPDATE = Metric


def then(day: int, text: str):
    """Inside, it is that time in January."""
    return clock.standing_at(at(day, text))


def office(name: str = "Office", **more: Any) -> CalendarTerms:
    return CalendarTerms(**{"name": name, "zone": "Europe/Berlin", "weekly": WEEK, **more})


def make_calendar(**more: Any) -> BusinessCalendarRow:
    return create_calendar(by=SYSTEM, terms=office(**more))


def promise(calendar: BusinessCalendarRow, **more: Any) -> RuleTerms:
    """One hour for each response, eight for the whole."""
    values = {
        "name": "Standard",
        "calendar_id": calendar.id,
        "first_response_s": HOUR,
        "next_response_s": HOUR,
        "resolution_s": 8 * HOUR,
    }
    return RuleTerms(**{**values, **more})


def make_rule(calendar: BusinessCalendarRow | None = None, **more: Any) -> SlaRule:
    terms = promise(calendar or make_calendar(), **more)
    return create_rule(by=SYSTEM, terms=terms)


def move_to(ticket: SupportTicket, status: Status) -> None:
    lock_ticket(ticket)
    set_status(by=SYSTEM, ticket=ticket, status=status)


def rows(ticket: SupportTicket, metric: Metric) -> Sequence[TicketClock]:
    """Of one metric, the oldest first."""
    db.session.flush()
    query = sa.select(TicketClock).filter_by(ticket_id=ticket.id, metric=metric)
    return db.session.scalars(query.order_by(TicketClock.id)).all()


def row(ticket: SupportTicket, metric: Metric) -> TicketClock:
    """The newest of one metric."""
    return rows(ticket, metric)[-1]


def work() -> int:
    """Do the jobs of service levels, here and at the time that it is here; how many."""
    wanted = sa.select(Job).where(Job.kind.startswith("support."), Job.status == JobStatus.QUEUED)
    done = 0
    while job := db.session.scalar(wanted.order_by(Job.id).limit(1)):
        job.status = JobStatus.DONE
        kind = kind_named(job.kind)
        assert kind is not None
        kind.run(job.payload)
        db.session.flush()
        done += 1
    return done


def meta(event: AuditEvent) -> dict[str, Any]:
    """What the event says beside its changes."""
    return dict(json.loads(event.canonical)["meta"])
