"""Setting up an authenticator, turning it off, and making backup codes."""

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.cookies import bind_form_token, set_session_cookie
from portal.staff.current import current_staff
from portal.staff.models import Admin
from portal.staff.sessions import session_of
from portal.staff.steps import Step
from portal.staff.sudo import has_second_factor_sudo, prove_again
from portal.two_factor.adding import ProofTooOld
from portal.two_factor.authenticators import has_authenticator
from portal.two_factor.backup_codes import CodesReplaced, generate_codes, make_codes
from portal.two_factor.enrolments import (
    AlreadyEnabled,
    EnrolmentExpired,
    confirm_enrolment,
    start_enrolment,
)
from portal.two_factor.forms import BackupCodeForm, CodeForm, NewCodesForm
from portal.two_factor.overview import standing_of
from portal.two_factor.pages.blueprint import bp
from portal.two_factor.switching_off import switch_off
from portal.web.access import SessionState, audits, in_state, requires, sudo
from portal.web.htmx import page, see_other

WRONG = "That code is not right. Wait for the next one and try again."
WAIT = "Too many wrong codes. Try again in {} seconds."


@bp.get("/account/two-factor/enrol")
@in_state(SessionState.ACTIVE, SessionState.MUST_ENROL)
@audits(Action.TOTP_ENROLMENT_STARTED)
def enrol() -> ResponseReturnValue:
    """Shows the waiting key, which it makes when there is none: the same one on a reload."""
    return _enrol_page(CodeForm(), 200)


@bp.post("/account/two-factor/enrol")
@in_state(SessionState.ACTIVE, SessionState.MUST_ENROL)
@audits(Action.TOTP_ENABLED, Action.TOTP_CODE_REFUSED)
def confirm_enrol() -> ResponseReturnValue:
    staff, form = current_staff(), CodeForm()
    try:
        done = confirm_enrolment(staff=staff, code=form.totp_code.data or "")
    except (AlreadyEnabled, EnrolmentExpired) as error:
        db.session.rollback()
        flash(f"{error.title}. {error.message}", "warning")
        return see_other(url_for("two_factor.enrol"))
    db.session.commit()
    if done.accepted:
        bind_form_token(session_of(staff).csrf_secret)
        answer = page("two_factor/codes.html", codes=done.codes, is_new=True)
        set_session_cookie(answer, done.token or "")
        return answer
    form.totp_code.errors = [_why(done.retry_after, done.steps_off)]
    return _enrol_page(form, 422, done.retry_after)


def _enrol_page(form: CodeForm, status: int, retry_after: int | None = None) -> ResponseReturnValue:
    try:
        pending = start_enrolment(staff=current_staff())
    except AlreadyEnabled:
        return see_other(url_for("two_factor.security"))
    except ProofTooOld:
        return see_other(url_for("staff.sudo", next=url_for("two_factor.enrol")))
    db.session.commit()
    values = {"pending": pending, "form": form}
    return page("two_factor/enrol.html", status=status, retry_after=retry_after, **values)


def _why(retry_after: int | None, steps_off: int | None = None) -> str:
    if retry_after is not None:
        return WAIT.format(retry_after)
    if steps_off is not None:
        way = "ahead" if steps_off > 0 else "behind"
        return f"Your phone's clock is {abs(steps_off) * 30} seconds {way}. Set it to automatic."
    return WRONG


@bp.post("/account/two-factor/backup-codes")
@requires(Permission.ACCOUNT_OWN)
@sudo
@audits(Action.BACKUP_CODES_GENERATED)
def backup_codes() -> ResponseReturnValue:
    """Answers with the codes themselves: no address ever shows them again."""
    staff = current_staff()
    if not staff.is_second_factor_on:
        return see_other(url_for("two_factor.enrol"))
    made, shown = make_codes(), NewCodesForm().instead_of.data or ""
    try:
        person = db.session.get_one(Admin, staff.id)
        generate_codes(by=staff.actor, admin=person, made=made, instead_of=shown)
    except CodesReplaced as error:
        db.session.rollback()
        flash(error.message, "warning")
        return see_other(url_for("two_factor.security"))
    db.session.commit()
    return page("two_factor/codes.html", codes=made.shown, is_new=False)


@bp.get("/account/two-factor/disable")
@requires(Permission.ACCOUNT_OWN)
def disable() -> ResponseReturnValue:
    if not has_authenticator(current_staff().id):
        return see_other(url_for("two_factor.security"))
    return _disable_page()


@bp.post("/account/two-factor/disable")
@requires(Permission.ACCOUNT_OWN)
@audits(Action.TOTP_DISABLED, Action.SESSION_SUDO_REFUSED)
def confirm_disable() -> ResponseReturnValue:
    """The code in the form is the proof: of the app, or a backup code when the phone is gone."""
    staff = current_staff()
    step = _prove(CodeForm(), BackupCodeForm())
    if not step.accepted:
        db.session.commit()
        return _disable_page(422, error=_why(step.retry_after), retry_after=step.retry_after)
    answer = redirect(url_for("two_factor.security"), 303)
    set_session_cookie(answer, switch_off(staff=staff))
    db.session.commit()
    flash("Your authenticator is off.", "success")
    return answer


def _prove(code: CodeForm, backup: BackupCodeForm) -> Step:
    staff = current_staff()
    if has_second_factor_sudo(staff) and not (code.totp_code.data or backup.backup_code.data):
        return Step(accepted=True)
    if backup.backup_code.data:
        return prove_again(staff=staff, method="backup", code=backup.backup_code.data)
    return prove_again(staff=staff, method="totp", code=code.totp_code.data or "")


def _disable_page(
    status: int = 200, *, error: str | None = None, retry_after: int | None = None
) -> Response:
    form, backup = CodeForm(), BackupCodeForm()
    if error:
        field = backup.backup_code if backup.backup_code.data else form.totp_code
        field.errors = [error]
    values = {"form": form, "backup": backup, "standing": standing_of(current_staff().id)}
    return page("two_factor/disable.html", status=status, retry_after=retry_after, **values)
