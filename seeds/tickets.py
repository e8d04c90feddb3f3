"""What the demo company's customers asked, and what became of it.

Each step is done by the portal's own deeds, at the instant at which it is to have happened. What
was answered then counts as sent: nobody gets a mail of it today.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.models import Tenant, User
from portal.mail.models import EmailLog, MailStatus
from portal.staff.models import Admin
from portal.staff.naming import actor_of
from portal.support.assignment import take
from portal.support.messages import add_note, customer_message, reply
from portal.support.models import SupportTicket
from portal.support.tagging import change_tags
from portal.support.tickets import Opening, open_ticket
from portal.support.words import Category, Channel, Priority, Status
from seeds.ticket_stories import NOTE, STORIES, TAKEN, WRITES, Story

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who can answer, by the beginning of their address."""

    agents: dict[str, Admin]

    def named(self, name: str) -> Admin | None:
        return self.agents.get(name)


def seed_tickets() -> int:
    """Bring the stories, where there is no ticket yet. How many were told."""
    if db.session.scalar(sa.select(sa.exists().where(SupportTicket.id > 0))):
        return 0
    now = clock.now()
    told = [_told(story, now) for story in sorted(STORIES, key=lambda one: -one.hours_ago)]
    _count_as_sent(now)
    return sum(told)


def _told(story: Story, now: datetime) -> bool:
    requester = _person(story)
    if requester is None:
        return False
    begun = now - story.hours_ago * HOUR
    with clock.standing_at(begun):
        opening = Opening(
            subject=story.subject,
            body=story.body,
            channel=Channel(story.channel),
            category=Category(story.category),
            priority=Priority(story.priority),
        )
        ticket = open_ticket(by=_as_customer(requester), requester=requester, opening=opening)
    cast = _Cast(_agents())
    for after, who, what, text in story.steps:
        with clock.standing_at(begun + after * HOUR):
            _step(ticket, requester, cast, who, what, text)
    for name, tags in _tags(story):
        by = cast.named(name)
        if by is not None:
            change_tags(by=actor_of(by), ticket=ticket, add=tags)
    return True


def _tags(story: Story) -> Iterator[tuple[str, list[str]]]:
    if story.tags:
        yield "priya.nair", list(story.tags)


def _step(
    ticket: SupportTicket, requester: User, cast: _Cast, who: str, what: str, text: str
) -> None:
    if what == WRITES:
        customer_message(by=_as_customer(requester), ticket=ticket, author=requester, body=text)
        return
    agent = cast.named(who)
    if agent is None:
        return
    by = actor_of(agent)
    if what == TAKEN:
        take(by=by, ticket=ticket)
    elif what == NOTE:
        add_note(by=by, ticket=ticket, author=agent, body=text)
    else:
        reply(by=by, ticket=ticket, author=agent, body=text, status=Status(what))


def _as_customer(user: User) -> Actor:
    return Actor(ActorType.CUSTOMER, user.id, f"user {user.id}")


def _person(story: Story) -> User | None:
    query = (
        sa.select(User)
        .join(Tenant, Tenant.id == User.tenant_id)
        .where(Tenant.external_id == story.tenant, User.erased_at.is_(None))
        .order_by(User.id)
        .offset(story.person)
        .limit(1)
    )
    return db.session.scalar(query)


def _agents() -> dict[str, Admin]:
    working = (Admin.joined_at.is_not(None), Admin.disabled_at.is_(None))
    roles = Admin.role.in_((Role.SUPPORT_AGENT, Role.MANAGER))
    rows = db.session.scalars(sa.select(Admin).where(*working, roles))
    return {row.email.partition("@")[0]: row for row in rows}


def _count_as_sent(now: datetime) -> None:
    db.session.flush()
    of_then = (EmailLog.cause_type.is_not(None), EmailLog.created_at < now)
    db.session.execute(
        sa.update(EmailLog)
        .where(EmailLog.status == MailStatus.QUEUED, *of_then)
        .values(status=MailStatus.SENT, sent_at=EmailLog.created_at, body_sealed=None)
    )
