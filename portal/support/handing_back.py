"""Open tickets return to the queue of their team: their agent went away, or works here no more."""

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core.actor import SYSTEM, Actor
from portal.core.database import db
from portal.staff.models import Admin
from portal.support.draining import drain
from portal.support.history import note_event
from portal.support.models import SupportAgent, SupportTicket

MOST_NUMBERS = 500


def target_of_agent(agent: SupportAgent, name: str) -> Target:
    return Target("agent", agent.id, name)


def hand_back(*, by: Actor, agent: SupportAgent, name: str, cause: str) -> list[str]:
    """Everything open of a locked agent belongs to nobody; the numbers. Solved tickets stay theirs.

    One event for all of them, beside the history of each. Teams that assign by themselves find
    others for them at once.
    """
    query = (
        sa.select(SupportTicket)
        .where(SupportTicket.assignee_id == agent.id, SupportTicket.is_open)
        .order_by(SupportTicket.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    tickets = db.session.scalars(query).all()
    for ticket in tickets:
        note_event(ticket, "assigned", by=by, old=ticket.assignee_name, cause=cause)
        ticket.assignee_id = ticket.assignee_name = None
        ticket.version += 1
    numbers = [ticket.number for ticket in tickets]
    if numbers:
        record(
            Action.TICKETS_HANDED_BACK,
            by=by,
            target=target_of_agent(agent, name),
            meta={"cause": cause, "count": len(numbers), "numbers": numbers[:MOST_NUMBERS]},
        )
        drain(team_ids={ticket.team_id for ticket in tickets if ticket.team_id is not None})
    return numbers


def hand_back_of_the_gone() -> int:
    """What was given to somebody at the very moment in which they left. How many people it was."""
    left = (
        sa.select(SupportTicket.assignee_id)
        .join(SupportAgent, SupportAgent.id == SupportTicket.assignee_id)
        .where(SupportTicket.is_open, SupportAgent.is_active.is_(False))
        .distinct()
    )
    gone = (
        sa.select(SupportAgent, Admin.name)
        .join(Admin, Admin.id == SupportAgent.id)
        .where(SupportAgent.id.in_(left))
        .order_by(SupportAgent.id)
        .with_for_update(of=SupportAgent, key_share=True)
    )
    found = db.session.execute(gone).all()
    for agent, name in found:
        hand_back(by=SYSTEM, agent=agent, name=name, cause="gone")
    return len(found)
