"""Beside a ticket: its customer, why they may or may not use something, and granting it."""

from typing import Any

from flask import Response, flash, request
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.catalog.revisions import catalog_now
from portal.core import clock
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.once import new_once
from portal.core.permissions import Permission
from portal.entitlements.previews import preview_of
from portal.staff.current import current_staff
from portal.staff.directory import person_or_404
from portal.support.customer_panel import beside, may_grant
from portal.support.explained import Explained, explained
from portal.support.grant_forms import AtForm, TicketGrantForm
from portal.support.messages import add_note
from portal.support.models import SupportTicket
from portal.support.pages.blueprint import bp
from portal.support.pages.ticket_view import found_ticket, ticket_url
from portal.support.pages.written import submit_key_now, view_now
from portal.support.suggesting import suggest
from portal.support.ticket_grants import (
    GrantedBefore,
    feature_label,
    grant_from_ticket,
    preview_from_ticket,
    reason_for,
    requester_of,
    revoke_from_ticket,
)
from portal.web.access import audits, requires, unaudited
from portal.web.htmx import page, page_or_fragment, see_other
from portal.web.times import exact

NOTHING_KEPT = "it shows what a grant would do; nothing of it is kept"
NOBODYS_BUSINESS = "what somebody has not sent is their own business"


@bp.get("/support/tickets/<number>/customer")
@requires(Permission.TICKETS_VIEW)
def customer(number: str) -> Response:
    found = found_ticket(number)
    return page_or_fragment(
        "support/customer.html",
        "support/_customer_panel.html",
        beside=beside(found, _actor()),
        **_about(found),
    )


@bp.get("/support/tickets/<number>/why/<feature_name>")
@requires(Permission.ENTITLEMENTS_VIEW)
def ticket_why(number: str, feature_name: str) -> Response:
    found, form = found_ticket(number), AtForm(request.args)
    is_readable = form.validate()
    if not is_readable:
        form.add_refusal(DomainError("The page shows the present state instead."))
    told = _explained(found, feature_name, form if is_readable else None)
    return page_or_fragment(
        "support/ticket_why.html",
        "support/_ticket_why.html",
        status=200 if is_readable else 422,
        form=form,
        feature_name=feature_name,
        feature=feature_label(feature_name),
        answer=told.answer,
        found=told.explanation,
        sentence=told.sentence,
        may_reply=_actor().may(Permission.TICKETS_REPLY),
        may_grant=may_grant(found, _actor()),
        note_key=new_once(),
        **_about(found),
    )


@bp.post("/support/tickets/<number>/explain/<feature_name>")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_NOTED)
def explain_in_note(number: str, feature_name: str) -> ResponseReturnValue:
    """The whole explanation as a note, as it was at the instant that the page showed."""
    found, me = found_ticket(number), current_staff()
    told = _explained(found, feature_name, _asked())
    sent = add_note(
        by=me.actor,
        ticket=found,
        author=person_or_404(me.id),
        body=told.explanation.text,
        submit_key=submit_key_now(),
    )
    db.session.commit()
    flash("The explanation is added as a note.", "success")
    return see_other(ticket_url(number, view_now(), f"#message-{sent.message.id}"))


@bp.post("/support/tickets/<number>/suggest/<feature_name>")
@requires(Permission.TICKETS_REPLY)
@unaudited(NOBODYS_BUSINESS)
def suggest_sentence(number: str, feature_name: str) -> ResponseReturnValue:
    """What a customer may be told, at the end of the reply that this person is writing."""
    found = found_ticket(number)
    told = _explained(found, feature_name, _asked())
    suggest(admin_id=current_staff().id, ticket=found, text=told.sentence)
    db.session.commit()
    flash("The sentence stands in your reply. Nothing is sent yet.", "success")
    return see_other(ticket_url(number, view_now(), "#composer"))


@bp.get("/support/tickets/<number>/grant")
@requires(Permission.ENTITLEMENTS_GRANT_BRIEFLY)
def ticket_grant(number: str) -> Response:
    found = found_ticket(number)
    given = {
        "feature_name": request.args.get("feature_name", ""),
        "reason": reason_for(found),
        "submit_key": new_once(),
        "view": view_now(),
    }
    return _grant_page(found, _grant_form(given))


@bp.post("/support/tickets/<number>/grant")
@requires(Permission.ENTITLEMENTS_GRANT_BRIEFLY)
@audits(Action.ENTITLEMENT_GRANTED)
def grant_here(number: str) -> ResponseReturnValue:
    found, form = found_ticket(number), _grant_form()
    if form.validate_on_submit():
        with form.refusing():
            try:
                grant_from_ticket(
                    by=_actor(),
                    ticket=found,
                    reason=form.reason.data,
                    submit_key=form.submit_key.data or None,
                    **_terms(form),
                )
                db.session.commit()
                flash(f"{feature_label(form.feature_name.data)} is granted.", "success")
            except GrantedBefore as error:
                db.session.rollback()
                flash(error.message, "info")
            return see_other(ticket_url(number, view_now(), "#customer"))
    return _grant_page(found_ticket(number), form, 422)


@bp.post("/support/tickets/<number>/preview-grant")
@requires(Permission.ENTITLEMENTS_GRANT_BRIEFLY)
@unaudited(NOTHING_KEPT)
def preview_grant_here(number: str) -> Response:
    found, form, granted = found_ticket(number), _grant_form(), None
    if form.validate_on_submit():
        with form.refusing():
            granted = preview_from_ticket(by=_actor(), ticket=found, **_terms(form))
    return page_or_fragment(
        "support/ticket_grant.html",
        "entitlements/_grant_preview.html",
        status=200 if granted else 422,
        form=form,
        preview=preview_of(granted) if granted else None,
        **_about(found),
    )


@bp.post("/support/tickets/<number>/revoke/<int:grant_id>")
@requires(Permission.ENTITLEMENTS_GRANT_BRIEFLY)
@audits(Action.ENTITLEMENT_REVOKED)
def revoke_here(number: str, grant_id: int) -> ResponseReturnValue:
    revoked = revoke_from_ticket(by=_actor(), ticket=found_ticket(number), grant_id=grant_id)
    db.session.commit()
    allowed = "still allowed" if revoked.after.allowed else "not allowed"
    flash(f"It was taken back. The feature is now {allowed}.", "success")
    return see_other(ticket_url(number, view_now(), "#customer"))


def _actor() -> Actor:
    return current_staff().actor


def _about(ticket: SupportTicket) -> dict[str, Any]:
    return {
        "ticket": ticket,
        "url": f"/support/tickets/{ticket.number}",
        "view": view_now(),
        "back_url": ticket_url(ticket.number, view_now()),
    }


def _asked() -> AtForm | None:
    """The instant of the explanation that was pressed upon."""
    form = AtForm(request.form)
    return form if form.validate() else None


def _explained(ticket: SupportTicket, feature_name: str, form: AtForm | None) -> Explained:
    return explained(
        user=requester_of(ticket),
        feature_name=feature_name,
        at=form.at.data if form is not None else None,
        written=exact,
    )


def _grant_form(given: dict[str, str] | None = None) -> TicketGrantForm:
    form = TicketGrantForm(data=given)
    form.offer(catalog_now())
    return form


def _terms(form: TicketGrantForm) -> dict[str, Any]:
    return {
        "feature_name": form.feature_name.data,
        "expires_at": form.end(clock.now()),
        "quota_limit": form.quota_limit.data,
    }


def _grant_page(ticket: SupportTicket, form: TicketGrantForm, status: int = 200) -> Response:
    return page(
        "support/ticket_grant.html", status=status, form=form, preview=None, **_about(ticket)
    )
