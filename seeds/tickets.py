"""What the demo company's customers asked, and what became of it.

Each step is done by the portal's own deeds, at the instant at which it is to have happened.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import chain

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM, Actor, ActorType
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.models import Tenant, TenantStatus, User
from portal.staff.models import Admin
from portal.staff.naming import actor_of
from portal.support.assignment import take
from portal.support.messages import add_note, customer_message, reply
from portal.support.models import SupportTicket
from portal.support.ratings import rate, rating_token
from portal.support.snoozing import snooze
from portal.support.tagging import change_tags
from portal.support.ticket_grants import grant_from_ticket
from portal.support.tickets import Opening, open_ticket
from portal.support.timers import COOLING, SILENCE
from portal.support.words import Category, Channel, Priority, Status
from seeds.agenda import Agenda
from seeds.goodwill import BEGINS, ENDS, gesture
from seeds.goodwill_stories import GESTURES
from seeds.rounds import plan_timers
from seeds.ticket_months import months_of_stories
from seeds.ticket_stories import (
    BAD,
    FAIR,
    GOOD,
    GRANTS,
    NOTE,
    PENDING,
    SNOOZES,
    SOLVED,
    STORIES,
    TAKEN,
    WRITES,
    Step,
    Story,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SCORES = {GOOD: 3, FAIR: 2, BAD: 1}
GRANTED_FOR = 14 * DAY
LATER = {SOLVED: (COOLING,), PENDING: (SILENCE, SILENCE + COOLING)}
"""When the desk's own rules look at a ticket again."""


def plan_tickets(agenda: Agenda) -> list[Story]:
    """The stories, where there is no ticket yet; those that were told once the agenda was run."""
    told: list[Story] = []
    if db.session.scalar(sa.select(sa.exists().where(SupportTicket.id > 0))):
        return told
    for story in chain(months_of_stories(agenda.until, agenda.seed), STORIES, GESTURES):
        agenda.add(agenda.until - story.hours_ago * HOUR, partial(_open, agenda, story, told))
    return told


def _open(agenda: Agenda, story: Story, told: list[Story]) -> None:
    requester = _person(story)
    if requester is None:
        return
    opening = Opening(
        subject=story.subject,
        body=story.body,
        channel=Channel(story.channel),
        category=Category(story.category),
        priority=Priority(story.priority),
    )
    ticket = open_ticket(by=_as_customer(requester), requester=requester, opening=opening)
    told.append(story)
    _Conversation(agenda, ticket, requester, _agents()).plan(story)


class _Conversation:
    """One ticket and who speaks in it."""

    def __init__(
        self, agenda: Agenda, ticket: SupportTicket, requester: User, agents: dict[str, Admin]
    ) -> None:
        self.agenda, self.agents = agenda, agents
        self.ticket, self.requester, self.customer = ticket, requester, _as_customer(requester)
        self.done: dict[str, Callable[[Admin, Actor, str], object]] = {
            TAKEN: self._take,
            NOTE: self._note,
            SNOOZES: self._snooze,
            GRANTS: self._grant,
            **{what: partial(self._gesture, what) for what in (*BEGINS, *ENDS)},
        }

    def plan(self, story: Story) -> None:
        begun = clock.now()
        for step in story.steps:
            agent = self.agents.get(step[1])
            by = actor_of(agent) if agent is not None else SYSTEM
            self.agenda.add(begun + step[0] * HOUR, partial(self._do, step, agent, by), by=by)
        first = next((self.agents[who] for _, who, *_ in story.steps if who in self.agents), None)
        if story.tags and first is not None:
            by = actor_of(first)
            deed = partial(change_tags, by=by, ticket=self.ticket, add=list(story.tags))
            self.agenda.add(begun + story.steps[0][0] * HOUR, deed, by=by)

    def _do(self, step: Step, agent: Admin | None, by: Actor) -> None:
        _, _, what, text = step
        if what == WRITES:
            author, ticket = self.requester, self.ticket
            customer_message(by=self.customer, ticket=ticket, author=author, body=text)
        elif what in SCORES:
            self._rate(SCORES[what], text)
        elif agent is not None and what in self.done:
            self.done[what](agent, by, text)
        elif agent is not None:
            reply(by=by, ticket=self.ticket, author=agent, body=text, status=Status(what))
            for after in LATER.get(what, ()):
                plan_timers(self.agenda, after)

    def _rate(self, score: int, comment: str) -> None:
        """Only who was told that it is solved can say how that was."""
        if self.ticket.solved_at is not None and not self.ticket.is_open:
            rate(token=rating_token(self.ticket), score=score, comment=comment)

    def _take(self, _agent: Admin, by: Actor, _text: str) -> None:
        take(by=by, ticket=self.ticket)

    def _note(self, agent: Admin, by: Actor, text: str) -> None:
        add_note(by=by, ticket=self.ticket, author=agent, body=text)

    def _snooze(self, _agent: Admin, by: Actor, days: str) -> None:
        snooze(by=by, ticket=self.ticket, until=clock.now() + int(days) * DAY)

    def _grant(self, _agent: Admin, by: Actor, feature: str) -> None:
        until = clock.now() + GRANTED_FOR
        grant_from_ticket(by=by, ticket=self.ticket, feature_name=feature, expires_at=until)

    def _gesture(self, what: str, _agent: Admin, by: Actor, text: str) -> None:
        gesture(by=by, ticket=self.ticket, what=what, text=text)


def _as_customer(user: User) -> Actor:
    return Actor(ActorType.CUSTOMER, user.id, f"user {user.id}")


def _person(story: Story) -> User | None:
    """That one of the people of a tenant that is served, or the first while there are fewer."""
    query = (
        sa.select(User)
        .join(Tenant, Tenant.id == User.tenant_id)
        .where(Tenant.external_id == story.tenant, Tenant.status == TenantStatus.ACTIVE)
        .where(User.erased_at.is_(None), User.created_at <= clock.now())
        .order_by(User.external_id)
    )
    people = db.session.scalars(query).all()
    return people[story.person] if story.person < len(people) else next(iter(people), None)


def _agents() -> dict[str, Admin]:
    working = (Admin.joined_at.is_not(None), Admin.disabled_at.is_(None))
    roles = Admin.role.in_((Role.SUPPORT_AGENT, Role.MANAGER))
    rows = db.session.scalars(sa.select(Admin).where(*working, roles))
    return {row.email.partition("@")[0]: row for row in rows}
