"""Proving again who you are, ahead of something dangerous."""

from urllib.parse import urlsplit

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.staff.current import current_staff
from portal.staff.forms import SudoForm
from portal.staff.pages.blueprint import bp
from portal.staff.sudo import is_proven
from portal.staff.sudo_prompt import prompt, prove, refused_prompt
from portal.web.access import SessionState, audits, in_state
from portal.web.htmx import page, see_other
from portal.web.urls import safe_next


@bp.route("/account/sudo", methods=["GET", "POST"])
@in_state(SessionState.ACTIVE, SessionState.MUST_ENROL)
@audits(Action.SESSION_SUDO_GRANTED, Action.SESSION_SUDO_REFUSED, Action.SESSION_THROTTLED)
def sudo() -> ResponseReturnValue:
    staff, url = current_staff(), url_for("staff.sudo")
    target, back = (safe_next(request.values.get(name)) for name in ("next", "back"))
    # What is saved leaves the browser on the page that it has: one that says so comes first.
    is_file = urlsplit(target).path.endswith(".csv")
    form, fields = SudoForm.for_person(staff), [("next", target), ("back", back)]
    if is_proven(staff):  # also when the button is pressed again
        return page("staff/file.html", url=target, back=back) if is_file else see_other(target)
    if form.proof() is None:
        return prompt(form, url, fields, 200)
    step = prove(staff, form)
    if not step.accepted:
        return refused_prompt(form, step, url, fields)
    return see_other(url_for("staff.sudo", next=target, back=back) if is_file else target)
