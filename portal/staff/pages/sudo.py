"""Proving again who you are, ahead of something dangerous."""

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.staff.current import current_staff
from portal.staff.forms import SudoForm
from portal.staff.pages.blueprint import bp
from portal.staff.sudo import is_proven
from portal.staff.sudo_prompt import prompt, prove, refused_prompt
from portal.web.access import SessionState, audits, in_state
from portal.web.htmx import see_other
from portal.web.urls import safe_next


@bp.route("/account/sudo", methods=["GET", "POST"])
@in_state(SessionState.ACTIVE, SessionState.MUST_ENROL)
@audits(Action.SESSION_SUDO_GRANTED, Action.SESSION_SUDO_REFUSED, Action.SESSION_THROTTLED)
def sudo() -> ResponseReturnValue:
    staff, url = current_staff(), url_for("staff.sudo")
    target = safe_next(request.values.get("next"))
    form, fields = SudoForm.for_person(staff), [("next", target)]
    if is_proven(staff):  # also when the button is pressed again, as after a file
        return see_other(target)
    if form.proof() is None:
        return prompt(form, url, fields, 200)
    step = prove(staff, form)
    return see_other(target) if step.accepted else refused_prompt(form, step, url, fields)
