"""Tickets by the hundred thousand, to measure on: rows as the desk's deeds would leave them.

The ledger and the outbox stay as they are: nobody did these deeds, and nobody gets mail of them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

import sqlalchemy as sa

from portal.catalog.models import PlanTemplate
from portal.core import clock
from portal.core.database import db, insert_into
from portal.customers.models import Tenant, User
from portal.subscriptions.in_force import in_force
from portal.subscriptions.models import Subscription
from portal.support.models import (
    SupportMessage,
    SupportTicket,
    TicketClock,
    TicketEvent,
    TicketNumber,
    TicketParticipant,
    TicketRating,
    TicketTag,
)
from portal.support.models.tickets import NEVER
from seeds.bulk_clocks import COLUMNS as CLOCK
from seeds.bulk_customers import PREFIX
from seeds.bulk_desk import Desk, desk_of_many
from seeds.bulk_lives import AUTHORS, KINDS, Life, Person, about
from seeds.bulk_outlines import Outline, outline
from seeds.bulk_rows import add, analyze, batched, reserve

Row = tuple[Any, ...]
AT_ONCE = 4_000
SPREAD = 1_000_003
"""The dice of two tickets differ, whatever the seed."""
TICKET = (
    *("id", "number", "subject", "channel", "category", "priority", "status", "is_open"),
    *("tenant_id", "tenant_name", "plan_name", "plan_level"),
    *("requester_id", "requester_name", "requester_email"),
    *("team_id", "assignee_id", "assignee_name", "tags", "snoozed_until"),
    *("next_due_at", "queue_at", "waiting_since", "is_unread", "version", "message_count"),
    *("last_public_message_id", "last_message_at", "last_message_by", "last_message_preview"),
    *("created_at", "updated_at", "first_response_at", "first_solved_at", "solved_at"),
    *("closed_at", "reopened_count"),
)
MESSAGE = (
    *("id", "ticket_id", "kind", "author_type", "author_admin_id", "author_user_id"),
    *("author_name", "body", "created_at", "mail_message_id", "mail_references"),
)
EVENT = (
    *("ticket_id", "kind", "old", "new", "cause", "actor_type", "actor_id", "actor_label", "at"),
)
PARTICIPANT = ("ticket_id", "user_id", "name", "email", "email_key", "added_at")
RATING = ("ticket_id", "solved_at", "agent_id", "score", "comment", "rated_at")


@dataclass(frozen=True, slots=True)
class _Written:
    """A life with the ids that it got."""

    life: Life
    id: int
    number: str
    first_message_id: int

    def message_ids(self) -> Iterator[int]:
        return iter(range(self.first_message_id, self.first_message_id + len(self.life.said)))


def bulk_tickets(count: int, *, seed: int) -> dict[str, int]:
    """Add so many of bulk users; how many rows of each kind that made. Commits as it goes.

    The first one of all has 500 messages. Empty where there are no bulk users.
    """
    people = _people()
    if not people or not count:
        return {}
    now, desk = clock.now().replace(microsecond=0), desk_of_many()
    made = {"tickets": count, "messages": 0}
    plans = sorted((_planned(seed, n).created_at(now), n) for n in range(count))
    numbers = _numbers([at for at, _ in plans])
    for batch in batched(zip(plans, numbers, strict=True), AT_ONCE):
        lives = [_lived(seed, n, people, desk, now) for (_, n), _ in batch]
        made["messages"] += _write(lives, [number for _, number in batch])
        db.session.commit()
    analyze()
    return made


def _people() -> list[Person]:
    """In the order of their tenants, so that the next one mostly is a colleague."""
    query = (
        sa.select(User.id, User.name, User.email, Tenant.id, Tenant.name)
        .join(Tenant, Tenant.id == User.tenant_id)
        .where(User.external_id.like(f"{PREFIX}%"), User.erased_at.is_(None))
        .order_by(Tenant.id, User.id)
    )
    plans = _plans()
    return [Person(*row, *plans[row[3]]) for row in db.session.execute(query).all()]


def _plans() -> Mapping[int, tuple[Any, ...]]:
    """The plan of each tenant now, the fallback one where they chose none."""
    plan = (PlanTemplate.display_name, PlanTemplate.level)
    fallback = db.session.execute(sa.select(*plan).where(PlanTemplate.is_fallback)).first()
    query = (
        sa.select(Subscription.tenant_id, *plan)
        .join(PlanTemplate, PlanTemplate.id == Subscription.plan_id)
        .where(in_force(clock.now()))
        .order_by(PlanTemplate.level)
    )
    found = {row[0]: (row[1], row[2]) for row in db.session.execute(query)}
    return defaultdict(lambda: tuple(fallback or (None, 0)), found)


def _dice(seed: int, number: int) -> Random:
    return Random(seed * SPREAD + number)


def _planned(seed: int, number: int) -> Outline:
    return outline(_dice(seed, number), is_longest=number == 0)


def _lived(seed: int, number: int, people: Sequence[Person], desk: Desk, now: datetime) -> Life:
    """The same dice as for the plan go on, so a ticket does not depend on those before it."""
    dice = _dice(seed, number)
    plan = outline(dice, is_longest=number == 0)
    place = int(len(people) * dice.random())
    requester, other = people[place], people[place - 1]
    what = about(requester, dice)
    life = Life(requester, what, desk.team_for(what.category), desk.promise_for(what), dice)
    life.live(plan, now)
    is_colleague = other.tenant_id == requester.tenant_id and other.id != requester.id
    if is_colleague and dice.random() < 0.04:
        life.join(other)
    return life


def _numbers(created: Sequence[datetime]) -> list[str]:
    """One a ticket in the order of their opening, counted within its year."""
    found: list[str] = []
    for year in sorted({at.year for at in created}):
        count = sum(at.year == year for at in created)
        first = insert_into(TicketNumber).values(year=year, last=count)
        taken = first.on_conflict_do_update(
            index_elements=["year"], set_={"last": TicketNumber.__table__.c.last + count}
        ).returning(TicketNumber.last)
        last = db.session.scalar(taken, execution_options={"populate_existing": True}) or 0
        found += [f"TCK-{year}-{number:06}" for number in range(last - count + 1, last + 1)]
    return found


def _write(lives: Sequence[Life], numbers: Sequence[str]) -> int:
    count = sum(len(life.said) for life in lives)
    ticket_id = reserve("support_tickets", len(lives))
    message_id = reserve("support_messages", count)
    written = []
    for place, (life, number) in enumerate(zip(lives, numbers, strict=True)):
        written.append(_Written(life, ticket_id + place, number, message_id))
        message_id += len(life.said)
    add(SupportTicket, TICKET, map(_ticket, written))
    add(SupportMessage, MESSAGE, (row for one in written for row in _messages(one)))
    events = ((one.id, *event) for one in written for event in one.life.events)
    add(TicketEvent, EVENT, events)
    add(TicketClock, CLOCK, (row for one in written for row in one.life.clocks.rows(one.id)))
    tagged = ((one.id, tag) for one in written for tag in one.life.about.tags)
    add(TicketTag, ("ticket_id", "tag"), tagged)
    add(TicketParticipant, PARTICIPANT, filter(None, map(_participant, written)))
    add(TicketRating, RATING, filter(None, map(_rating, written)))
    return count


def _ticket(one: _Written) -> Row:
    life, who = one.life, one.life.requester
    place, last = life.last_public
    due = life.clocks.next_due_at() if life.status.is_open else None
    assignee = life.assignee
    return (
        *(one.id, one.number, life.subject, life.about.channel, life.about.category),
        *(life.about.priority, life.status.value, life.status.is_open),
        *(who.tenant_id, who.tenant_name, who.plan_name, who.plan_level),
        *(who.id, who.name, who.email),
        *(life.team.id, assignee and assignee.id, assignee and assignee.name),
        *(life.about.tags, life.snoozed_until, due, due or NEVER, life.waiting_since),
        *(life.is_unread, life.version, len(life.said)),
        *(one.first_message_id + place, last.at, AUTHORS[last.who].value, life.preview),
        *(life.created_at, life.changed_at, life.first_response_at, life.first_solved_at),
        *(life.solved_at, life.closed_at, life.reopened),
    )


def _messages(one: _Written) -> Iterator[Row]:
    """Public ones went or came by mail, each in answer to the one before."""
    thread: list[str] = []
    for message_id, said in zip(one.message_ids(), one.life.said, strict=True):
        is_mailed = said.admin_id is not None or one.life.about.channel == "email"
        own_id = f"<bulk.t{one.id}.m{message_id}@bulk.test>" if is_mailed else None
        own_id = own_id if KINDS[said.who] == "public" else None
        yield (
            *(message_id, one.id, KINDS[said.who].value, AUTHORS[said.who].value),
            *(said.admin_id, said.user_id, said.name, said.body, said.at, own_id),
            [*thread[:1], *thread[1:][-3:]] if own_id else None,
        )
        thread += [own_id] if own_id else []


def _participant(one: _Written) -> Row | None:
    other = one.life.companion
    if other is None:
        return None
    return one.id, other.id, other.name, other.email, other.email, one.life.created_at


def _rating(one: _Written) -> Row | None:
    life = one.life
    if life.solved_at is None or life.closed_at is None or life.dice.random() > 0.2:
        return None
    score = (3, 3, 3, 2, 1)[int(life.dice.random() * 5)]
    agent_id = life.assignee.id if life.assignee else None
    return one.id, life.solved_at, agent_id, score, "", life.closed_at
