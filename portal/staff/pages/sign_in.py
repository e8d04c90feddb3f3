"""Signing in, in two steps, and out."""

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal.audit.actions import Action
from portal.core.database import db, looking
from portal.staff.cookies import (
    clear_session_cookie,
    forget_visitor,
    remember_browser,
    set_session_cookie,
    shown_browser,
)
from portal.staff.current import current_staff, signed_in
from portal.staff.door import at_the_door
from portal.staff.forms import BackupForm, PasskeyForm, SignInForm, TotpForm
from portal.staff.pages.blueprint import bp
from portal.staff.second_factor import ways_of
from portal.staff.sessions import end_session, session_of
from portal.staff.sign_in import SignIn, open_with_password
from portal.staff.steps import Step, take_second_step
from portal.web.access import SessionState, audits, in_state, public
from portal.web.errors import answer
from portal.web.htmx import page, see_other
from portal.web.urls import safe_next

CodeForm = TotpForm | BackupForm | PasskeyForm

REFUSED = "The address or the password is not right, or the account is not active."
WRONG = {
    "totp": "That code is not right. Wait for the next one and try again.",
    "backup": "That backup code is not right, or it was used before.",
    "passkey": "That passkey was not accepted. Try again, or use another way.",
}
ANY_STATE = tuple(SessionState)


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@audits(
    Action.SESSION_OPENED,
    Action.SESSION_PASSWORD_ACCEPTED,
    Action.SESSION_PASSWORD_REFUSED,
    Action.SESSION_THROTTLED,
)
def sign_in() -> ResponseReturnValue:
    form = SignInForm(next=safe_next(request.args.get("next")))
    with looking():
        staff = signed_in()
    if request.method == "GET" and staff and staff.state is SessionState.ACTIVE:
        return see_other(safe_next(form.next.data))
    if not form.validate_on_submit():
        return page("staff/sign_in.html", form=form, status=422 if form.is_submitted() else 200)
    email, password = str(form.email.data), str(form.password.data)
    with at_the_door(email=email, browser=shown_browser()) as is_known:
        found = open_with_password(
            email=email, password=password, is_known=is_known, instead_of=staff
        )
        db.session.commit()
    return _after_password(form, found)


def _after_password(form: SignInForm, found: SignIn) -> ResponseReturnValue:
    if found.retry_after is not None:
        return _too_many(found.retry_after)
    if found.issued is None:
        form.form_errors.append(REFUSED)
        return page("staff/sign_in.html", form=form, status=401)
    target = safe_next(form.next.data)
    if found.state is SessionState.PREAUTH:
        way = ways_of(found.issued.session.admin_id)[0]
        target = url_for(way.endpoint, next=_kept(target))
    elif found.state is SessionState.MUST_ENROL:
        target = url_for("two_factor.enrol")
    response = see_other(target)
    set_session_cookie(response, found.issued.token)
    remember_browser(response, str(form.email.data))
    return response


@bp.route("/sign-in/second-factor", methods=["GET", "POST"])
@in_state(SessionState.PREAUTH)
@audits(Action.SESSION_OPENED, Action.SESSION_CODE_REFUSED, Action.SESSION_THROTTLED)
def second_factor() -> ResponseReturnValue:
    """The authenticator's code; whoever has no authenticator is sent to what they have."""
    ways = ways_of(current_staff().id)
    if request.method == "GET" and "totp" not in [way.method for way in ways]:
        kept = _kept(safe_next(request.args.get("next")))
        return see_other(url_for(ways[0].endpoint, next=kept))
    return _take_step(
        TotpForm(next=safe_next(request.args.get("next"))), "staff/second_factor.html"
    )


@bp.route("/sign-in/passkey", methods=["GET", "POST"])
@in_state(SessionState.PREAUTH)
@audits(Action.SESSION_OPENED, Action.SESSION_CODE_REFUSED, Action.SESSION_THROTTLED)
def passkey() -> ResponseReturnValue:
    return _take_step(PasskeyForm(next=safe_next(request.args.get("next"))), "staff/passkey.html")


@bp.route("/sign-in/backup-code", methods=["GET", "POST"])
@in_state(SessionState.PREAUTH)
@audits(Action.SESSION_OPENED, Action.SESSION_CODE_REFUSED, Action.SESSION_THROTTLED)
def backup_code() -> ResponseReturnValue:
    return _take_step(
        BackupForm(next=safe_next(request.args.get("next"))), "staff/backup_code.html"
    )


def _take_step(form: CodeForm, template: str) -> ResponseReturnValue:
    kept = _kept(safe_next(form.next.data))
    if not form.validate_on_submit():
        return _step_page(form, template, 422 if form.is_submitted() else 200)
    step = take_second_step(staff=current_staff(), method=form.method, code=form.code())
    db.session.commit()
    step.check_place()
    if step.token is not None:
        return _signed_in(step, safe_next(form.next.data))
    if step.retry_after is not None:
        return _too_many(step.retry_after)
    if step.is_session_over:
        return _back_to_password(kept)
    form.shown().errors = [WRONG[form.method]]
    return _step_page(form, template, 401)


def _step_page(form: CodeForm, template: str, status: int) -> Response:
    others = [way for way in ways_of(current_staff().id) if way.method != form.method]
    kept = _kept(safe_next(form.next.data))
    return page(template, form=form, kept=kept, ways=others, status=status)


def _signed_in(step: Step, target: str) -> Response:
    if step.remaining is not None:
        flash(
            f"That backup code is used up. {step.remaining} left. Make new ones under My security. "
            "If your phone is gone, set up a new authenticator there.",
            "warning",
        )
    if step.owes_codes:
        flash("You have no backup code left. Make ten new ones now.", "warning")
        target = url_for("two_factor.security")
    response = see_other(target)
    set_session_cookie(response, str(step.token))
    return response


def _back_to_password(kept: str | None) -> Response:
    flash("Five codes were wrong. Enter your password again to go on.", "warning")
    response = see_other(url_for("staff.sign_in", next=kept))
    clear_session_cookie(response)
    return response


@bp.post("/sign-out")
@in_state(*ANY_STATE)
@audits(Action.SESSION_CLOSED)
def sign_out() -> ResponseReturnValue:
    staff = current_staff()
    end_session(by=staff.actor, session=session_of(staff), reason="signed_out")
    db.session.commit()
    return forget_visitor(see_other(url_for("staff.sign_in")))


def _too_many(wait: int) -> Response:
    detail = "To keep accounts safe, this is slowed down for a while. Nothing is locked for good."
    return answer(429, "Too many tries", detail, retry_after=wait)


def _kept(target: str) -> str | None:
    """What the next page should carry on; nothing for the start page."""
    return target if target != "/" else None
