"""Messages of a ticket over JSON."""

from flask import Response

from portal.audit.actions import Action
from portal.core.permissions import Permission
from portal.support.api.blueprint import api
from portal.support.api.shapes import message_shape
from portal.support.for_programs import messages_for_programs, shown_messages
from portal.support.message_schemas import MessageShape, MessagesShape, WriteBody
from portal.support.on_behalf import write_on_behalf
from portal.support.schemas import PageQuery, TicketPath
from portal.support.seeing import ticket_or_404
from portal.web.access import acting, audits, requires
from portal.web.idempotency import commit_answer, idempotent
from portal.web.openapi import json_answer, takes


@api.get("/tickets/<number>/messages", responses={200: MessagesShape})
@requires(Permission.TICKETS_READ)
@takes
def list_messages(path: TicketPath, query: PageQuery) -> Response:
    """What was said, the oldest first. A user's own token sees public messages alone."""
    ticket = ticket_or_404(acting(), path.number)
    found = messages_for_programs(
        by=acting(), ticket=ticket, cursor=query.cursor, limit=query.limit
    )
    items = [message_shape(each, ticket) for each in found.items]
    return json_answer({"items": items, "next_cursor": found.next_cursor})


@api.post("/tickets/<number>/messages", responses={201: MessageShape})
@requires(Permission.TICKETS_WRITE)
@audits(
    Action.TICKET_CUSTOMER_WROTE, Action.TICKET_REPLIED, Action.TICKET_NOTED, Action.TICKET_CREATED
)
@idempotent
@takes
def write_message(path: TicketPath, body: WriteBody) -> Response:
    """Write to a ticket. `ticket_number` of the answer says where it went."""
    sent = write_on_behalf(
        by=acting(),
        ticket=ticket_or_404(acting(), path.number),
        body=body.body,
        is_internal=body.is_internal,
    )
    answer = json_answer(message_shape(shown_messages([sent.message])[0], sent.ticket))
    answer.status_code = 201
    return commit_answer(answer, is_secret=True)
