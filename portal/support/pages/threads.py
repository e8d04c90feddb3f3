"""Tickets that belong together: merged, split, linked, followed up."""

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.linking import link, related_to, unlink
from portal.support.merging import may_be_merged, may_undo, merge, undo_merge
from portal.support.models import SupportTicket
from portal.support.pages.blueprint import bp
from portal.support.seeing import ticket_or_404
from portal.support.splitting import may_be_split, split
from portal.support.thread import messages_of
from portal.support.thread_forms import OtherTicketForm, SplitForm
from portal.support.words import MessageKind
from portal.web.access import audits, requires
from portal.web.forms import PortalForm
from portal.web.htmx import page, see_other


def _actor() -> Actor:
    return current_staff().actor


def _url(ticket: SupportTicket) -> str:
    return f"/support/tickets/{ticket.number}"


@bp.get("/support/tickets/<number>/related")
@requires(Permission.TICKETS_VIEW)
def related(number: str) -> Response:
    return _page(ticket_or_404(_actor(), number))


def _page(
    ticket: SupportTicket,
    *,
    other: PortalForm | None = None,
    splitting: PortalForm | None = None,
    status: int = 200,
) -> Response:
    may_change = _actor().may(Permission.TICKETS_REPLY)
    return page(
        "support/related.html",
        status=status,
        ticket=ticket,
        related=related_to(by=_actor(), ticket=ticket),
        other=other or OtherTicketForm(formdata=None),
        splitting=splitting or SplitForm(formdata=None),
        messages=messages_of(ticket),
        chosen=request.form.getlist("message", type=int),
        notes=MessageKind.NOTE,
        may_undo=may_undo(ticket),
        may_change=may_change,
        may_merge=may_change and may_be_merged(ticket),
        may_split=may_change and may_be_split(ticket),
    )


def _named(form: OtherTicketForm) -> SupportTicket:
    """The ticket whose number was written; the refusal stands at the field."""
    try:
        return ticket_or_404(_actor(), str(form.number.data))
    except NotFound as error:
        raise NotFound("No ticket has this number.", field="number") from error


@bp.post("/support/tickets/<number>/merge")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_MERGED)
def merge_ticket(number: str) -> ResponseReturnValue:
    ticket, form = ticket_or_404(_actor(), number), OtherTicketForm()
    if form.validate_on_submit():
        with form.refusing():
            target = _named(form)
            merge(by=_actor(), source=ticket, target=target)
            db.session.commit()
            flash(f"{ticket.number} is merged into {target.number}.", "success")
            return see_other(_url(target))
    return _page(ticket, other=form, status=422)


@bp.post("/support/tickets/<number>/undo-merge")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_MERGE_UNDONE)
def undo_merging(number: str) -> ResponseReturnValue:
    ticket = ticket_or_404(_actor(), number)
    target = undo_merge(by=_actor(), source=ticket)
    db.session.commit()
    flash(f"{ticket.number} is a ticket of its own again, apart from {target.number}.", "success")
    return see_other(_url(ticket))


@bp.post("/support/tickets/<number>/split")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_SPLIT)
def split_ticket(number: str) -> ResponseReturnValue:
    ticket, form = ticket_or_404(_actor(), number), SplitForm()
    if form.validate_on_submit():
        with form.refusing():
            chosen = set(request.form.getlist("message", type=int))
            made = split(
                by=_actor(), ticket=ticket, message_ids=chosen, subject=str(form.subject.data)
            )
            db.session.commit()
            flash(f"{made.number} was split from {ticket.number}.", "success")
            return see_other(_url(made))
    return _page(ticket, splitting=form, status=422)


@bp.post("/support/tickets/<number>/link")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_LINKED)
def link_ticket(number: str) -> ResponseReturnValue:
    ticket, form = ticket_or_404(_actor(), number), OtherTicketForm()
    if form.validate_on_submit():
        with form.refusing():
            other = _named(form)
            is_new = link(by=_actor(), ticket=ticket, other=other)
            db.session.commit()
            words = "is linked" if is_new else "was linked already"
            flash(f"{other.number} {words}.", "success")
            return see_other(url_for("support.related", number=ticket.number))
    return _page(ticket, other=form, status=422)


@bp.post("/support/tickets/<number>/unlink/<other>")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_UNLINKED)
def unlink_ticket(number: str, other: str) -> ResponseReturnValue:
    ticket = ticket_or_404(_actor(), number)
    unlink(by=_actor(), ticket=ticket, other=ticket_or_404(_actor(), other))
    db.session.commit()
    flash(f"{other} is not linked any more.", "success")
    return see_other(url_for("support.related", number=ticket.number))
