"""A ticket changes hands: taken, given, or the next one."""

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.assignment import AtCapacity, NobodyThere, assign, next_ticket, take
from portal.support.pages.blueprint import bp
from portal.support.pages.ticket_view import queue_url, ticket_url
from portal.support.pages.written import view_now
from portal.support.seeing import ticket_or_404
from portal.web.access import audits, requires
from portal.web.htmx import see_other
from portal.web.urls import LARGEST_ID


@bp.post("/support/tickets/<number>/take")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_ASSIGNED)
def take_ticket(number: str) -> ResponseReturnValue:
    by = current_staff().actor
    ticket = take(by=by, ticket=ticket_or_404(by, number))
    db.session.commit()
    flash(f"{ticket.number} is yours.", "success")
    return see_other(ticket_url(ticket.number, view_now()))


@bp.post("/support/tickets/<number>/assign")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_ASSIGNED)
def assign_ticket(number: str) -> ResponseReturnValue:
    """A field that is left out leaves things as they are; an empty one means nobody, or no team."""
    by = current_staff().actor
    ticket = ticket_or_404(by, number)
    given = assign(
        by=by,
        ticket=ticket,
        agent_id=_chosen("agent_id", ticket.assignee_id),
        team_id=_chosen("team_id", ticket.team_id),
    )
    db.session.commit()
    flash(f"{ticket.number} belongs to {ticket.assignee_name or 'nobody'} now.", "success")
    if given.warning:
        flash(given.warning, "warning")
    return see_other(ticket_url(ticket.number, view_now()))


def _chosen(field: str, present: int | None) -> int | None:
    text = request.form.get(field)
    if text is None:
        return present
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 11 and int(text) <= LARGEST_ID):
        raise NobodyThere("Choose from the list.", field=field)
    return int(text)


@bp.post("/support/next")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_ASSIGNED)
def claim_next() -> ResponseReturnValue:
    """The next ticket, or the queue again with the reason why there is none."""
    try:
        ticket = next_ticket(by=current_staff().actor)
    except AtCapacity as error:
        db.session.rollback()
        flash(error.message, "warning")
        return see_other(queue_url(view_now()))
    db.session.commit()
    if ticket is None:
        flash("Nothing waits for you. Well done.", "success")
        return see_other(queue_url(view_now()))
    flash(f"{ticket.number} is yours.", "success")
    return see_other(ticket_url(ticket.number, view_now()))
