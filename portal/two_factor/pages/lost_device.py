"""A lost device at sign-in: what else there is, the likeliest first."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse

from portal.audit.actions import Action
from portal.core.database import db
from portal.staff.cookies import set_session_cookie
from portal.staff.current import current_staff
from portal.staff.second_factor import ways_of
from portal.staff.steps import Step, take_second_step
from portal.two_factor.backup_codes import code_set
from portal.two_factor.lost_devices import METHOD, come_in_without_device
from portal.two_factor.pages.blueprint import bp
from portal.two_factor.pages.stopped import stopped
from portal.two_factor.recovery_forms import LostDeviceForm
from portal.two_factor.recovery_requests import approvers_for, open_request
from portal.web.access import SessionState, audits, in_state
from portal.web.htmx import page, see_other

WRONG = "That backup code is not right, or it was used before."


@bp.get("/sign-in/lost-device")
@in_state(SessionState.PREAUTH)
def lost_device() -> ResponseReturnValue:
    """What the person still has comes first, asking two people last."""
    staff = current_staff()
    if open_request(staff.id) is not None:
        return see_other(url_for("two_factor.recovery"))
    return page(
        "two_factor/lost_device.html",
        ways=ways_of(staff.id),
        codes_left=code_set(staff.id).remaining,
        has_approvers=bool(approvers_for(staff.id)),
        email=staff.email,
    )


@bp.route("/sign-in/lost-device/backup-code", methods=["GET", "POST"])
@in_state(SessionState.PREAUTH)
@audits(
    Action.SESSION_OPENED,
    Action.TOTP_DISABLED,
    Action.SESSION_CODE_REFUSED,
    Action.SESSION_THROTTLED,
)
def use_backup_code() -> ResponseReturnValue:
    """Ticked, the lost phone's app is taken off the account with the very code that lets one in."""
    form, staff = LostDeviceForm(), current_staff()
    if not form.validate_on_submit():
        return _code_page(form, 422 if form.is_submitted() else 200)
    if form.is_lost.data:
        step = come_in_without_device(staff=staff, code=form.code())
    else:
        step = take_second_step(staff=staff, method=METHOD, code=form.code())
    db.session.commit()
    step.check_place()
    if step.token is not None:
        return _carry_on(step, is_lost=form.is_lost.data)
    stop = stopped(step, wrong_too_often="Five codes were wrong.")
    if stop is not None:
        return stop
    form.shown().errors = [WRONG]
    return _code_page(form, 401)


def _code_page(form: LostDeviceForm, status: int) -> Response:
    return page("two_factor/lost_device_code.html", status=status, form=form)


def _carry_on(step: Step, *, is_lost: bool) -> BaseResponse:
    """Whoever owes a new factor is led on from My security to setting one up."""
    used = f"That backup code is used up. {step.remaining} left."
    became = "The app of your lost phone opens nothing any more. Set up what you use from now on."
    flash(became if is_lost else used, "success" if is_lost else "warning")
    response = see_other(url_for("two_factor.security"))
    set_session_cookie(response, str(step.token))
    return response
