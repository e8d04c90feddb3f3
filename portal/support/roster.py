"""The rows of agents: of whoever acts, and of whoever is named."""

from typing import NamedTuple

import sqlalchemy as sa

from portal.core.actor import Actor, ActorType
from portal.core.database import db, insert_into
from portal.core.errors import Conflict, NotFound
from portal.core.permissions import Permission
from portal.staff.models import Admin
from portal.staff.roles import permissions_of
from portal.support.models import SupportAgent

DEFAULT_CAPACITY = 20


class NotAnAgent(Conflict):
    """Whoever acts is nobody to whom a ticket can belong."""


class Named(NamedTuple):
    """An agent with the name of their person."""

    agent: SupportAgent
    name: str


def works_on_tickets(person: Admin) -> bool:
    """By their role, and as somebody who may sign in."""
    may = Permission.TICKETS_REPLY in permissions_of(person.role)
    return may and person.joined_at is not None and person.disabled_at is None


def add_row(admin_id: int) -> None:
    """Make a person an agent with the defaults, unless they have a row already."""
    row = insert_into(SupportAgent).values(
        id=admin_id,
        availability="available",
        capacity=DEFAULT_CAPACITY,
        skills=[],
        languages=[],
        ignores_shifts=True,
        signature="",
        is_active=True,
    )
    db.session.execute(row.on_conflict_do_nothing())


def agent_or_404(agent_id: int) -> SupportAgent:
    """Whoever may see one agent may see them all: the view's permission is the whole scope.

    Raises:
        NotFound: no such agent, or one who works on tickets no more.
    """
    found = db.session.get(SupportAgent, agent_id)
    if found is None or not found.is_active:
        raise NotFound("There is no such agent.")
    return found


def named(agent_id: int, *, lock: bool = False) -> Named | None:
    """An active agent as the database has them now.

    With `lock` no rule of the desk gives them a ticket meanwhile. Who waits for this lock must
    hold no ticket yet: its owner may be about to lock tickets.
    """
    query = (
        sa.select(SupportAgent, Admin.name)
        .join(Admin, Admin.id == SupportAgent.id)
        .where(SupportAgent.id == agent_id, SupportAgent.is_active)
        .execution_options(populate_existing=True)
    )
    if lock:
        query = query.with_for_update(of=SupportAgent, key_share=True)
    row = db.session.execute(query).first()
    return Named(*row) if row is not None else None


def named_or_new(admin_id: int, *, lock: bool = False) -> Named | None:
    """As `named`, for somebody who may answer by their role though their row is missing."""
    found = named(admin_id, lock=lock)
    if found is None:
        add_row(admin_id)
        found = named(admin_id, lock=lock)
    return found


def acting_agent(by: Actor, *, lock: bool = False) -> Named:
    """Who acts, as an agent; `lock` as in `named`.

    Whoever has the right by their role is one, though their row may still be missing.

    Raises:
        NotAnAgent: a program, or somebody without the right.
    """
    if by.type is not ActorType.ADMIN or by.id is None or not by.may(Permission.TICKETS_REPLY):
        raise NotAnAgent("Tickets belong to agents. Sign in as one.")
    found = named_or_new(by.id, lock=lock)
    if found is None:
        raise NotAnAgent("You do not work on tickets any more.")
    return found
