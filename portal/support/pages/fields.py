"""Changing what a ticket is about, who takes part, and until when it sleeps."""

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core import clock
from portal.core.database import db
from portal.core.errors import DomainError, NotFound
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.support.fields import UnknownValue, Wanted, change_fields, change_status
from portal.support.forms import SnoozeForm
from portal.support.models import SupportTicket
from portal.support.neighbours import Here
from portal.support.pages.blueprint import bp
from portal.support.pages.ticket_view import (
    Keeping,
    fields_context,
    found_ticket,
    head_context,
    next_url,
    ticket_page,
    ticket_url,
)
from portal.support.pages.written import number_or_none, view_now
from portal.support.participants import add_participant, remove_participant
from portal.support.snoozing import presets, snooze, wake
from portal.support.tagging import change_tags
from portal.support.tags_in_use import tags_in_use
from portal.support.watching import unwatch, watch
from portal.support.words import Status
from portal.web.access import audits, requires, unaudited
from portal.web.htmx import page, see_other, wants_fragment
from portal.web.times import reader_zone


@bp.post("/support/tickets/<number>/status")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_STATUS_CHANGED)
def move_ticket(number: str) -> ResponseReturnValue:
    found, given = found_ticket(number), request.form.get("status", "")
    here, old = Here.of(found, view_now()), request.form.get("old_status", "")
    try:
        change_status(
            by=current_staff().actor,
            ticket=found,
            status=_status(given),
            old=_status(old) if old else None,
        )
        db.session.commit()
    except DomainError as refusal:
        return _refused(number, refusal, status=given)
    if request.form.get("then") == "next" or found.status == Status.DELETED:
        flash(f"{found.number} is {Status(found.status).label.lower()}.", "success")
        return see_other(next_url(here))
    return _changed(found)


def _status(text: str) -> Status:
    try:
        return Status(text)
    except ValueError as error:
        raise UnknownValue("Choose a status from the list.", field="status") from error


@bp.post("/support/tickets/<number>/<any(subject, priority, category):field>")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_CHANGED)
def change_field(number: str, field: str) -> ResponseReturnValue:
    found, given = found_ticket(number), request.form.get(field, "")
    wanted = {field: Wanted(given, request.form.get(f"old_{field}"))}
    try:
        change_fields(by=current_staff().actor, ticket=found, wanted=wanted)
        db.session.commit()
    except DomainError as refusal:
        return _refused(number, refusal, **{field: given})
    return _changed(found)


@bp.get("/support/tags")
@requires(Permission.TICKETS_REPLY)
def tags() -> ResponseReturnValue:
    """What a field of tags offers; nobody looks at it by itself."""
    if not wants_fragment():
        return see_other(url_for("support.own_queue"))
    return page("support/_tags_in_use.html", tags=tags_in_use())


@bp.post("/support/tickets/<number>/tag")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_CHANGED)
def tag_ticket(number: str) -> ResponseReturnValue:
    """Each word in `add` becomes a tag; each `remove` goes."""
    found, removed = found_ticket(number), request.form.getlist("remove")
    # Beside a pressed cross stands what somebody has begun to write.
    added = [] if removed else request.form.get("add", "").replace(",", " ").split()
    try:
        if not removed and not added:
            raise UnknownValue("Write a tag first.", field="add")
        change_tags(by=current_staff().actor, ticket=found, add=added, remove=removed)
        db.session.commit()
    except DomainError as refusal:
        return _refused(number, refusal, add=" ".join(added))
    return _changed(found)


@bp.post("/support/tickets/<number>/participants")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_CHANGED)
def change_participants(number: str) -> ResponseReturnValue:
    found, by = found_ticket(number), current_staff().actor
    removed, email = request.form.get("remove", ""), request.form.get("email", "")
    try:
        if removed:
            participant_id = number_or_none(removed) or 0
            remove_participant(by=by, ticket=found, participant_id=participant_id)
        else:
            add_participant(by=by, ticket=found, email=email)
        db.session.commit()
    except DomainError as refusal:
        return _refused(number, refusal, email=email)
    return _changed(found)


@bp.post("/support/tickets/<number>/<any(watch, unwatch):verb>")
@requires(Permission.TICKETS_VIEW)
@unaudited("it says who is told, and changes nothing of the ticket")
def watching(number: str, verb: str) -> ResponseReturnValue:
    found, me = found_ticket(number), current_staff().id
    if verb == "watch":
        watch(ticket=found, admin_ids=[me])
    else:
        unwatch(ticket=found, admin_id=me)
    db.session.commit()
    return _changed(found, place="#people")


@bp.post("/support/tickets/<number>/snooze")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_SNOOZED)
def snooze_ticket(number: str) -> ResponseReturnValue:
    """For a preset, or until a time in the person's own zone."""
    found, form = found_ticket(number), SnoozeForm()
    chosen = {one.key: one.at for one in presets(clock.now(), reader_zone())}
    until = chosen.get(request.form.get("for", ""))
    try:
        if until is None and not form.validate():
            raise UnknownValue(" ".join(form.until.errors) or "Choose a time.", field="until")
        snooze(by=current_staff().actor, ticket=found, until=until or form.until.data)
        db.session.commit()
    except DomainError as refusal:
        return _refused(number, refusal, until=request.form.get("until", ""))
    return _changed(found)


@bp.post("/support/tickets/<number>/wake")
@requires(Permission.TICKETS_REPLY)
@audits(Action.TICKET_SNOOZED)
def wake_ticket(number: str) -> ResponseReturnValue:
    found = found_ticket(number)
    wake(by=current_staff().actor, ticket=found)
    db.session.commit()
    return _changed(found)


def _changed(found: SupportTicket, place: str = "#ticket-fields") -> ResponseReturnValue:
    if wants_fragment():
        return _panel(found, Keeping())
    return see_other(ticket_url(found.number, view_now(), place))


def _refused(number: str, refusal: DomainError, **values: str) -> Response:
    """The form as it was filled in, beside the fields as they are now."""
    db.session.rollback()
    if isinstance(refusal, NotFound):
        values = {}
    found, keeping = found_ticket(number), Keeping(values, refusal.message)
    if wants_fragment():
        return _panel(found, keeping, 409 if refusal.status == 409 else 422)
    return ticket_page(found, status=refusal.status, keeping=keeping)


def _panel(found: SupportTicket, keeping: Keeping, status: int = 200) -> Response:
    context = {**head_context(found), **fields_context(found, keeping)}
    return page("support/_fields_changed.html", status=status, **context)
