"""Where a person is signed in, and how to end it."""

from flask import flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.staff.cookies import forget_visitor
from portal.staff.current import current_staff
from portal.staff.models import Admin
from portal.staff.notices import notify
from portal.staff.pages.blueprint import bp
from portal.staff.sessions import end_session, end_sessions_of, live_sessions_of, own_session
from portal.web.access import audits, requires, sudo
from portal.web.htmx import page, see_other


@bp.get("/account/sessions")
@requires(Permission.ACCOUNT_OWN)
def sessions() -> ResponseReturnValue:
    staff = current_staff()
    found = live_sessions_of(staff.id)
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
    flash(_sentence(ended, "other session"), "success")
    return see_other(url_for("staff.sessions"))


@bp.post("/staff/<int:person_id>/end-sessions")
@requires(Permission.STAFF_MANAGE)
@audits(Action.SESSION_REVOKED)
@sudo
def end_sessions(person_id: int) -> ResponseReturnValue:
    staff, person = current_staff(), db.session.get(Admin, person_id)
    if person is None:
        raise NotFound("There is no such person.")
    own = staff.session_id if person_id == staff.id else None
    ended = end_sessions_of(
        by=staff.actor, admin_id=person_id, reason="revoked_by_admin", except_session=own
    )
    text = f"{staff.name} signed you out everywhere."
    notify(admin_id=person_id, kind=Action.SESSION_REVOKED, text=text, url="/account/sessions")
    db.session.commit()
    flash(_sentence(ended, f"session of {person.name}"), "success")
    return see_other(f"/staff/{person_id}")


def _sentence(count: int, what: str) -> str:
    return f"{count} {what.replace('session', 'sessions') if count != 1 else what} ended."
