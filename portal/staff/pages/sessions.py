"""Where a person is signed in, and how to end it."""

from flask import flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.cookies import forget_visitor
from portal.staff.current import current_staff
from portal.staff.directory import person_or_404
from portal.staff.pages.blueprint import bp
from portal.staff.sessions import (
    end_session,
    end_sessions_of,
    open_sessions_of,
    own_session,
    sign_out_everywhere,
)
from portal.web.access import audits, requires, sudo
from portal.web.htmx import page, see_other


@bp.get("/account/sessions")
@requires(Permission.ACCOUNT_OWN)
def sessions() -> ResponseReturnValue:
    staff = current_staff()
    found = open_sessions_of(staff.id)
    return page("staff/sessions.html", sessions=found, current=staff.session_id)


@bp.post("/account/sessions/<session_id>/revoke")
@requires(Permission.ACCOUNT_OWN)
@audits(Action.SESSION_REVOKED)
def revoke_session(session_id: str) -> ResponseReturnValue:
    staff = current_staff()
    session = own_session(staff, session_id)
    end_session(by=staff.actor, session=session, reason="revoked_by_person")
    db.session.commit()
    if session_id == staff.session_id:
        return forget_visitor(see_other(url_for("staff.sign_in")))
    flash(f"{session.device_label} is signed out.", "success")
    return see_other(url_for("staff.sessions"))


@bp.post("/account/sessions/revoke-others")
@requires(Permission.ACCOUNT_OWN)
@audits(Action.SESSION_REVOKED)
@sudo
def revoke_other_sessions() -> ResponseReturnValue:
    staff = current_staff()
    ended = end_sessions_of(
        by=staff.actor,
        admin_id=staff.id,
        reason="revoked_by_person",
        except_session=staff.session_id,
    )
    db.session.commit()
    flash(f"{_sessions(ended)} ended elsewhere.", "success")
    return see_other(url_for("staff.sessions"))


@bp.post("/staff/<int:person_id>/end-sessions")
@requires(Permission.STAFF_MANAGE)
@audits(Action.SESSION_REVOKED)
@sudo
def end_sessions(person_id: int) -> ResponseReturnValue:
    person = person_or_404(person_id)
    ended = sign_out_everywhere(by=current_staff(), person=person)
    db.session.commit()
    flash(f"{_sessions(ended)} of {person.name} ended.", "success")
    return see_other(url_for("staff.person", person_id=person_id))


def _sessions(count: int) -> str:
    return "1 session" if count == 1 else f"{count} sessions"
