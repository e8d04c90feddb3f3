"""My passkeys: the list, a new one, another name, and removing one."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.core.provenance import provenance
from portal.staff.cookies import bind_form_token, set_session_cookie
from portal.staff.current import current_staff
from portal.staff.devices import UNKNOWN, device_label
from portal.staff.sessions import session_of
from portal.two_factor.adding import ProofTooOld, is_fresh
from portal.two_factor.forms import LabelForm, NewPasskeyForm
from portal.two_factor.pages.blueprint import bp
from portal.two_factor.passkey_ceremonies import host
from portal.two_factor.passkeys import (
    Registration,
    own_passkey,
    passkeys_of,
    register,
    remove,
    rename,
)
from portal.web.access import SessionState, audits, in_state, requires, sudo
from portal.web.htmx import page, see_other

NOT_MADE = "The new passkey was not accepted. Try it again."


@bp.get("/account/passkeys")
@requires(Permission.ACCOUNT_OWN)
def passkeys() -> Response:
    return page("two_factor/passkeys.html", passkeys=passkeys_of(current_staff().id))


@bp.get("/account/passkeys/new")
@in_state(SessionState.ACTIVE, SessionState.MUST_ENROL)
def new_passkey() -> ResponseReturnValue:
    host()  # refuses at an address that browsers bind no passkey to
    if not is_fresh(current_staff()):
        return _ask_for_proof()
    label = device_label(provenance().user_agent)
    return _new_page(NewPasskeyForm(data={"label": "" if label == UNKNOWN else label}))


@bp.post("/account/passkeys/new")
@in_state(SessionState.ACTIVE, SessionState.MUST_ENROL)
@audits(Action.PASSKEY_REGISTERED, Action.PASSKEY_REFUSED)
def add_passkey() -> ResponseReturnValue:
    form = NewPasskeyForm()
    if not form.validate_on_submit():
        return _new_page(form, 422)
    with form.refusing():
        try:
            done = register(
                staff=current_staff(),
                answer=form.credential.data or "",
                label=form.label.data or "",
            )
        except ProofTooOld:
            db.session.rollback()
            return _ask_for_proof()
        db.session.commit()
        if done.passkey is not None:
            return _added(done, done.passkey.label)
        form.form_errors.append(NOT_MADE)
    return _new_page(form, 422)


def _new_page(form: NewPasskeyForm, status: int = 200) -> Response:
    state = current_staff().state
    return page("two_factor/passkey_new.html", status=status, form=form, state=state)


def _ask_for_proof() -> ResponseReturnValue:
    return see_other(url_for("staff.sudo", next=url_for("two_factor.new_passkey")))


def _added(done: Registration, label: str) -> ResponseReturnValue:
    """With the first factor come ten codes, which no other answer ever shows."""
    bind_form_token(session_of(current_staff()).csrf_secret)
    if done.codes:
        answer = page("two_factor/codes.html", codes=done.codes, is_new=True)
        set_session_cookie(answer, done.token)
        return answer
    flash(f"“{label}” signs you in from now on.", "success")
    moved = see_other(url_for("two_factor.passkeys"))
    set_session_cookie(moved, done.token)
    return moved


@bp.get("/account/passkeys/<int:passkey_id>/rename")
@requires(Permission.ACCOUNT_OWN)
def rename_passkey(passkey_id: int) -> Response:
    found = own_passkey(current_staff().id, passkey_id)
    return page("two_factor/passkey_rename.html", form=LabelForm(obj=found), passkey=found)


@bp.post("/account/passkeys/<int:passkey_id>/rename")
@requires(Permission.ACCOUNT_OWN)
@audits(Action.PASSKEY_RENAMED)
def save_passkey_name(passkey_id: int) -> ResponseReturnValue:
    form, staff = LabelForm(), current_staff()
    if form.validate_on_submit():
        with form.refusing():
            passkey = rename(staff=staff, passkey_id=passkey_id, label=form.label.data or "")
            db.session.commit()
            flash(f"It is called “{passkey.label}” now.", "success")
            return see_other(url_for("two_factor.passkeys"))
    found = own_passkey(staff.id, passkey_id)
    return page("two_factor/passkey_rename.html", status=422, form=form, passkey=found)


@bp.post("/account/passkeys/<int:passkey_id>/remove")
@requires(Permission.ACCOUNT_OWN)
@sudo
@audits(Action.PASSKEY_REMOVED)
def remove_passkey(passkey_id: int) -> ResponseReturnValue:
    staff = current_staff()
    label = own_passkey(staff.id, passkey_id).label
    token = remove(staff=staff, passkey_id=passkey_id)
    db.session.commit()
    flash(f"“{label}” is removed.", "success")
    answer = see_other(url_for("two_factor.passkeys"))
    set_session_cookie(answer, token)
    return answer
