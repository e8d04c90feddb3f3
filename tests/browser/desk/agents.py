"""Scenes of the support desk: agents."""

from portal.core.database import db
from portal.staff.models import Admin
from portal.support.models import AgentShift, SupportAgent, SupportTicket
from tests.browser.scene import Scene, Who
from tests.support.crew import make_team
from tests.support.desk import make_agent

SCENES: dict[str, list[Scene]] = {
    "support.agents": [
        Scene(Who.ANN, "/support/agents"),
        Scene(Who.BEA, "/support/agents?team={desk_team}"),
        Scene(Who.ANN, "/support/agents?team={empty_team}"),
    ],
    "support.agent": [
        Scene(Who.ANN, "/support/agents/{agent}"),
        Scene(Who.BEA, "/support/agents/{agent}"),
        Scene(Who.ANN, "/support/agents/999999", 404),
    ],
    "support.teams": [Scene(Who.ANN, "/support/teams"), Scene(Who.BEA, "/support/teams")],
    "support.team": [
        Scene(Who.ANN, "/support/teams/{desk_team}"),
        Scene(Who.ANN, "/support/teams/{empty_team}"),
        Scene(Who.BEA, "/support/teams/{desk_team}"),
    ],
    "support.new_team": [Scene(Who.ANN, "/support/teams/new")],
}


def rows(ticket: SupportTicket) -> dict[str, object]:
    """Bea as an agent with hours and work, her team, and one whose name breaks nowhere."""
    # The latest of that name: other tests of this site have people of their own.
    of_that_name = db.session.query(Admin).filter(Admin.name.startswith("Bea"))
    bea = of_that_name.order_by(Admin.id.desc()).first()
    agent = db.session.get(SupportAgent, bea.id) or make_agent(bea)
    agent.skills, agent.signature = ["billing", "access"], "Bea\nFront desk"
    db.session.add(AgentShift(agent_id=agent.id, weekday=0, start_minute=540, end_minute=1020))
    team = make_team(agent, strategy="manual", lead_id=bea.id)
    empty = make_team(name="Nobody" * 10, is_default=False, categories=["billing"])
    ticket.assignee_id, ticket.assignee_name, ticket.team_id = agent.id, bea.name, team.id
    return {"agent": agent.id, "desk_team": team.id, "empty_team": empty.id}
