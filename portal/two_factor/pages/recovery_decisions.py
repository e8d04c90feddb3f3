"""Recoveries as admins decide on them, and what a person's page tells of theirs."""

from flask import Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal.audit.actions import Action
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.staff.models import Admin
from portal.staff.panels import Panel, register_person_panel
from portal.two_factor.models import RecoveryState
from portal.two_factor.pages.blueprint import bp
from portal.two_factor.recovery_approvals import approve_recovery, reject_recovery
from portal.two_factor.recovery_forms import DecisionForm
from portal.two_factor.recovery_list import (
    COLOURS,
    Which,
    froze_the_account,
    last_request,
    recoveries,
    recovery_for,
)
from portal.two_factor.recovery_requests import OPEN, request_named
from portal.web.access import audits, requires, sudo
from portal.web.htmx import page, see_other


@bp.get("/staff/recovery")
@requires(Permission.STAFF_MANAGE)
def list_recoveries() -> Response:
    which = Which.ENDED if request.args.get("state") == Which.ENDED else Which.OPEN
    return page(
        "two_factor/recoveries.html",
        listing=recoveries(which, cursor=request.args.get("cursor")),
        which=which,
        colours=COLOURS,
    )


@bp.get("/staff/recovery/<int:request_id>")
@requires(Permission.STAFF_MANAGE)
def decide_recovery(request_id: int) -> Response:
    return _decision_page(request_id, DecisionForm(None))


def _decision_page(request_id: int, form: DecisionForm, status: int = 200) -> Response:
    found = recovery_for(current_staff().actor, request_named(request_id))
    return page(
        "two_factor/decide_recovery.html",
        status=status,
        found=found,
        colour=COLOURS[RecoveryState(found.request.state)],
        form=form,
    )


@bp.post("/staff/recovery/<int:request_id>/approve")
@requires(Permission.STAFF_MANAGE)
@sudo
@audits(Action.RECOVERY_APPROVED)
def approve_request(request_id: int) -> ResponseReturnValue:
    form = DecisionForm()
    if not form.validate_on_submit():
        return _decision_page(request_id, form, 422)
    found = approve_recovery(
        by=current_staff().actor, request_id=request_id, statement=str(form.statement.data)
    )
    db.session.commit()
    is_waiting = found.state == RecoveryState.WAITING
    flash(
        "Approved. The waiting time runs." if is_waiting else "Approved. A second admin is needed.",
        "success",
    )
    return see_other(url_for("two_factor.decide_recovery", request_id=request_id))


@bp.post("/staff/recovery/<int:request_id>/reject")
@requires(Permission.STAFF_MANAGE)
@sudo
@audits(Action.RECOVERY_REJECTED)
def reject_request(request_id: int) -> ResponseReturnValue:
    form = DecisionForm()
    if not form.validate_on_submit():
        return _decision_page(request_id, form, 422)
    reject_recovery(
        by=current_staff().actor, request_id=request_id, statement=str(form.statement.data)
    )
    db.session.commit()
    flash("Rejected. Their second factors stay as they are.", "success")
    return see_other(url_for("two_factor.decide_recovery", request_id=request_id))


def _of_person(person: Admin, by: Actor) -> Panel | None:
    """While one is open, and while the account is frozen because its owner stopped one."""
    if not by.may(Permission.STAFF_MANAGE):
        return None
    found = last_request(person.id)
    if found is None:
        return None
    is_frozen = froze_the_account(found, person)
    if not is_frozen and found.state not in OPEN:
        return None
    html = render_template(
        "two_factor/_recovery_panel.html", asked=found, person=person, is_frozen=is_frozen
    )
    return Panel("Recovery", Markup(html))  # noqa: S704 - our template


register_person_panel(_of_person)
