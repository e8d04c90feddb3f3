"""A ticket changes hands: taken, given, or the next one."""

from flask import Response, flash, request
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.errors import Conflict, DomainError
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.assignment import (
    AtCapacity,
    Holders,
    NobodyThere,
    NoSuchTeam,
    assign,
    next_ticket,
    take,
)
from portal.support.pages.blueprint import bp
from portal.support.pages.ticket_view import (
    Keeping,
    found_ticket,
    queue_url,
    ticket_page,
    ticket_url,
)
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
    try:
        ticket = take(by=by, ticket=ticket_or_404(by, number))
        db.session.commit()
    except Conflict as refusal:
        return _refused(number, refusal)
    flash(f"{ticket.number} is yours.", "success")
    return see_other(ticket_url(ticket.number, view_now()))


@bp.post("/support/tickets/<number>/assign")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_ASSIGNED)
def assign_ticket(number: str) -> ResponseReturnValue:
    """A field that is left out leaves things as they are; an empty one means nobody, or no team."""
    by = current_staff().actor
    ticket = ticket_or_404(by, number)
    try:
        given = assign(by=by, ticket=ticket, to=_holders(), seen=_holders("old_"))
        db.session.commit()
    except (Conflict, NobodyThere, NoSuchTeam) as refusal:
        return _refused(number, refusal)
    flash(f"{ticket.number} belongs to {ticket.assignee_name or 'nobody'} now.", "success")
    if given.warning:
        flash(given.warning, "warning")
    return see_other(ticket_url(ticket.number, view_now()))


def _refused(number: str, refusal: DomainError) -> Response:
    """The ticket as it is now, and why it did not change hands."""
    db.session.rollback()
    keeping = Keeping(problem=refusal.message)
    return ticket_page(found_ticket(number), status=refusal.status, keeping=keeping)


def _holders(prefix: str = "") -> Holders:
    """Those that the form names."""
    found = Holders()
    if f"{prefix}agent_id" in request.form:
        found["agent_id"] = _chosen(f"{prefix}agent_id")
    if f"{prefix}team_id" in request.form:
        found["team_id"] = _chosen(f"{prefix}team_id")
    return found


def _chosen(field: str) -> int | None:
    text = request.form[field]
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
