"""Taking an answer back in the seconds before it is sent."""

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.pages.blueprint import bp
from portal.support.pages.ticket_view import ticket_url
from portal.support.pages.written import view_now
from portal.support.seeing import ticket_or_404
from portal.support.withdrawing import undo_send
from portal.web.access import audits, requires
from portal.web.htmx import see_other


@bp.post("/support/tickets/<number>/undo-send")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_REPLY_WITHDRAWN)
def undo_reply(number: str) -> ResponseReturnValue:
    """The form says which answer: another one may have followed meanwhile."""
    by = current_staff().actor
    ticket = ticket_or_404(by, number)
    undo_send(by=by, ticket=ticket, message_id=_message_id())
    db.session.commit()
    flash("Your answer was not sent. Its text is your draft again; attach its files anew.")
    return see_other(ticket_url(ticket.number, view_now(), "#reply-body"))


def _message_id() -> int:
    given = request.form.get("message_id", "")
    if not given.isascii() or not given.isdigit() or len(given) > 18:
        raise NotFound("There is no such answer of yours.")
    return int(given)
