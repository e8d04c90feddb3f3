"""The own account: preferences, look, address, notices."""

from collections.abc import Sequence

from flask import Response, flash, make_response, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.account import change_preferences, change_theme
from portal.staff.current import current_staff
from portal.staff.email_changes import (
    confirm_email as use_new_address,
)
from portal.staff.email_changes import (
    request_email_change,
    undo_email_change,
    withdraw_email_change,
)
from portal.staff.links import live_link, open_link
from portal.staff.models import LinkPurpose
from portal.staff.notices import notices_of, read_all_notices, read_notice
from portal.staff.pages.blueprint import bp
from portal.staff.people_forms import ConfirmForm, EmailForm, PreferencesForm
from portal.web.access import audits, public, requires, sudo, unaudited
from portal.web.htmx import page, see_other, wants_fragment
from portal.web.urls import safe_next

MOST_LISTED = 5


@bp.get("/account/preferences")
@requires(Permission.ACCOUNT_OWN)
def preferences() -> Response:
    me = current_staff()
    values = {
        "name": me.name,
        "time_zone": me.time_zone or "",
        "theme": me.theme,
        "shortcuts_enabled": me.shortcuts_enabled,
    }
    return page("staff/preferences.html", form=PreferencesForm(None, data=values))


@bp.post("/account/preferences")
@requires(Permission.ACCOUNT_OWN)
@audits(Action.ACCOUNT_PREFERENCES_CHANGED)
def save_preferences() -> ResponseReturnValue:
    form = PreferencesForm()
    if form.validate_on_submit():
        with form.refusing():
            change_preferences(
                by=current_staff().actor,
                person_id=current_staff().id,
                name=form.name.data or "",
                time_zone=form.time_zone.data or "",
                theme=form.theme.data,
                shortcuts_enabled=bool(form.shortcuts_enabled.data),
            )
            db.session.commit()
            flash("Your preferences are saved.", "success")
            return see_other(url_for("staff.preferences"))
    return page("staff/preferences.html", status=422, form=form)


@bp.post("/account/theme")
@requires(Permission.ACCOUNT_OWN)
@audits(Action.ACCOUNT_PREFERENCES_CHANGED)
def theme() -> ResponseReturnValue:
    me = current_staff()
    change_theme(by=me.actor, person_id=me.id, theme=request.form.get("theme", ""))
    db.session.commit()
    if wants_fragment():  # a script shows it at once, and the page stays
        return make_response("", 204)
    return see_other(safe_next(request.form.get("next")))


@bp.get("/account/email")
@requires(Permission.ACCOUNT_OWN)
def email() -> Response:
    return _email_page(EmailForm(None))


def _email_page(form: EmailForm, status: int = 200) -> Response:
    waiting = live_link(admin_id=current_staff().id, purpose=LinkPurpose.EMAIL_CHANGE)
    return page("staff/email.html", status=status, form=form, waiting=waiting, me=current_staff())


@bp.post("/account/email")
@requires(Permission.ACCOUNT_OWN)
@sudo
@audits(Action.EMAIL_CHANGE_REQUESTED)
def ask_for_email() -> ResponseReturnValue:
    form, me = EmailForm(), current_staff()
    if form.validate_on_submit():
        with form.refusing():
            new = form.email.data or ""
            taken = request_email_change(by=me.actor, person_id=me.id, email=new)
            db.session.commit()
            if taken is not None:
                raise taken
            flash(f"A link is on its way to {new}. Until you follow it, nothing changes.", "info")
            return see_other(url_for("staff.email"))
    return _email_page(form, 422)


@bp.post("/account/email/withdraw")
@requires(Permission.ACCOUNT_OWN)
@audits(Action.EMAIL_CHANGE_WITHDRAWN)
def withdraw_email() -> ResponseReturnValue:
    withdraw_email_change(by=current_staff().actor, person_id=current_staff().id)
    db.session.commit()
    flash("The change is withdrawn. Your address stays.", "success")
    return see_other(url_for("staff.email"))


@bp.get("/email/confirm/<token>")
@public
def confirm_email(token: str) -> Response:
    link, _ = open_link(token, LinkPurpose.EMAIL_CHANGE)
    return page("staff/confirm_email.html", form=ConfirmForm(), address=link.email)


@bp.post("/email/confirm/<token>")
@public
@audits(Action.EMAIL_CHANGED)
def use_email(token: str) -> ResponseReturnValue:
    person = use_new_address(token=token)
    db.session.commit()
    flash(f"Your address is {person.email} now. Sign in with it from here on.", "success")
    return see_other(url_for("staff.sign_in"))


@bp.get("/email/undo/<token>")
@public
def undo_email(token: str) -> Response:
    link, _ = open_link(token, LinkPurpose.EMAIL_UNDO)
    return page("staff/undo_email.html", form=ConfirmForm(), address=link.email)


@bp.post("/email/undo/<token>")
@public
@audits(Action.EMAIL_CHANGE_UNDONE)
def take_email_back(token: str) -> ResponseReturnValue:
    back = undo_email_change(token=token)
    db.session.commit()
    flash("The account is yours again. Choose a new password.", "success")
    if back.removed:
        flash(f"Removed, because it was added since: {_listed(back.removed)}.", "warning")
    return see_other(back.url)


def _listed(names: Sequence[str]) -> str:
    """The flash travels in a cookie: the mail has them all."""
    more = len(names) - MOST_LISTED
    return ", ".join([*names[:MOST_LISTED], *([f"and {more} more"] if more > 0 else [])])


@bp.get("/account/notices")
@requires(Permission.ACCOUNT_OWN)
def notices() -> Response:
    found = notices_of(current_staff().id, cursor=request.args.get("cursor"))
    return page("staff/notices.html", listing=found)


@bp.post("/account/notices/<int:notice_id>/read")
@requires(Permission.ACCOUNT_OWN)
@unaudited("reading one's own notice changes nothing for anybody else")
def read(notice_id: int) -> ResponseReturnValue:
    url = read_notice(admin_id=current_staff().id, notice_id=notice_id)
    db.session.commit()
    return see_other(safe_next(url, url_for("staff.notices")))


@bp.post("/account/notices/read-all")
@requires(Permission.ACCOUNT_OWN)
@unaudited("reading one's own notices changes nothing for anybody else")
def read_all() -> ResponseReturnValue:
    read_all_notices(admin_id=current_staff().id)
    db.session.commit()
    return see_other(url_for("staff.notices"))
