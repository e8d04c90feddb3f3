"""Making something good from a ticket: the form, what it is worth, and giving it or asking."""

from typing import Any

from flask import Response, flash, request
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.catalog.revisions import catalog_now
from portal.core import clock
from portal.core.currencies import price_text
from portal.core.database import db
from portal.core.once import new_once
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.goodwill import ask, beyond, give
from portal.support.goodwill_budgets import standing_of
from portal.support.goodwill_forms import AT_FIRST, GestureForm
from portal.support.goodwill_kinds import check_possible, running_trial, summary_of
from portal.support.goodwill_list import given_lately
from portal.support.goodwill_terms import check_wanted
from portal.support.goodwill_values import currency_of
from portal.support.goodwill_writing import GivenBefore, worth_of
from portal.support.models import GoodwillGesture, SupportTicket
from portal.support.pages.blueprint import bp
from portal.support.pages.ticket_view import found_ticket, ticket_url
from portal.support.pages.written import view_now
from portal.support.suggesting import suggest
from portal.web.access import audits, requires, unaudited
from portal.web.htmx import page, page_or_fragment, see_other

NOTHING_KEPT = "it shows what a gesture would be worth; nothing of it is kept"


@bp.app_template_filter()
def capfirst(text: str) -> str:
    """`A coupon of 20 %`: the rest of the text as it is."""
    return f"{text[:1].upper()}{text[1:]}"


@bp.get("/support/tickets/<number>/goodwill")
@requires(Permission.GOODWILL_GIVE)
def ticket_goodwill(number: str) -> Response:
    found = found_ticket(number)
    asked = {name: request.args[name] for name in ("kind", "feature_name") if name in request.args}
    given = {**AT_FIRST, **asked, "submit_key": new_once(), "view": view_now()}
    return _form_page(found, _form(found, given))


@bp.post("/support/tickets/<number>/goodwill")
@requires(Permission.GOODWILL_GIVE)
@audits(Action.GOODWILL_GIVEN, Action.GOODWILL_REQUESTED)
def make_good(number: str) -> ResponseReturnValue:
    found = found_ticket(number)
    form = _form(found)
    if form.validate_on_submit():
        with form.refusing():
            try:
                text = _done(_asked(found, form), found)
                db.session.commit()
                flash(text, "success")
            except GivenBefore as error:
                db.session.rollback()
                flash(error.message, "info")
            return see_other(ticket_url(number, view_now(), "#composer"))
    return _form_page(found_ticket(number), form, 422)


@bp.post("/support/tickets/<number>/preview-goodwill")
@requires(Permission.GOODWILL_GIVE)
@unaudited(NOTHING_KEPT)
def preview_goodwill(number: str) -> Response:
    found = found_ticket(number)
    form = _form(found)
    worth = None
    if form.validate_on_submit():
        with form.refusing():
            worth = _worth(found, form)
    return page_or_fragment(
        "support/goodwill_form.html",
        "support/_goodwill_value.html",
        status=200 if worth else 422,
        **_context(found, form, worth),
    )


def _form(ticket: SupportTicket, given: dict[str, Any] | None = None) -> GestureForm:
    form = GestureForm(data=given)
    form.offer(catalog_now(), has_trial=running_trial(ticket) is not None)
    return form


def _asked(ticket: SupportTicket, form: GestureForm) -> GoodwillGesture:
    """Give it, or ask for it, whichever button was pressed."""
    deed = ask if request.form.get("step") == "ask" else give
    return deed(
        by=current_staff().actor,
        ticket=ticket,
        wanted=form.wanted(),
        reason=form.reason.data or "",
        submit_key=form.submit_key.data or None,
    )


def _done(row: GoodwillGesture, ticket: SupportTicket) -> str:
    """What the person is told; of what is given the reply now holds the sentence."""
    summary = capfirst(row.summary)
    if row.sentence is None:
        return f"{summary} waits for somebody who may approve it. You are told what they decide."
    suggest(admin_id=current_staff().id, ticket=ticket, text=row.sentence)
    return f"{summary} is given. The sentence stands in your reply; nothing is sent yet."


def _worth(ticket: SupportTicket, form: GestureForm) -> dict[str, Any]:
    """What it is called and worth, and which limits it passes.

    Raises:
        BadGesture, NoTrial, TrialIsLong: as `give`.
    """
    wanted = form.wanted()
    check_wanted(wanted)
    check_possible(ticket, wanted)
    cents, currency = worth_of(ticket, wanted), currency_of(catalog_now())
    standing = standing_of(admin_id=current_staff().id, tenant_id=ticket.tenant_id, at=clock.now())
    passed = beyond(wanted, cents, standing.limits.cap_cents, currency)
    if cents > standing.left:
        passed.append("your budget of this month does not reach")
    if cents > standing.tenant_left:
        passed.append("the customer had what one may get in a month")
    return {"summary": summary_of(wanted), "value": price_text(cents, currency), "passed": passed}


def _context(
    ticket: SupportTicket, form: GestureForm, worth: dict[str, Any] | None = None
) -> dict[str, Any]:
    now, currency = clock.now(), currency_of(catalog_now())
    standing = standing_of(admin_id=current_staff().id, tenant_id=ticket.tenant_id, at=now)
    return {
        "ticket": ticket,
        "url": f"/support/tickets/{ticket.number}",
        "view": view_now(),
        "back_url": ticket_url(ticket.number, view_now()),
        "form": form,
        "worth": worth,
        "problem": _first_problem(form),
        "lately": given_lately(tenant_id=ticket.tenant_id, at=now),
        "left": price_text(standing.left, currency),
        "monthly": price_text(standing.limits.monthly_cents, currency),
        "tenant_left": price_text(standing.tenant_left, currency),
        "cap": price_text(standing.limits.cap_cents, currency),
    }


def _first_problem(form: GestureForm) -> str:
    """What stands in the way of a worth; empty before anything was sent."""
    faults = [*form.form_errors, *(fault for field in form for fault in field.errors)]
    return str(next(iter(faults), ""))


def _form_page(ticket: SupportTicket, form: GestureForm, status: int = 200) -> Response:
    return page("support/goodwill_form.html", status=status, **_context(ticket, form))
