"""Everything is lost: the way of who asks to be let in again."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse

from portal.audit.actions import Action
from portal.core.database import db
from portal.staff.cookies import set_session_cookie
from portal.staff.current import current_staff
from portal.two_factor.models import RecoveryRequest
from portal.two_factor.pages.blueprint import bp
from portal.two_factor.pages.stopped import stopped
from portal.two_factor.recovery_codes import is_ready, send_code_again
from portal.two_factor.recovery_endings import complete_recovery, recovery_behind
from portal.two_factor.recovery_endings import stop_recovery as stop_by_link
from portal.two_factor.recovery_forms import RecoveryCodeForm
from portal.two_factor.recovery_requests import ask_for_recovery, open_request
from portal.web.access import SessionState, audits, in_state, public
from portal.web.htmx import page, see_other

WRONG = "The code or the password is not right, or the code is too old."


@bp.post("/sign-in/recovery/request")
@in_state(SessionState.PREAUTH)
@audits(Action.RECOVERY_REQUESTED)
def request_recovery() -> ResponseReturnValue:
    ask_for_recovery(staff=current_staff())
    db.session.commit()
    return see_other(url_for("two_factor.recovery"))


@bp.get("/sign-in/recovery")
@in_state(SessionState.PREAUTH)
def recovery() -> ResponseReturnValue:
    """How far it is; once the waiting time is over, where the code is entered."""
    request = open_request(current_staff().id)
    if request is None:
        return see_other(url_for("two_factor.lost_device"))
    return _status_page(request, RecoveryCodeForm(None))


@bp.post("/sign-in/recovery/complete")
@in_state(SessionState.PREAUTH)
@audits(
    Action.RECOVERY_COMPLETED,
    Action.SESSION_CODE_REFUSED,
    Action.SESSION_PASSWORD_REFUSED,
    Action.SESSION_THROTTLED,
)
def complete() -> ResponseReturnValue:
    form, staff = RecoveryCodeForm(), current_staff()
    typed = {"password": form.password.data or "", "code": form.recovery_code.data or ""}
    step = complete_recovery(staff=staff, **typed)
    db.session.commit()
    if step.token is not None:
        return _carry_on(step.token)
    stop = stopped(step, wrong_too_often="That was wrong five times.")
    if stop is not None:
        return stop
    form.form_errors.append(WRONG)
    request = open_request(staff.id)
    return _status_page(request, form, 401) if request else see_other(url_for("staff.sign_in"))


def _carry_on(token: str) -> BaseResponse:
    flash("You are back. Set up a new second factor to go on.", "success")
    response = see_other(url_for("two_factor.enrol"))
    set_session_cookie(response, token)
    return response


def _status_page(request: RecoveryRequest, form: RecoveryCodeForm, status: int = 200) -> Response:
    return page(
        "two_factor/recovery.html",
        status=status,
        asked=request,
        is_ready=is_ready(request),
        email=current_staff().email,
        form=form,
    )


@bp.post("/sign-in/recovery/send-code")
@in_state(SessionState.PREAUTH)
@audits(Action.RECOVERY_CODE_SENT)
def send_recovery_code() -> ResponseReturnValue:
    staff = current_staff()
    send_code_again(staff=staff)
    db.session.commit()
    flash(f"A new code is on its way to {staff.email}. Older ones are dead.", "success")
    return see_other(url_for("two_factor.recovery"))


@bp.get("/recovery/<token>")
@public
def stop_recovery(token: str) -> Response:
    """Mail scanners open every link: looking at one stops nothing."""
    return page("two_factor/stop_recovery.html", person=recovery_behind(token), token=token)


@bp.post("/recovery/<token>")
@public
@audits(Action.RECOVERY_CANCELLED)
def stop(token: str) -> ResponseReturnValue:
    is_frozen = stop_by_link(token=token)
    db.session.commit()
    what = "The account is frozen until an admin opens it again." if is_frozen else ""
    flash(f"The recovery was stopped. {what}".strip(), "success")
    return see_other(url_for("staff.sign_in"))
