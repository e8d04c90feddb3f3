"""The life of one ticket of many: the same steps as the desk's deeds, on plain values."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from portal.support.bodies import preview_of
from portal.support.clock_math import Metric
from portal.support.models.tickets import NEVER
from portal.support.words import AuthorType, Category, Channel, MessageKind, Priority, Status
from seeds.bulk_clocks import LifeClocks, Promise
from seeds.bulk_outlines import AGENT, COOLED, CUSTOMER, NOTE, Outline
from seeds.bulk_words import ANSWERED, ASKED, NOTED, subject, tags, text

SNOOZED = timedelta(days=5)
BY_SYSTEM = ("system", None, "system")
SAID = {CUSTOMER: ASKED, AGENT: ANSWERED, NOTE: NOTED}


class Person(NamedTuple):
    """A customer's user, as a ticket names them."""

    id: int
    name: str
    email: str
    tenant_id: int
    tenant_name: str
    plan_name: str | None
    plan_level: int


class Agent(NamedTuple):
    """One of ours who answers."""

    id: int
    name: str
    email: str


class Team(NamedTuple):
    """Where tickets of some categories go, and who is there: somebody always is."""

    id: int
    name: str
    strategy: str
    agents: list[Agent]


class Said(NamedTuple):
    """One message."""

    who: str
    name: str
    admin_id: int | None
    user_id: int | None
    body: str
    at: datetime


@dataclass(frozen=True, slots=True)
class About:
    """What a ticket is, before anything is done about it. `plan_level` is its tenant's."""

    channel: str
    category: str
    priority: str
    plan_level: int
    tags: list[str]


def about(requester: Person, dice: Random) -> About:
    chance = dice.random()
    return About(
        channel=(Channel.WEB, Channel.EMAIL, Channel.EMAIL, Channel.API)[int(dice.random() * 4)],
        category=list(Category)[int(dice.random() * len(Category))],
        priority=_priority(chance),
        plan_level=requester.plan_level,
        tags=tags(dice),
    )


def _priority(chance: float) -> Priority:
    if chance < 0.05:
        return Priority.URGENT
    return Priority.HIGH if chance < 0.2 else Priority.MEDIUM if chance < 0.85 else Priority.LOW


class Life:
    """A ticket as it is after its last step, and all that it left behind."""

    def __init__(
        self, requester: Person, what: About, team: Team, promise: Promise | None, dice: Random
    ) -> None:
        self.requester, self.about, self.team, self.dice = requester, what, team, dice
        self.subject = subject(Category(what.category), dice)
        self.clocks = LifeClocks(promise)
        self.said: list[Said] = []
        self.events: list[tuple[Any, ...]] = []
        self.status = Status.NEW
        self.version, self.reopened = 1, 0
        self.assignee: Agent | None = None
        self.is_unread = True
        self.waiting_since: datetime | None = None
        self.first_response_at: datetime | None = None
        self.first_solved_at: datetime | None = None
        self.solved_at: datetime | None = None
        self.closed_at: datetime | None = None
        self.snoozed_until: datetime | None = None
        self.companion: Person | None = None
        self.created_at = self.changed_at = NEVER

    def live(self, plan: Outline, now: datetime) -> None:
        """From its opening until now."""
        at = plan.created_at(now)
        self._open(at)
        for place in range(1, len(plan.steps)):
            who, gap = plan.steps[place]
            at += gap
            self._step(who, at, self._status_after(plan, place))
        self._end(plan.status, at, now)
        self.clocks.settle(now)
        for metric, since in self.clocks.broke():
            self._note("breached", BY_SYSTEM, since, new=metric.value)
        self.events.sort(key=lambda event: event[-1])

    def join(self, companion: Person) -> None:
        """A colleague of the requester, who gets copies from the beginning on."""
        self.companion = companion
        self.version += 1
        by = self._by(self._agent())
        self._note("participants", by, self.created_at, new=companion.email)
        self.events.sort(key=lambda event: event[-1])

    def _open(self, at: datetime) -> None:
        self.created_at = at
        self._say(CUSTOMER, at)
        self.waiting_since = at
        self._note("created", self._customer, at, new=self.about.channel)
        self.clocks.start(Metric.FIRST_RESPONSE, at)
        self.clocks.start(Metric.RESOLUTION, at)
        self._note("team", BY_SYSTEM, at, new=self.team.name, cause="routed")
        if self.dice.random() < 0.6:
            self._give(self._agent(), at, BY_SYSTEM, self.team.strategy)
        if self.about.tags:
            self.version += 1
            new = " ".join(self.about.tags)
            self._note("tags", self._by(self._agent()), at, old="", new=new)

    def _step(self, who: str, at: datetime, status: Status | None) -> None:
        agent = self._say(who, at)
        if agent is None:
            self._customer_wrote(at)
        elif who == AGENT:
            self._agent_replied(agent, at, status)

    def _customer_wrote(self, at: datetime) -> None:
        if self.status in {Status.PENDING, Status.ON_HOLD, Status.SOLVED}:
            self._move(Status.OPEN, BY_SYSTEM, at, "customer_replied")
        self.waiting_since = self.waiting_since or at
        self.is_unread = True
        was_answered = (self.first_response_at or self.first_solved_at) is not None
        self.clocks.customer_wrote(at, is_answered=was_answered)

    def _agent_replied(self, agent: Agent, at: datetime, status: Status | None) -> None:
        self.clocks.agent_replied(at)
        self.waiting_since, self.is_unread = None, False
        self.first_response_at = self.first_response_at or at
        by = self._by(agent)
        if self.assignee is None:
            self._give(agent, at, by, "replied")
        wanted = status or (Status.OPEN if self.status is Status.NEW else None)
        if wanted is not None and wanted is not self.status:
            self._move(wanted, by, at, None if status else "replied")

    def _status_after(self, plan: Outline, place: int) -> Status | None:
        """With which status an answer is sent."""
        if place == len(plan.steps) - 1:
            return Status.SOLVED if plan.status is Status.CLOSED else plan.status
        chance = self.dice.random()
        who, gap = plan.steps[place + 1]
        if who == CUSTOMER and chance < 0.05 and gap < COOLED:
            return Status.SOLVED
        return Status.PENDING if chance < 0.5 else None

    def _end(self, status: Status, at: datetime, now: datetime) -> None:
        if status is Status.CLOSED:
            self._move(Status.CLOSED, BY_SYSTEM, at + COOLED, "timer")
            self.closed_at = at + COOLED
        elif status is Status.SPAM:
            self._move(Status.SPAM, self._by(self._agent()), at + timedelta(hours=1), None)
        elif status.is_open and self.dice.random() < 0.02:
            self.snoozed_until = now + SNOOZED * (0.1 + self.dice.random())
            until = self.snoozed_until.strftime("%Y-%m-%dT%H:%M:%SZ")
            self.version += 1
            self._note("snoozed", self._by(self._agent()), at, new=until)
        if self.waiting_since and self.assignee and self.dice.random() < 0.4:
            self.is_unread = False  # looked at, and not answered yet

    def _move(self, status: Status, by: tuple[Any, ...], at: datetime, cause: str | None) -> None:
        old, self.status = self.status, status
        self.version += 1
        if status is Status.SOLVED:
            self.solved_at = at
            self.first_solved_at = self.first_solved_at or at
        if not status.is_open:
            self.waiting_since, self.is_unread = None, False
        self.reopened += status.is_open and old is Status.SOLVED
        self._note("status", by, at, old=old.value, new=status.value, cause=cause)
        self.clocks.status_changed(old, status, at)

    def _give(self, agent: Agent, at: datetime, by: tuple[Any, ...], cause: str) -> None:
        self.assignee = agent
        self.version += 1
        self._note("assigned", by, at, new=agent.name, cause=cause)

    def _agent(self) -> Agent:
        return self.assignee or self.dice.choice(self.team.agents)

    def _say(self, who: str, at: datetime) -> Agent | None:
        """Whoever of ours said it."""
        agent = None if who == CUSTOMER else self._agent()
        name = agent.name if agent else self.requester.name
        user_id = self.requester.id if who == CUSTOMER else None
        body = text(SAID[who], self.dice)
        self.said.append(Said(who, name, agent.id if agent else None, user_id, body, at))
        self.version += 1
        self.changed_at = at
        return agent

    @property
    def _customer(self) -> tuple[Any, ...]:
        return "customer", self.requester.id, f"user {self.requester.id}"

    def _by(self, agent: Agent) -> tuple[Any, ...]:
        return "admin", agent.id, agent.email

    def _note(
        self,
        kind: str,
        by: tuple[Any, ...],
        at: datetime,
        *,
        old: str | None = None,
        new: str | None = None,
        cause: str | None = None,
    ) -> None:
        self.changed_at = max(self.changed_at, at) if self.said else at
        self.events.append((kind, old, new, cause, *by, at))

    def public(self) -> Iterator[tuple[int, Said]]:
        """The messages that the customer reads, each with its place."""
        return ((place, one) for place, one in enumerate(self.said) if one.who != NOTE)

    @property
    def preview(self) -> str:
        return preview_of(self.last_public[1].body)

    @property
    def last_public(self) -> tuple[int, Said]:
        return [*self.public()][-1]


AUTHORS = {CUSTOMER: AuthorType.CUSTOMER, AGENT: AuthorType.AGENT, NOTE: AuthorType.AGENT}
KINDS = {CUSTOMER: MessageKind.PUBLIC, AGENT: MessageKind.PUBLIC, NOTE: MessageKind.NOTE}
