"""Who works on a ticket: taken, given, or found by the strategy of its team."""

from dataclasses import dataclass
from typing import TypedDict

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db
from portal.core.errors import Conflict, DomainError
from portal.core.staleness import Stale
from portal.staff.models import Admin
from portal.support.correspondence import Answering
from portal.support.draining import drain, place
from portal.support.giving import claim, give, say, waiting
from portal.support.history import note_event, target_of_ticket
from portal.support.load import WHOLE, at_work, eligible, in_tickets, loads_of
from portal.support.models import SupportAgent, SupportTeam, SupportTicket, TeamMember
from portal.support.roster import Named, acting_agent, named, named_or_new
from portal.support.seeing import lock_ticket
from portal.support.words import Availability, Status, Strategy

FINAL = frozenset({Status.CLOSED, Status.MERGED, Status.DELETED})


class AlreadyTaken(Conflict):
    """Somebody else has the ticket."""

    title = "Somebody was faster"


class NotForTaking(Conflict):
    """The ticket is in a state in which nobody works on it."""


class AtCapacity(Conflict):
    """Whoever asks for the next ticket has as much as they take."""


class NobodyThere(DomainError):
    """No agent of this id works on tickets."""


class NoSuchTeam(DomainError):
    """No team of this id takes tickets."""


class Holders(TypedDict, total=False):
    """Who has a ticket, each only where it is meant: None is nobody, or no team."""

    agent_id: int | None
    team_id: int | None


@dataclass(frozen=True, slots=True)
class Given:
    """What came of giving a ticket by hand. `warning` is what the giver should know of it."""

    ticket: SupportTicket
    warning: str | None = None


def take(*, by: Actor, ticket: SupportTicket) -> SupportTicket:
    """Whoever acts works on it from now. Of many at once one gets it; taking twice is taking once.

    Raises:
        AlreadyTaken: the message names who has it.
        NotForTaking: it is not open.
        NotAnAgent: whoever acts is none.
    """
    agent, name = acting_agent(by)
    if claim(ticket, agent_id=agent.id, name=name):
        say(ticket, by=by, old=None)
        return ticket
    if ticket.assignee_id == agent.id:
        return ticket
    if ticket.assignee_id is not None:
        raise AlreadyTaken(f"{ticket.assignee_name} works on {ticket.number} already.")
    label = Status(ticket.status).label.lower()
    raise NotForTaking(f"{ticket.number} is {label}: nobody works on it now.")


def next_ticket(*, by: Actor) -> SupportTicket | None:
    """Claim what is due first of what waits in the teams of whoever acts, or in none.

    None: nothing waits that they know about.

    Raises:
        AtCapacity: they have as much as they take.
        NotAnAgent: whoever acts is none.
    """
    agent, name = acting_agent(by, lock=True)
    load = loads_of([agent.id]).get(agent.id, 0)
    if load + WHOLE > WHOLE * agent.capacity:
        raise AtCapacity(
            f"You have {in_tickets(load)} of the {agent.capacity} tickets that you take. "
            "Finish one first."
        )
    ticket = db.session.scalar(_best_for(agent))
    if ticket is None:
        return None
    give(ticket, by=by, agent_id=agent.id, name=name, cause="next")
    return ticket


def _best_for(agent: SupportAgent) -> sa.Select[SupportTicket]:
    own = sa.select(TeamMember.team_id).where(TeamMember.agent_id == agent.id)
    query = sa.select(SupportTicket).where(
        waiting(), sa.or_(SupportTicket.team_id.is_(None), SupportTicket.team_id.in_(own))
    )
    if agent.skills:
        query = query.where(SupportTicket.category.in_(agent.skills))
    return (
        query.order_by(SupportTicket.queue_at, SupportTicket.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


def assign(
    *,
    by: Actor,
    ticket: SupportTicket,
    to: Holders,
    seen: Holders | None = None,
    cause: str | None = None,
) -> Given:
    """Give a ticket to an agent, to a team, or to both. `cause` as of `note_event`.

    A person may give more than somebody takes, or to somebody who is away: they are warned.
    `seen` says who had it when the giver looked.

    Raises:
        NobodyThere, NoSuchTeam: see the classes (422).
        NotForTaking: it is closed, merged or deleted (409).
        Stale: it changed hands after the giver looked (409).
    """
    wanted = to.get("agent_id")
    agent = named(wanted) if wanted is not None else None
    lock_ticket(ticket)
    if ticket.status in FINAL:
        label = Status(ticket.status).label.lower()
        raise NotForTaking(f"{ticket.number} is {label}: it stays with whom it is.")
    _check_holders(ticket, to=to, seen=seen or {})
    if "team_id" in to and to["team_id"] != ticket.team_id:  # one may stay in a team that is gone
        _move_to(ticket, _team(to["team_id"]), by=by, cause=cause)
    before = ticket.assignee_id
    if "agent_id" not in to or before == wanted:
        return Given(ticket)
    if wanted is not None and agent is None:
        raise NobodyThere("This person does not work on tickets.", field="agent_id")
    warning = _warning(agent, ticket) if agent is not None else None
    give(ticket, by=by, agent_id=wanted, name=agent.name if agent else None, cause=cause)
    if before is not None:
        drain(agent_id=before)
    return Given(ticket, warning)


def _check_holders(ticket: SupportTicket, *, to: Holders, seen: Holders) -> None:
    """Whom two people chose alike is no conflict."""
    agents = {seen.get("agent_id"), to.get("agent_id")}
    if "agent_id" in seen and ticket.assignee_id not in agents:
        has_it = f"{ticket.assignee_name or 'Nobody'} has {ticket.number} by now."
        raise Stale(f"{has_it} Yours was not saved.", field="agent_id")
    if "team_id" in seen and ticket.team_id not in {seen.get("team_id"), to.get("team_id")}:
        team = db.session.get(SupportTeam, ticket.team_id) if ticket.team_id is not None else None
        is_in = f"{ticket.number} is in {team.name if team else 'no team'} by now."
        raise Stale(f"{is_in} Yours was not saved.", field="team_id")


def _team(team_id: int | None) -> SupportTeam | None:
    if team_id is None:
        return None
    found = db.session.get(SupportTeam, team_id)
    if found is None or found.archived_at is not None:
        raise NoSuchTeam("This team takes no tickets.", field="team_id")
    return found


def _move_to(
    ticket: SupportTicket, team: SupportTeam | None, *, by: Actor, cause: str | None
) -> None:
    old = db.session.get(SupportTeam, ticket.team_id) if ticket.team_id is not None else None
    names = (old.name if old else None, team.name if team else None)
    ticket.team_id = team.id if team else None
    ticket.version += 1
    note_event(ticket, "team", by=by, old=names[0], new=names[1], cause=cause)
    record(
        Action.TICKET_ASSIGNED,
        by=by,
        target=target_of_ticket(ticket),
        tenant_id=ticket.tenant_id,
        changes={"team": names},
        meta={"cause": cause} if cause else None,
    )


def _warning(agent: Named, ticket: SupportTicket) -> str | None:
    """What speaks against this agent; the ticket is not theirs yet."""
    row, name = agent
    load = loads_of([row.id]).get(row.id, 0)
    if row.availability == Availability.AWAY:
        return f"{name} is away."
    if not row.ignores_shifts and not _is_at_work(row):
        return f"{name} is not at work at this hour."
    if load + WHOLE > WHOLE * row.capacity:
        return f"{name} has {in_tickets(load)} tickets already and takes {row.capacity}."
    if row.skills and ticket.category not in row.skills:
        return f"{name} does not usually take tickets of this category."
    return None


def _is_at_work(row: SupportAgent) -> bool:
    query = sa.select(SupportAgent.id, SupportAgent.ignores_shifts, Admin.time_zone).join(
        Admin, Admin.id == SupportAgent.id
    )
    return bool(at_work(db.session.execute(query.where(SupportAgent.id == row.id)).all()))


def assign_on_reply(
    *, by: Actor, ticket: SupportTicket, author_id: int, known: Answering | None
) -> None:
    """Whoever answers a locked ticket that nobody has works on it, however much they have.

    `known` is the author as an agent, where they have a row.
    """
    if ticket.assignee_id is not None:
        return
    if known is None:
        found = named_or_new(author_id)
        name = found.name if found else None
    else:
        name = known.name if known.is_active else None
    if name is not None:
        give(ticket, by=by, agent_id=author_id, name=name, cause="replied")


def route(*, by: Actor, ticket: SupportTicket) -> None:
    """Find a new ticket its team by its category, else the default one, and there an agent."""
    del by  # the rules of the desk choose, whoever opened it
    team = _team_for(ticket)
    if team is None:
        return
    if ticket.team_id != team.id:
        ticket.team_id = team.id
        note_event(ticket, "team", by=SYSTEM, new=team.name, cause="routed")
    _find_agent(ticket, team)


def _team_for(ticket: SupportTicket) -> SupportTeam | None:
    query = sa.select(SupportTeam).where(SupportTeam.archived_at.is_(None))
    teams = db.session.scalars(query.order_by(SupportTeam.id)).all()
    known = [team for team in teams if team.id == ticket.team_id]
    by_category = [team for team in teams if ticket.category in team.categories]
    default = [team for team in teams if team.is_default]
    return next(iter([*known, *by_category, *default]), None)


def _find_agent(ticket: SupportTicket, team: SupportTeam) -> None:
    if team.strategy != Strategy.MANUAL and ticket.assignee_id is None:
        place(ticket, team, eligible([team.id]))


def release_from_absent(*, ticket: SupportTicket) -> None:
    """A locked ticket whose agent is away or gone returns to its team, and finds another there.

    For one that its customer reopens: whoever solved it may not be back for weeks.
    """
    if ticket.assignee_id is None:
        return
    owner = db.session.get(SupportAgent, ticket.assignee_id)
    if owner is not None and owner.is_active and owner.availability == Availability.AVAILABLE:
        return
    give(ticket, by=SYSTEM, agent_id=None, name=None, cause="absent")
    team = db.session.get(SupportTeam, ticket.team_id) if ticket.team_id is not None else None
    if team is not None and team.archived_at is None and team.strategy != Strategy.MANUAL:
        place(ticket, team, eligible([team.id]))
