"""Teams: agents who share a queue, and how its tickets find one of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import changed_rows, db
from portal.core.errors import Conflict, DomainError, NotFound
from portal.core.staleness import check_seen
from portal.staff.identity import checked_name, email_key
from portal.support.draining import drain
from portal.support.models import SupportAgent, SupportTeam, SupportTicket, TeamMember, TicketEvent
from portal.support.words import OPEN_STATUSES, Category, Status, Strategy

LONGEST_NAME = 80
SHORTEST_IDLE, LONGEST_IDLE = 5, 100_000
MOVING = (*OPEN_STATUSES, Status.SOLVED)
"""What leaves a team with its archiving: a solved ticket may be reopened. The rest is history."""


class TeamNameTaken(DomainError):
    """Two teams of one name could not be told apart."""


class CategoryTaken(DomainError):
    """A category leads to one team."""


class BadTerms(DomainError):
    """A strategy, category, lead or member that does not exist, or minutes that cannot be."""


class DefaultTeam(Conflict):
    """Where would tickets go that name no team?"""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a team is. Making one the default takes that from the one that was."""

    name: str
    strategy: str = Strategy.MANUAL
    is_sticky: bool = False
    is_default: bool = False
    categories: Sequence[str] = ()
    lead_id: int | None = None
    member_ids: Sequence[int] = ()
    idle_minutes: int | None = None
    """Open minutes after which an idle ticket is nobody's again; None: it stays with its agent."""


def team_or_404(team_id: int) -> SupportTeam:
    """Whoever may see one team may see them all: the view's permission is the whole scope.

    Raises:
        NotFound: no such team, or one that was archived.
    """
    found = db.session.get(SupportTeam, team_id)
    if found is None or found.archived_at is not None:
        raise NotFound("There is no such team.")
    return found


def members_of(team_id: int) -> list[int]:
    query = sa.select(TeamMember.agent_id).where(TeamMember.team_id == team_id)
    return list(db.session.scalars(query.order_by(TeamMember.agent_id)))


def terms_of(team: SupportTeam) -> Terms:
    return Terms(
        name=team.name,
        strategy=team.strategy,
        is_sticky=team.is_sticky,
        is_default=team.is_default,
        categories=team.categories,
        lead_id=team.lead_id,
        member_ids=members_of(team.id),
        idle_minutes=team.idle_minutes,
    )


WORDS = (
    "name",
    "strategy",
    "is_sticky",
    "is_default",
    "categories",
    "lead_id",
    "member_ids",
    "idle_minutes",
)


def as_words(terms: Terms) -> tuple[str, ...]:
    """As the ledger and the fingerprint of a form keep them, in the order of `WORDS`."""
    return (
        terms.name,
        terms.strategy,
        "yes" if terms.is_sticky else "no",
        "yes" if terms.is_default else "no",
        " ".join(terms.categories),
        str(terms.lead_id or ""),
        " ".join(map(str, terms.member_ids)),
        str(terms.idle_minutes or ""),
    )


def create_team(*, by: Actor, terms: Terms) -> SupportTeam:
    """A new team.

    Raises:
        BadName, TeamNameTaken, CategoryTaken, BadTerms: nothing is made.
    """
    _lock_teams()
    wanted = _checked(terms, None)
    team = SupportTeam(created_at=clock.now())
    _store(team, wanted)
    record(
        Action.TEAM_SAVED,
        by=by,
        target=_target(team),
        changes=dict(zip(WORDS, ((None, word) for word in as_words(wanted)), strict=True)),
    )
    return team


def change_team(
    *, by: Actor, team: SupportTeam, terms: Terms, seen: str | None = None
) -> SupportTeam:
    """Set all of a team. If it assigns by itself, what waits in it is given out.

    Who works on no tickets at present stays a member until they are back.

    Raises:
        BadName, TeamNameTaken, CategoryTaken, BadTerms, DefaultTeam: nothing changed.
        Stale: somebody changed it after the form was opened.
        NotFound: it was archived meanwhile.
    """
    _lock_teams()
    db.session.refresh(team)
    team_or_404(team.id)
    before = terms_of(team)
    check_seen(seen, *as_words(before))
    if before.is_default and not terms.is_default:
        raise DefaultTeam(
            "Tickets that name no team come here. Make another team the default instead.",
            field="is_default",
        )
    wanted = _checked(terms, team)
    _store(team, wanted)
    changes = {
        key: (old, new)
        for key, old, new in zip(WORDS, as_words(before), as_words(wanted), strict=True)
        if old != new
    }
    if changes:
        record(Action.TEAM_SAVED, by=by, target=_target(team), changes=changes)
    drain(team_ids=[team.id])
    return team


def archive_team(*, by: Actor, team: SupportTeam) -> int:
    """Take a team away; what it still works on goes to the default team. How many tickets.

    Raises:
        DefaultTeam: it is the default one itself.
        NotFound: it was archived already.
    """
    _lock_teams()
    db.session.refresh(team)
    team_or_404(team.id)
    if team.is_default:
        raise DefaultTeam("Tickets that name no team come here. Make another the default first.")
    default = db.session.scalar(sa.select(SupportTeam).where(SupportTeam.is_default))
    moved = _move_tickets(by, team, default)
    team.archived_at = clock.now()
    team.name_key = f"{team.id}:{team.name_key}"[:LONGEST_NAME]  # the name is free again
    team.categories = []
    db.session.flush()
    record(Action.TEAM_ARCHIVED, by=by, target=_target(team), meta={"tickets": moved})
    if default is not None:
        drain(team_ids=[default.id])
    return moved


def _move_tickets(by: Actor, team: SupportTeam, default: SupportTeam | None) -> int:
    theirs = (SupportTicket.team_id == team.id, SupportTicket.status.in_(MOVING))
    ids = sa.select(SupportTicket.id).where(*theirs).order_by(SupportTicket.id)
    db.session.execute(ids.with_for_update()).all()
    row = {
        "ticket_id": SupportTicket.id,
        "kind": sa.literal("team"),
        "old": sa.literal(team.name),
        "new": sa.literal(default.name if default else None, sa.String),
        "cause": sa.literal("team_archived"),
        "actor_type": sa.literal(by.type.value),
        "actor_id": sa.literal(by.id, sa.Integer),
        "actor_label": sa.literal(by.label),
        "at": sa.literal(clock.now(), TicketEvent.__table__.c.at.type),
    }
    history = sa.insert(TicketEvent).from_select(
        list(row), sa.select(*row.values()).where(*theirs).order_by(SupportTicket.id)
    )
    db.session.execute(history)
    move = sa.update(SupportTicket).where(*theirs)
    new_id = default.id if default else None
    return changed_rows(move.values(team_id=new_id, version=SupportTicket.version + 1))


def _lock_teams() -> None:
    """All of them in one order: names, the default and categories are matters between teams."""
    query = sa.select(SupportTeam.id).order_by(SupportTeam.id).with_for_update(key_share=True)
    db.session.execute(query).all()


def _checked(terms: Terms, team: SupportTeam | None) -> Terms:
    name = checked_name(terms.name, longest=LONGEST_NAME, missing="Write a name.")
    if terms.strategy not in list(Strategy):
        raise BadTerms("Choose a strategy.", field="strategy")
    minutes = terms.idle_minutes
    if minutes is not None and not SHORTEST_IDLE <= minutes <= LONGEST_IDLE:
        text = f"Write {SHORTEST_IDLE} to {LONGEST_IDLE:,} minutes, or nothing."
        raise BadTerms(text, field="idle_minutes")
    before = members_of(team.id) if team else []
    named = {*terms.member_ids, *before, *([terms.lead_id] if terms.lead_id else [])}
    query = sa.select(SupportAgent.id, SupportAgent.is_active).where(SupportAgent.id.in_(named))
    active = {row.id: row.is_active for row in db.session.execute(query)}
    if terms.lead_id is not None and not active.get(terms.lead_id):
        raise BadTerms("Choose from the agents.", field="lead_id")
    resting = {agent_id for agent_id in before if not active.get(agent_id)}
    if not all(active.get(agent_id) for agent_id in set(terms.member_ids) - resting):
        raise BadTerms("Choose from the agents.", field="member_ids")
    return replace(
        terms,
        name=name,
        categories=_checked_categories(terms.categories, team),
        member_ids=sorted({*terms.member_ids, *resting}),
    )


def _checked_categories(wanted: Sequence[str], team: SupportTeam | None) -> list[str]:
    if not set(wanted) <= set(Category):
        raise BadTerms("Choose from the categories.", field="categories")
    others = sa.select(SupportTeam).where(SupportTeam.archived_at.is_(None))
    for other in db.session.scalars(others):
        taken = [] if other is team else [word for word in wanted if word in other.categories]
        if taken:
            label = Category(taken[0]).label
            raise CategoryTaken(f"{label} leads to {other.name} already.", field="categories")
    return [category.value for category in Category if category in wanted]


def _store(team: SupportTeam, terms: Terms) -> None:
    if terms.is_default:
        db.session.execute(sa.update(SupportTeam).values(is_default=False))
    try:
        with db.session.begin_nested():
            team.name, team.name_key = terms.name, email_key(terms.name)[:LONGEST_NAME]
            team.strategy, team.is_sticky = terms.strategy, terms.is_sticky
            team.is_default, team.lead_id = terms.is_default, terms.lead_id
            team.categories, team.idle_minutes = list(terms.categories), terms.idle_minutes
            db.session.add(team)
    except IntegrityError as error:
        raise TeamNameTaken("Another team has this name.", field="name") from error
    db.session.execute(sa.delete(TeamMember).where(TeamMember.team_id == team.id))
    db.session.add_all(
        TeamMember(team_id=team.id, agent_id=agent_id) for agent_id in terms.member_ids
    )
    db.session.flush()


def _target(team: SupportTeam) -> Target:
    return Target("team", team.id, team.name)
