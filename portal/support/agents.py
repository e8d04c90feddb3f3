"""Agents: whoever may answer tickets by their role, how much they take, and whether now."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.core.errors import Denied, DomainError, NotFound
from portal.core.permissions import Permission
from portal.core.staleness import check_seen
from portal.core.text import nfc, plain_lines
from portal.staff.models import Admin
from portal.staff.signals import person_changed
from portal.support.draining import drain
from portal.support.handing_back import hand_back, target_of_agent
from portal.support.load import shifts_of
from portal.support.models import AgentShift, SupportAgent, SupportTicket
from portal.support.roster import Named, add_row, named, works_on_tickets
from portal.support.shifts import BadShifts, Span
from portal.support.words import Availability, Category

MOST_CAPACITY = 500
LONGEST_SIGNATURE = 500
MOST_LANGUAGES = 10


class NotYourself(Denied):
    """Somebody else's signature or availability, without the right to manage agents."""


class BadCapacity(DomainError):
    """Not between 0 and 500 tickets."""


class BadSkills(DomainError):
    """A category that does not exist."""


class BadLanguages(DomainError):
    """Not a short list of two-letter codes."""


class BadSignature(DomainError):
    """Longer than 500 characters."""


class BadAvailability(DomainError):
    """Neither available nor away."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How an agent works. No skill means every category; the shifts are in their own time zone."""

    capacity: int
    skills: Sequence[str] = ()
    languages: Sequence[str] = ()
    shifts: Sequence[Span] = ()
    ignores_shifts: bool = True


@dataclass(frozen=True, slots=True)
class Switched:
    """What a change of availability did: tickets handed back, tickets that came from the queue."""

    agent: SupportAgent
    handed_back: Sequence[str] = ()
    received: int = 0


def follow_person(person: Admin, *, by: Actor) -> None:
    """Keep the agent's row in step with the person: their role, their access, their name."""
    row = db.session.get(SupportAgent, person.id)
    if row is None:
        if works_on_tickets(person):
            add_row(person.id)
        return
    db.session.refresh(row, with_for_update={"key_share": True})
    _rename(person)
    is_working = works_on_tickets(person)
    if row.is_active == is_working:
        return
    row.is_active = is_working
    db.session.flush()
    if is_working:
        drain(agent_id=person.id)
    else:
        hand_back(by=by, agent=row, name=person.name, cause=_why(person))


def _rename(person: Admin) -> None:
    """Queues show the name from the ticket's own row."""
    theirs = sa.update(SupportTicket).where(
        SupportTicket.assignee_id == person.id, SupportTicket.assignee_name != person.name
    )
    db.session.execute(theirs.values(assignee_name=person.name))


def _why(person: Admin) -> str:
    return "disabled" if person.disabled_at is not None else "role_changed"


person_changed.connect(follow_person)


def change_agent(
    *, by: Actor, agent_id: int, profile: Profile, seen: str | None = None
) -> SupportAgent:
    """Set how an agent works. Somebody who takes more than before gets what waits.

    Raises:
        BadCapacity, BadSkills, BadLanguages, BadShifts: nothing changed.
        Stale: somebody changed them after the form was opened.
        NotFound: no such agent.
    """
    agent, name = _locked(agent_id)
    check_seen(seen, *as_words(profile_of(agent)))
    wanted, before = _checked(profile), profile_of(agent)
    agent.capacity, agent.ignores_shifts = wanted.capacity, wanted.ignores_shifts
    agent.skills, agent.languages = list(wanted.skills), list(wanted.languages)
    if list(wanted.shifts) != list(before.shifts):
        _replace_shifts(agent, wanted.shifts)
    changes = {
        key: (old, new)
        for key, old, new in zip(WORDS, as_words(before), as_words(wanted), strict=True)
        if old != new
    }
    if changes:
        record(Action.AGENT_CHANGED, by=by, target=target_of_agent(agent, name), changes=changes)
    db.session.flush()
    drain(agent_id=agent.id)
    return agent


def _checked(profile: Profile) -> Profile:
    if not 0 <= profile.capacity <= MOST_CAPACITY:
        raise BadCapacity(f"Choose 0 to {MOST_CAPACITY} tickets.", field="capacity")
    if not set(profile.skills) <= set(Category):
        raise BadSkills("Choose from the categories.", field="skills")
    languages = list(dict.fromkeys(code.strip().lower() for code in profile.languages))
    if len(languages) > MOST_LANGUAGES or any(not _is_code(code) for code in languages):
        raise BadLanguages(
            f"At most {MOST_LANGUAGES} two-letter codes, such as en, de.", field="languages"
        )
    if not profile.ignores_shifts and not profile.shifts:
        raise BadShifts("Without hours they would never get a ticket.", field="ignores_shifts")
    skills = [category.value for category in Category if category in profile.skills]
    return Profile(profile.capacity, skills, languages, profile.shifts, profile.ignores_shifts)


def _is_code(code: str) -> bool:
    return len(code) == 2 and code.isascii() and code.isalpha()


def _replace_shifts(agent: SupportAgent, spans: Sequence[Span]) -> None:
    db.session.execute(sa.delete(AgentShift).where(AgentShift.agent_id == agent.id))
    db.session.add_all(
        AgentShift(
            agent_id=agent.id, weekday=span.weekday, start_minute=span.start, end_minute=span.end
        )
        for span in spans
    )


WORDS = ("capacity", "skills", "languages", "ignores_shifts", "shifts")


def profile_of(agent: SupportAgent) -> Profile:
    spans = [
        Span(shift.weekday, shift.start_minute, shift.end_minute)
        for shift in shifts_of([agent.id]).get(agent.id, [])
    ]
    return Profile(agent.capacity, agent.skills, agent.languages, spans, agent.ignores_shifts)


def as_words(profile: Profile) -> tuple[str, ...]:
    """As the ledger and the fingerprint of a form keep it, in the order of `WORDS`."""
    return (
        str(profile.capacity),
        " ".join(profile.skills),
        " ".join(profile.languages),
        "yes" if profile.ignores_shifts else "no",
        " ".join(f"{span.weekday}:{span.start}-{span.end}" for span in profile.shifts),
    )


def change_signature(*, by: Actor, agent_id: int, signature: str) -> SupportAgent:
    """Set what stands below an agent's replies: one's own, or by whoever manages agents.

    Raises:
        NotYourself, BadSignature, NotFound: nothing changed.
    """
    agent, name = _locked(agent_id)
    _check_self(by, agent_id)
    text = nfc(plain_lines(signature)).strip()
    if len(text) > LONGEST_SIGNATURE:
        raise BadSignature(f"Use at most {LONGEST_SIGNATURE} characters.", field="signature")
    changes = {"signature": (agent.signature, text)}
    agent.signature = text
    record(Action.AGENT_CHANGED, by=by, target=target_of_agent(agent, name), changes=changes)
    return agent


def set_availability(
    *, by: Actor, agent_id: int, availability: str, hands_back: bool = False
) -> Switched:
    """Say whether an agent takes tickets now: oneself, or whoever manages agents.

    Who becomes available gets what waits for them; who goes away keeps their open tickets, or
    hands them back to their teams.

    Raises:
        NotYourself, BadAvailability, NotFound: nothing changed.
    """
    agent, name = _locked(agent_id)
    _check_self(by, agent_id)
    if availability not in list(Availability):
        raise BadAvailability("Choose available or away.", field="availability")
    old, agent.availability = agent.availability, availability
    if old != availability:
        agent.availability_changed_at = clock.now()
    record(
        Action.AGENT_AVAILABILITY_CHANGED,
        by=by,
        target=target_of_agent(agent, name),
        changes={"availability": (old, availability)},
    )
    db.session.flush()
    if availability == Availability.AVAILABLE:
        return Switched(agent, received=drain(agent_id=agent.id))
    given = hand_back(by=by, agent=agent, name=name, cause="away") if hands_back else []
    return Switched(agent, handed_back=given)


def may_switch(by: Actor, agent_id: int) -> bool:
    """May they set this agent's signature and availability?"""
    is_self = by.type is ActorType.ADMIN and by.id == agent_id
    return is_self or by.may(Permission.SUPPORT_MANAGE)


def _check_self(by: Actor, agent_id: int) -> None:
    if not may_switch(by, agent_id):
        raise NotYourself("Only they themselves, or whoever manages agents, may set this.")


def _locked(agent_id: int) -> Named:
    found = named(agent_id, lock=True)
    if found is None:
        raise NotFound("There is no such agent.")
    return found
