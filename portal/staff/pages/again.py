"""Signing in again in the midst of work, and going on with what was typed."""

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.core.database import looking
from portal.core.permissions import Permission
from portal.staff.current import signed_in
from portal.staff.kept_forms import kept_form
from portal.staff.pages.blueprint import bp
from portal.web.access import (
    SessionState,
    public,
    reads_only,
    requires,
    unaudited,
    without_csrf_token,
)
from portal.web.htmx import page, see_other

NOT_YET = "You are not signed in yet. Do that in the other tab first."
NOT_YOURS = "This was typed by somebody else. Sign in as them, or leave this page."


@bp.get("/account/again")
@requires(Permission.ACCOUNT_OWN)
def again() -> Response:
    """Where the sign-in of the other tab ends. A page that waits reads its form token here."""
    return page("staff/again.html")


@bp.post("/account/again")
@public
@reads_only
@without_csrf_token("its page was drawn after the session, whose token it was, had ended")
@unaudited("it draws the form once more: sending that is a request of its own")
def go_on() -> ResponseReturnValue:
    sealed = request.form.get("kept", "")
    found = kept_form(sealed)
    if found is None:
        flash("This page is too old to go on with.", "warning")
        return see_other(url_for("staff.sign_in"))
    with looking():
        staff = signed_in()
    if staff is None or staff.state is not SessionState.ACTIVE:
        return page("staff/session_ended.html", status=401, kept=sealed, why=NOT_YET)
    if staff.id != found.admin_id:
        return page("staff/session_ended.html", status=403, kept=sealed, why=NOT_YOURS)
    return page("staff/send_again.html", url=found.url, fields=found.fields)
