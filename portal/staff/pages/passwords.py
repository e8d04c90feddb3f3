"""Passwords: forgotten, reset by a mailed link, changed."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db, looking
from portal.core.permissions import Permission
from portal.staff.cookies import bind_form_token, remember_browser, set_session_cookie
from portal.staff.current import SignedInStaff, current_staff
from portal.staff.links import open_link
from portal.staff.models import LinkPurpose
from portal.staff.pages.blueprint import bp
from portal.staff.password_changes import change_password, request_reset
from portal.staff.password_changes import reset_password as set_by_link
from portal.staff.passwords import AcceptedPassword, accepted_password
from portal.staff.people_forms import ChangePasswordForm, ForgotForm, NewPasswordForm
from portal.staff.second_factor import ways_of
from portal.staff.sessions import renew_session, session_of
from portal.staff.steps import Step
from portal.staff.sudo import has_second_factor_sudo, prove_again, prove_password
from portal.web.access import audits, public, requires
from portal.web.htmx import page, see_other


@bp.get("/forgot-password")
@public
def forgot() -> Response:
    return page("staff/forgot.html", form=ForgotForm())


@bp.post("/forgot-password")
@public
@audits(Action.PASSWORD_RESET_REQUESTED)
def ask_for_reset() -> ResponseReturnValue:
    """One answer for every address: nobody learns here who has an account."""
    form = ForgotForm()
    if not form.validate_on_submit():
        return page("staff/forgot.html", status=422, form=form)
    request_reset(email=form.email.data or "")
    db.session.commit()
    flash("If that address has an account, a link is on its way. It works for an hour.", "info")
    return see_other(url_for("staff.sign_in"))


@bp.get("/reset-password/<token>")
@public
def reset_password(token: str) -> Response:
    open_link(token, LinkPurpose.RESET)
    return page("staff/reset_password.html", form=NewPasswordForm())


@bp.post("/reset-password/<token>")
@public
@audits(Action.PASSWORD_RESET)
def set_password(token: str) -> ResponseReturnValue:
    """Neither signs in nor touches the second factor (ASVS 6.4.3)."""
    form = NewPasswordForm()
    with looking():
        open_link(token, LinkPurpose.RESET)
    if form.validate_on_submit():
        with form.refusing():
            person = set_by_link(token=token, password=form.new_password.data or "")
            db.session.commit()
            flash("Your password is set. Sign in with it.", "success")
            response = see_other(url_for("staff.sign_in"))
            remember_browser(response, person.email)
            return response
    return page("staff/reset_password.html", status=422, form=form)


@bp.get("/account/password")
@requires(Permission.ACCOUNT_OWN)
def password() -> ResponseReturnValue:
    if _owes_other_proof(current_staff()):
        return _ask_for_other_proof()
    return page("staff/password.html", form=_form())


@bp.post("/account/password")
@requires(Permission.ACCOUNT_OWN)
@audits(Action.PASSWORD_CHANGED, Action.SESSION_SUDO_REFUSED)
def new_password() -> ResponseReturnValue:
    """The form asks for the proof itself, so that no page ever repeats a password."""
    form, staff = _form(), current_staff()
    if _owes_other_proof(staff):
        return _ask_for_other_proof()
    new = _accepted(form, staff) if form.validate_on_submit() else None
    if new is None:
        return page("staff/password.html", status=422, form=form)
    step = _proven(form, staff)
    if not step.accepted:
        db.session.commit()
        _explain(form, step)
        return page("staff/password.html", status=422, retry_after=step.retry_after, form=form)
    with form.refusing():
        change_password(by=staff.actor, person_id=staff.id, new=new, session_id=staff.session_id)
        token = renew_session(session=session_of(staff))
        bind_form_token(session_of(staff).csrf_secret)
        db.session.commit()
        flash("Your password is changed. Every other session has ended.", "success")
        answer = see_other(url_for("two_factor.security"))
        set_session_cookie(answer, token)
        return answer
    return page("staff/password.html", status=422, form=form)


def _form() -> ChangePasswordForm:
    """Whoever proved a second factor minutes ago, be it with a backup code, owes no other code."""
    form, staff = ChangePasswordForm(), current_staff()
    if has_second_factor_sudo(staff) or not _has_codes(staff):
        del form.totp_code
    return form


def _has_codes(staff: SignedInStaff) -> bool:
    """Is there an authenticator whose code the form can ask for?"""
    return staff.is_second_factor_on and any(way.method == "totp" for way in ways_of(staff.id))


def _owes_other_proof(staff: SignedInStaff) -> bool:
    """Whoever has another factor alone proves it on the page that asks for any kind."""
    is_proven = not staff.is_second_factor_on or has_second_factor_sudo(staff)
    return not is_proven and not _has_codes(staff)


def _ask_for_other_proof() -> ResponseReturnValue:
    return see_other(url_for("staff.sudo", next=url_for("staff.password")))


def _accepted(form: ChangePasswordForm, staff: SignedInStaff) -> AcceptedPassword | None:
    """Asked before the proof: a code is used up by being right, and a refusal would revive it."""
    with form.refusing():
        typed = form.new_password.data or ""
        return accepted_password(typed, context=(staff.email, staff.name))
    return None


def _proven(form: ChangePasswordForm, staff: SignedInStaff) -> Step:
    """The present password, and the second factor where there is one."""
    typed = form.current_password.data or ""
    if not staff.is_second_factor_on:
        return prove_again(staff=staff, method="password", code=typed)
    known = prove_password(staff=staff, password=typed)
    if not known.accepted or "totp_code" not in form:
        return known
    return prove_again(staff=staff, method="totp", code=form.totp_code.data or "")


def _explain(form: ChangePasswordForm, step: Step) -> None:
    if step.retry_after:
        form.form_errors.append(f"Too many tries. Wait {step.retry_after} seconds.")
    elif step.reason == "wrong_password":
        form.current_password.errors = ["That is not your password."]
    else:
        form.totp_code.errors = ["That code is not right. Try the next one."]
