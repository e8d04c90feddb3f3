"""Inviting people, and accepting an invitation."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db, looking
from portal.core.permissions import Permission
from portal.core.roles import Role
from portal.staff.current import current_staff
from portal.staff.invites import approve_invite, join, resend_invite, revoke_invite
from portal.staff.invites import invite as send_invite
from portal.staff.links import open_link
from portal.staff.models import Admin, LinkPurpose
from portal.staff.pages.blueprint import bp
from portal.staff.people_forms import ROLES, InviteForm, JoinForm
from portal.staff.roles import may_give
from portal.web.access import audits, public, requires, sudo
from portal.web.htmx import page, see_other


def _invite_form() -> InviteForm:
    """Only roles that this person may give are offered."""
    form, giver = InviteForm(), current_staff().actor.permissions
    form.role.choices = [one for one in ROLES if may_give(giver, Role(one.value))]
    return form


@bp.get("/staff/invite")
@requires(Permission.STAFF_INVITE)
def invite() -> Response:
    return page("staff/invite.html", form=_invite_form())


@bp.post("/staff/invite")
@requires(Permission.STAFF_INVITE)
@sudo
@audits(Action.STAFF_INVITED)
def invite_person() -> ResponseReturnValue:
    form = _invite_form()
    if form.validate_on_submit():
        with form.refusing():
            person, _ = send_invite(
                by=current_staff().actor,
                email=form.email.data or "",
                name=form.name.data or "",
                role=Role(form.role.data),
            )
            db.session.commit()
            flash(_said(person), "success")
            return see_other(url_for("staff.person", person_id=person.id))
    return page("staff/invite.html", status=422, form=form)


def _said(person: Admin) -> str:
    if person.awaits_approval:
        return f"A second admin has to approve {person.name}. The invitation is sent then."
    return f"An invitation is on its way to {person.email}. It works for 72 hours."


@bp.post("/staff/<int:person_id>/approve-invite")
@requires(Permission.STAFF_MANAGE)
@sudo
@audits(Action.STAFF_INVITE_APPROVED)
def approve(person_id: int) -> ResponseReturnValue:
    person = approve_invite(by=current_staff().actor, person_id=person_id)
    db.session.commit()
    flash(f"An invitation is on its way to {person.email}. It works for 72 hours.", "success")
    return see_other(url_for("staff.person", person_id=person_id))


@bp.post("/staff/<int:person_id>/resend-invite")
@requires(Permission.STAFF_INVITE)
@sudo
@audits(Action.STAFF_INVITE_RESENT)
def resend(person_id: int) -> ResponseReturnValue:
    person = resend_invite(by=current_staff().actor, person_id=person_id)
    db.session.commit()
    flash(f"A new invitation is on its way to {person.email}. The old one is dead.", "success")
    return see_other(url_for("staff.person", person_id=person_id))


@bp.post("/staff/<int:person_id>/revoke-invite")
@requires(Permission.STAFF_INVITE)
@sudo
@audits(Action.STAFF_INVITE_REVOKED)
def revoke(person_id: int) -> ResponseReturnValue:
    person = revoke_invite(by=current_staff().actor, person_id=person_id)
    db.session.commit()
    flash(f"The invitation of {person.email} no longer works.", "success")
    return see_other(url_for("staff.person", person_id=person_id))


@bp.get("/invite/<token>")
@public
def accept_invite(token: str) -> Response:
    """Mail scanners open every link: looking at one uses nothing up."""
    _, person = open_link(token, LinkPurpose.INVITE)
    return page(
        "staff/accept_invite.html", form=JoinForm(data={"name": person.name}), person=person
    )


@bp.post("/invite/<token>")
@public
@audits(Action.STAFF_JOINED)
def join_by_invite(token: str) -> ResponseReturnValue:
    form = JoinForm()
    with looking():
        _, person = open_link(token, LinkPurpose.INVITE)
    if form.validate_on_submit():
        with form.refusing():
            join(
                token=token,
                name=form.name.data or "",
                password=form.new_password.data or "",
                time_zone=form.time_zone.data or "",
            )
            db.session.commit()
            flash("Welcome. Sign in with your new password.", "success")
            return see_other(url_for("staff.sign_in"))
    return page("staff/accept_invite.html", status=422, form=form, person=person)
