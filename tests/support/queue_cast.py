"""Queues of the tests: tickets that stand as they should, and lists of thousands of them."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.customers.models import User
from portal.staff.models import Admin
from portal.support.filter_language import EVERYTHING, parse
from portal.support.filtering import Looking
from portal.support.models import SupportTicket
from portal.support.models.tickets import NEVER
from portal.support.queues import Queue, View, tickets_in
from tests.cast import actor
from tests.support.desk import make_ticket

HOUR = timedelta(hours=1)


def looking(admin: Admin, zone: str = "UTC", now: datetime | None = None) -> Looking:
    return Looking(actor(admin), ZoneInfo(zone), now or clock.now())


def put(requester: User, **values: Any) -> SupportTicket:
    """A ticket whose row says this; `due_in` is a length of time from now."""
    subject = values.pop("subject", "The press stopped")
    ticket = make_ticket(requester, subject=subject)
    due_in = values.pop("due_in", None)
    if due_in is not None:
        values["next_due_at"] = values["queue_at"] = clock.now() + due_in
    for name, value in values.items():
        setattr(ticket, name, value)
    db.session.flush()
    return ticket


def subjects(queue: View | Queue, admin: Admin, text: str = "") -> list[str]:
    """What stands in a queue for this person, narrowed by the text, from the top."""
    found = queue if isinstance(queue, Queue) else Queue.of(queue)
    narrowed = found.narrowed_by(parse(text) if text else EVERYTHING)
    return [row.subject for row in tickets_in(narrowed, looking(admin)).items]


def put_many(sample: SupportTicket, count: int, **more: Any) -> None:
    """Copies of a ticket in one statement; `more` maps a column to its value for each place."""
    db.session.flush()
    values = {c.name: getattr(sample, c.name) for c in SupportTicket.__table__.c if c.name != "id"}
    rows = []
    for place in range(count):
        varied = {name: value(place) for name, value in more.items()}
        number = f"TCK-2001-{place + 1:06}"
        rows.append(values | {"number": number, "queue_at": NEVER} | varied)
    db.session.execute(sa.insert(SupportTicket), rows)
