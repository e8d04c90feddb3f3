"""Goodwill of a ticket over JSON: what was given, and giving it."""

from typing import Any

from flask import Response

from portal.audit.actions import Action
from portal.core.permissions import Permission
from portal.support.api.blueprint import api
from portal.support.goodwill import ask, give
from portal.support.goodwill_list import GestureLine, gestures_of
from portal.support.goodwill_schemas import GestureShape, GesturesShape, GoodwillBody
from portal.support.schemas import TicketPath
from portal.support.seeing import ticket_or_404
from portal.web.access import acting, audits, requires
from portal.web.idempotency import commit_answer, idempotent
from portal.web.openapi import json_answer, takes
from portal.web.times import machine, machine_or_none

SAME = (
    "id",
    "tenant_id",
    "kind",
    "summary",
    "status",
    "value",
    "requested_by",
    "reason",
    "sentence",
    "target_type",
    "target_id",
)


@api.get("/tickets/<number>/goodwill", responses={200: GesturesShape})
@requires(Permission.TICKETS_VIEW)
@takes
def list_goodwill(path: TicketPath) -> Response:
    """What was given from the ticket and those merged into it, or waits for a decision."""
    found = gestures_of(ticket_or_404(acting(), path.number))
    return json_answer({"items": [_shape(one) for one in found], "next_cursor": None})


@api.post("/tickets/<number>/goodwill", responses={201: GestureShape})
@requires(Permission.GOODWILL_GIVE)
@audits(Action.GOODWILL_GIVEN, Action.GOODWILL_REQUESTED)
@idempotent
@takes
def make_good(path: TicketPath, body: GoodwillBody) -> Response:
    """Give it of your own budget, or ask. 403 says which limit is passed."""
    ticket = ticket_or_404(acting(), path.number)
    deed = ask if body.ask else give
    row = deed(by=acting(), ticket=ticket, wanted=body.wanted(), reason=body.reason)
    made = next(one for one in gestures_of(ticket) if one.id == row.id)
    answer = json_answer(_shape(made))
    answer.status_code = 201
    return commit_answer(answer, is_secret=True)


def _shape(line: GestureLine) -> dict[str, Any]:
    return {
        **{name: getattr(line, name) for name in SAME},
        "ticket_number": line.number,
        "created_at": machine(line.at),
        "until": machine_or_none(line.until),
    }
