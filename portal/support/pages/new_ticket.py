"""Opening a ticket for a customer: they called, or we begin."""

from flask import Response, flash, request
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.once import new_once
from portal.core.permissions import Permission
from portal.customers.directory import Search, UserRow, users
from portal.customers.models import Tenant, User
from portal.customers.users import user_or_404
from portal.staff.current import current_staff
from portal.staff.directory import person_or_404
from portal.support.forms import NewTicketForm
from portal.support.opening import open_once
from portal.support.pages.blueprint import bp
from portal.support.pages.ticket_view import ticket_url
from portal.support.pages.written import LONGEST_KEY, MOST_BYTES, Written, number_or_none
from portal.support.tickets import Opening
from portal.support.words import Category, Channel, Priority
from portal.web.access import accepts_files, audits, requires
from portal.web.forms import is_finding
from portal.web.htmx import page_or_fragment, see_other
from portal.web.urls import LARGEST_ID

MOST_FOUND = 8


@bp.get("/support/tickets/new")
@requires(Permission.TICKETS_REPLY)
def new_ticket() -> Response:
    """The form; for `?q=` those whose name, address or id begins so, to choose from."""
    chosen = _user(request.args.get("user", ""))
    form = NewTicketForm(
        formdata=None, data={"user": chosen and chosen.id, "submit_key": new_once()}
    )
    return _page(form, chosen, request.args.get("q", ""))


@bp.post("/support/tickets/new")
@requires(Permission.TICKETS_REPLY)
@accepts_files(MOST_BYTES)
@audits(Action.TICKET_CREATED)
def open_new_ticket() -> ResponseReturnValue:
    form, searched = NewTicketForm(), request.form.get("q", "")
    chosen = _user(request.form.get("user", ""))
    is_chosen = chosen is not None and chosen.id in {one.id for one in _people(searched)}
    if is_finding(request.form, is_ready=is_chosen and bool(form.subject.data)):
        return _page(form, chosen, searched)
    if form.validate_on_submit():
        with form.refusing():
            me = current_staff()
            made, is_new = open_once(
                by=me.actor,
                person_id=me.id,
                requester=user_or_404(form.user.data or 0),
                opening=_opening(form),
            )
            db.session.commit()
            flash("The ticket is open." if is_new else "This was opened before.", "success")
            return see_other(ticket_url(made.number))
    return _page(form, chosen, searched, 422)


def _opening(form: NewTicketForm) -> Opening:
    is_ours = form.written_by.data == "ours"
    return Opening(
        subject=form.subject.data or "",
        body=form.body.data or "",
        channel=Channel(form.channel.data),
        category=Category(form.category.data),
        priority=Priority(form.priority.data),
        author=person_or_404(current_staff().id) if is_ours else None,
        submit_key=(form.submit_key.data or "")[:LONGEST_KEY] or None,
        uploads=Written.now().uploads,
    )


def _user(text: str) -> User | None:
    """Whoever was chosen; nobody where that is no number of anybody."""
    number = number_or_none(text)
    return db.session.get(User, number) if number and number <= LARGEST_ID else None


def _page(form: NewTicketForm, chosen: User | None, searched: str, status: int = 200) -> Response:
    tenant = db.session.get(Tenant, chosen.tenant_id) if chosen else None
    return page_or_fragment(
        "support/new_ticket.html",
        "support/_requesters.html",
        status=status,
        form=form,
        chosen=chosen,
        tenant=tenant,
        searched=searched,
        people=_people(searched),
    )


def _people(searched: str) -> list[UserRow]:
    search = Search.of({"q": searched})
    return users(search, limit=MOST_FOUND, is_masked=False).items if search.text else []
