"""Tickets over JSON: found, opened, read and changed."""

from flask import Response

from portal.audit.actions import Action
from portal.core.permissions import Permission
from portal.support.amending import Amendment, amend
from portal.support.api.blueprint import api
from portal.support.api.shapes import one_ticket, ticket_shape
from portal.support.for_programs import TicketFilters, tickets_for_programs
from portal.support.on_behalf import open_on_behalf
from portal.support.schemas import (
    EitherTicketShape,
    OpenBody,
    TicketChangeBody,
    TicketPath,
    TicketQuery,
    TicketsShape,
)
from portal.support.seeing import ticket_or_404
from portal.support.tickets import Opening
from portal.support.words import Channel, Status
from portal.web.access import acting, audits, requires
from portal.web.idempotency import commit_answer, idempotent
from portal.web.openapi import json_answer, takes


@api.get("/tickets", responses={200: TicketsShape})
@requires(Permission.TICKETS_READ)
@takes
def list_tickets(query: TicketQuery) -> Response:
    """The tickets that the caller may see; a user's own token: those they opened or take part in.

    A user's own token gets of each what `TicketShape` says.
    """
    filters = TicketFilters(query.status, query.tenant_id, query.user_id, query.updated_after)
    found = tickets_for_programs(
        by=acting(), filters=filters, cursor=query.cursor, limit=query.limit
    )
    items = [ticket_shape(each) for each in found.items]
    return json_answer({"items": items, "next_cursor": found.next_cursor})


@api.post("/tickets", responses={201: EitherTicketShape})
@requires(Permission.TICKETS_WRITE)
@audits(Action.TICKET_CREATED)
@idempotent
@takes
def open_ticket(body: OpenBody) -> Response:
    """Open a ticket with its first message. `user_id` only from our own and from services."""
    opening = Opening(
        subject=body.subject,
        body=body.body,
        channel=Channel.API,
        category=body.category,
        priority=body.priority,
    )
    ticket = open_on_behalf(by=acting(), opening=opening, user_id=body.user_id)
    answer = json_answer(one_ticket(ticket))
    answer.status_code = 201
    # Sealed while it is remembered: it holds what people say and who they are.
    return commit_answer(answer, is_secret=True)


@api.get("/tickets/<number>", responses={200: EitherTicketShape})
@requires(Permission.TICKETS_READ)
@takes
def read_ticket(path: TicketPath) -> Response:
    """One ticket. What the caller may not see is 404."""
    return json_answer(one_ticket(ticket_or_404(acting(), path.number)))


@api.patch("/tickets/<number>", responses={200: EitherTicketShape})
@requires(Permission.TICKETS_WRITE)
@audits(Action.TICKET_CHANGED, Action.TICKET_STATUS_CHANGED)
@idempotent
@takes
def change_ticket(path: TicketPath, body: TicketChangeBody) -> Response:
    """Change what is named. A user's own token may say that their ticket is solved."""
    amendment = Amendment(
        status=Status(body.status) if body.status else None,
        priority=body.priority,
        category=body.category,
        subject=body.subject,
        tags=body.tags,
        version=body.version,
    )
    ticket = amend(by=acting(), ticket=ticket_or_404(acting(), path.number), amendment=amendment)
    return commit_answer(json_answer(one_ticket(ticket)), is_secret=True)
