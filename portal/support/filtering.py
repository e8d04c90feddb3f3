"""A filter as a condition over tickets. It reads the ticket's own row wherever that says it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from portal.core.actor import Actor
from portal.customers.models import Tenant, User
from portal.customers.naming import address_key, name_key
from portal.staff.models import Admin
from portal.support.filter_language import Filter, Property, Words
from portal.support.filter_values import ANY, BREACHED, ME, MINE, NONE, day_of, seconds_of
from portal.support.models import (
    MessageAttachment,
    SupportMessage,
    SupportTeam,
    SupportTicket,
    TeamMember,
    TicketTag,
)
from portal.support.models.tickets import NEVER
from portal.support.text_matching import text_condition

LAST_CHARACTER = "\U0010ffff"
Condition: TypeAlias = sa.ColumnElement[bool]
_ticket = SupportTicket.__table__.c


@dataclass(frozen=True, slots=True)
class Looking:
    """Who looks at a queue and when: what `me`, `<2h` and a day mean."""

    by: Actor
    zone: ZoneInfo
    now: datetime

    def begin_of(self, day: date) -> datetime:
        """The day's first instant where the person is."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)


def condition_of(
    narrowed: Filter, looking: Looking, *, words: Condition | None = None
) -> Condition:
    """The tickets that fit. Whether this person may see them is asked elsewhere.

    `words` stands for what tickets must say, where the caller finds them by it.
    """
    said = [part for part in narrowed.parts if isinstance(part, Words) and not part.is_not]
    found: list[Condition] = [] if words is None else [words]
    if said and words is None:
        plain = [part.text for part in said if not part.is_phrase]
        found.append(text_condition(plain, [part.text for part in said if part.is_phrase]))
    for part in narrowed.parts:
        if isinstance(part, Property):
            held = sa.or_(*(CONDITIONS[part.name](value, looking) for value in part.values))
            found.append(_not(held) if part.is_not else held)
        elif part.is_not:
            found.append(_not(text_condition([], [part.text])))
    return sa.and_(sa.true(), *found)


def _not(held: Condition) -> Condition:
    """What is not known to hold does not: a ticket without an assignee is not Bea's."""
    return sa.not_(sa.func.coalesce(held, sa.false()))


def snoozed(looking: Looking) -> Condition:
    return _ticket.snoozed_until > looking.now


def _status(value: str, _: Looking) -> Condition:
    return sa.true() if value == ANY else _ticket.status == value


def _assignee(value: str, looking: Looking) -> Condition:
    if value.lower() == ME:
        return _ticket.assignee_id == looking.by.id
    if value.lower() == NONE:
        return _ticket.assignee_id.is_(None)
    people = sa.select(Admin.id).where(
        sa.or_(
            Admin.email_key.startswith(address_key(value), autoescape=True),
            Admin.name.istartswith(value, autoescape=True),
            Admin.name.icontains(f" {value}", autoescape=True),
        )
    )
    return _ticket.assignee_id.in_(people)


def _team(value: str, looking: Looking) -> Condition:
    if value.lower() == MINE:
        return of_own_teams(looking.by.id)
    if value.lower() == NONE:
        return _ticket.team_id.is_(None)
    named = SupportTeam.name_key.startswith(name_key(value), autoescape=True)
    return _ticket.team_id.in_(sa.select(SupportTeam.id).where(named))


def of_own_teams(me: Any) -> Condition:
    """Of the teams that this person belongs to; `me` is an id or a parameter."""
    own = sa.select(TeamMember.team_id).where(TeamMember.agent_id == me)
    return _ticket.team_id.in_(own)


def _tenant(value: str, _: Looking) -> Condition:
    named = sa.or_(_begins(Tenant.name_key, name_key(value)), Tenant.external_id == value)
    return _ticket.tenant_id.in_(sa.select(Tenant.id).where(named))


def _requester(value: str, _: Looking) -> Condition:
    named = sa.or_(
        _begins(User.name_key, name_key(value)), _begins(User.email_key, address_key(value))
    )
    return _ticket.requester_id.in_(sa.select(User.id).where(named))


def _begins(column: sa.orm.InstrumentedAttribute[str], text: str) -> Condition:
    """A range, which an index of either database answers."""
    return sa.and_(column >= text, column < text + LAST_CHARACTER)


def _plan(value: str, _: Looking) -> Condition:
    if value.lower() == NONE:
        return _ticket.plan_name.is_(None)
    return sa.func.lower(_ticket.plan_name) == value.lower()


def _tag(value: str, _: Looking) -> Condition:
    tagged = sa.select(TicketTag.ticket_id).where(TicketTag.tag == value.casefold())
    return _ticket.id.in_(tagged)


def _when(column: sa.ColumnElement[datetime]) -> Callable[[str, Looking], Condition]:
    def compare(value: str, looking: Looking) -> Condition:
        length = seconds_of(value)
        if length is not None:
            sign, ago = length
            return column > looking.now - ago if sign == "<" else column < looking.now - ago
        sign, day = day_of(value)
        begin, end = looking.begin_of(day), looking.begin_of(day + timedelta(days=1))
        return {
            "": sa.and_(column >= begin, column < end),
            "<": column < begin,
            "<=": column < end,
            ">": column >= end,
            ">=": column >= begin,
        }[sign]

    return compare


def _due(value: str, looking: Looking) -> Condition:
    if value == NONE:
        return _ticket.next_due_at.is_(None)
    if value == BREACHED:
        return _ticket.queue_at < looking.now
    length = seconds_of(value)
    assert length is not None  # noqa: S101 - the language has no other value
    limit = looking.now + length[1]
    if length[0] == "<":
        return sa.and_(_ticket.queue_at >= looking.now, _ticket.queue_at < limit)
    return sa.and_(_ticket.queue_at > limit, _ticket.queue_at < NEVER)


def _is(value: str, looking: Looking) -> Condition:
    return {
        "open": _ticket.is_open,
        "unread": _ticket.is_unread,
        "snoozed": snoozed(looking),
        "waiting": _ticket.waiting_since.is_not(None),
        "reopened": _ticket.reopened_count > 0,
    }[value]


def _has(value: str, _: Looking) -> Condition:
    if value == "tag":
        return _ticket.id.in_(sa.select(TicketTag.ticket_id))
    attached = (
        sa.select(SupportMessage.ticket_id)
        .join(MessageAttachment, MessageAttachment.message_id == SupportMessage.id)
        .where(SupportMessage.ticket_id == _ticket.id)
    )
    return attached.correlate(SupportTicket).exists()


def _column(column: sa.ColumnElement[str]) -> Callable[[str, Looking], Condition]:
    return lambda value, _: column == value


CONDITIONS: dict[str, Callable[[str, Looking], Condition]] = {
    "status": _status,
    "priority": _column(_ticket.priority),
    "assignee": _assignee,
    "team": _team,
    "tenant": _tenant,
    "requester": _requester,
    "plan": _plan,
    "category": _column(_ticket.category),
    "channel": _column(_ticket.channel),
    "tag": _tag,
    "created": _when(_ticket.created_at),
    "updated": _when(_ticket.last_message_at),
    "due": _due,
    "is": _is,
    "has": _has,
    "sort": lambda *_: sa.true(),  # an order leaves none out
}
"""For each property that the language has, what makes it hold for one value."""


def is_costly(narrowed: Filter) -> bool:
    """Does it read more than the tickets' own rows and indexes? Such views show no count."""
    words = (isinstance(part, Words) for part in narrowed.parts)
    return any(words) or narrowed.asks_for("has")
