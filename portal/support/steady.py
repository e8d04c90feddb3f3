"""Filters that mean the same whoever looks and whenever: most are, and a queue is asked for often.

A statement for one of them is built once, and on PostgreSQL planned once. What the filter asks for
is written into it, or a plan would not know how many tickets there are of that.
"""

import re
from functools import cache
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.core.database import db
from portal.core.quick import Quick
from portal.support.filter_language import Filter, Property
from portal.support.filtering import Condition, Looking
from portal.support.models import SupportTicket, TicketTag

STEADY = frozenset(
    {
        "status",
        "priority",
        "category",
        "channel",
        "tag",
        "plan",
        "team",
        "assignee",
        "is",
        "has",
        "sort",
    }
)
PLAIN = re.compile(r"[A-Za-z0-9_.:+@-]{1,80}")
"""What may stand in a statement: no sign of these ends a text."""
COMMON = 3000
"""Tickets with a tag, from which on SQLite finds a page sooner by looking through the queue."""


def is_steady(asked: Filter) -> bool:
    return bool(asked.parts) and all(
        isinstance(part, Property)
        and part.name in STEADY
        and all(PLAIN.fullmatch(value) for value in part.values)
        for part in asked.parts
    )


def looking_at(me: Any, now: Any) -> Looking:
    """Whoever looks, as parameters of a statement. No steady filter asks where they are."""
    return Looking(cast(Any, SimpleNamespace(id=me)), ZoneInfo("UTC"), now)


def common_tags(asked: Filter) -> Filter:
    """The parts that ask for a tag which many tickets have. PostgreSQL counts that by itself."""
    if db.engine.dialect.name != "sqlite":
        return Filter()
    return Filter(tuple(part for part in asked.parts if _is_common(part)))


def _is_common(part: object) -> bool:
    if not isinstance(part, Property) or part.name != "tag" or part.is_not:
        return False
    counts = [_tagged().row(tag=value.casefold()).tickets for value in part.values]
    return bool(sum(counts) > COMMON)


@cache
def _tagged() -> Quick:
    few = sa.select(TicketTag.ticket_id).where(TicketTag.tag == sa.bindparam("tag"))
    return Quick(
        sa.select(sa.func.count().label("tickets")).select_from(few.limit(COMMON + 1).subquery())
    )


def each_tagged(common: Filter) -> list[Condition]:
    """The same as `condition_of`, asked of one ticket after the other."""
    tickets = SupportTicket.__table__.c
    return [
        sa.exists().where(
            TicketTag.ticket_id == tickets.id,
            sa.or_(*(TicketTag.tag == value.casefold() for value in part.values)),
        )
        for part in common.parts
        if isinstance(part, Property)
    ]
