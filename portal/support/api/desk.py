"""The desk over JSON: who works on a ticket, who there is, and what is promised."""

from flask import Response

from portal.audit.actions import Action
from portal.core.permissions import Permission
from portal.support.api.blueprint import api
from portal.support.api.shapes import one_ticket
from portal.support.desk_for_programs import agents_for_programs, rules_for_programs
from portal.support.message_schemas import AgentsShape, RulesShape
from portal.support.on_behalf import assign_on_behalf
from portal.support.schemas import AgentBody, AssignedShape, PageQuery, TicketPath
from portal.support.seeing import ticket_or_404
from portal.web.access import acting, audits, requires
from portal.web.idempotency import commit_answer, idempotent
from portal.web.openapi import json_answer, takes


@api.post("/tickets/<number>/assign", responses={200: AssignedShape})
@requires(Permission.TICKETS_WRITE)
@audits(Action.TICKET_ASSIGNED)
@idempotent
@takes
def assign_ticket(path: TicketPath, body: AgentBody) -> Response:
    """Give the ticket to an agent, or to nobody. Not for a user's own token."""
    given = assign_on_behalf(
        by=acting(), ticket=ticket_or_404(acting(), path.number), agent_id=body.agent_id
    )
    answer = json_answer({"ticket": one_ticket(given.ticket), "warning": given.warning})
    return commit_answer(answer, is_secret=True)


@api.get("/agents", responses={200: AgentsShape})
@requires(Permission.TICKETS_VIEW)
@takes
def list_agents(query: PageQuery) -> Response:
    """Who works on tickets, how much they have, and whether they take more."""
    found = agents_for_programs(cursor=query.cursor, limit=query.limit)
    return json_answer({"items": found.items, "next_cursor": found.next_cursor})


@api.get("/sla-rules", responses={200: RulesShape})
@requires(Permission.TICKETS_VIEW)
@takes
def list_sla_rules(query: PageQuery) -> Response:
    """The service levels in their order: of those enabled, the first that fits counts."""
    found = rules_for_programs(cursor=query.cursor, limit=query.limit)
    return json_answer({"items": found.items, "next_cursor": found.next_cursor})
