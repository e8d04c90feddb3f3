"""One person of each role, on the morning of a busy day."""

from datetime import timedelta

import pytest

from portal.core.roles import Role
from portal.support.models import SupportTicket
from tests.cast import make_admin, make_user, signed_in
from tests.support.crew import make_team
from tests.support.desk import make_agent
from tests.support.queue_cast import HOUR, put

NAMES = {
    Role.ADMIN: "Ann Admin",
    Role.MANAGER: "Mo Manager",
    Role.SUPPORT_AGENT: "Bea Agent",
    Role.FINANCE: "Fay Finance",
    Role.MARKETING: "Meg Marketing",
}


@pytest.fixture
def staff(app):
    """Everybody has their second factor."""
    return {role: make_admin(NAMES[role], role, is_second_factor_on=True) for role in Role}


@pytest.fixture
def browser_of(app, staff):
    return lambda role: signed_in(app, staff[role])


@pytest.fixture
def desk(staff, acme) -> SupportTicket:
    """Bea, in a team, has a late ticket, one that is due soon and one more; nobody has a fourth."""
    agent, user = make_agent(staff[Role.SUPPORT_AGENT]), make_user(acme)
    team = make_team(agent, name="Products")
    mine = {"assignee_id": agent.id, "assignee_name": "Bea Agent", "team_id": team.id}
    late = put(user, subject="The late one", due_in=-2 * HOUR, **mine)
    put(user, subject="The next one", due_in=HOUR, **mine)
    put(user, subject="The slow one", due_in=timedelta(days=3), **mine)
    put(user, subject="Whose is it?", assignee_id=None, assignee_name=None, team_id=None)
    return late
