"""People of the portal: the list, one person, and what may be done about them."""

from flask import Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.core.roles import Role
from portal.staff.current import current_staff
from portal.staff.directory import (
    ROLE_LABELS,
    Search,
    State,
    live_session_count,
    person_or_404,
    state_of,
)
from portal.staff.directory import (
    people as people_page,
)
from portal.staff.invites import may_approve
from portal.staff.models import Admin
from portal.staff.pages.blueprint import bp
from portal.staff.panels import person_panels
from portal.staff.people import change_role, disable_person, enable_person, unlock
from portal.staff.people_forms import RoleForm
from portal.staff.roles import PERMISSIONS, may_give
from portal.web.access import audits, requires, sudo
from portal.web.htmx import page, page_or_fragment, see_other


@bp.get("/staff")
@requires(Permission.STAFF_VIEW)
def people() -> Response:
    given = request.args
    search = Search.of(
        text=given.get("q", ""), role=given.get("role", ""), state=given.get("state", "")
    )
    return page_or_fragment(
        "staff/people.html",
        "staff/_people.html",
        listing=people_page(search, cursor=given.get("cursor")),
        search=search,
        roles=list(ROLE_LABELS.items()),
        states=[(state.value, state.label) for state in State],
        may_invite=current_staff().actor.may(Permission.STAFF_INVITE),
    )


@bp.get("/staff/<int:person_id>")
@requires(Permission.STAFF_VIEW)
def person(person_id: int) -> Response:
    return _person_page(person_or_404(person_id))


def _person_page(person: Admin, form: RoleForm | None = None, status: int = 200) -> Response:
    actor = current_staff().actor
    may_manage = actor.may(Permission.STAFF_MANAGE)
    return page(
        "staff/person.html",
        status=status,
        person=person,
        role_label=Role(person.role).label,
        state=state_of(person.joined_at, person.disabled_at),
        is_self=person.id == current_staff().id,
        may_manage=may_manage,
        may_approve=may_approve(by=actor, person=person),
        may_invite=may_give(actor.permissions, Role(person.role)),
        may_audit=actor.may(Permission.AUDIT_ALL),
        sessions=live_session_count(person.id) if may_manage else 0,
        panels=person_panels(person, actor),
        form=form or RoleForm(None, data={"role": person.role, "expected": person.role}),
    )


@bp.post("/staff/<int:person_id>/change-role")
@requires(Permission.STAFF_MANAGE)
@sudo
@audits(Action.STAFF_ROLE_CHANGED)
def change_person_role(person_id: int) -> ResponseReturnValue:
    form = RoleForm()
    if not form.validate_on_submit() or form.expected.data not in list(Role):
        return _person_page(person_or_404(person_id), form, 422)
    # A refusal here is a conflict (409), nothing that another choice in the form could mend.
    person = change_role(
        by=current_staff().actor,
        person_id=person_id,
        expected=Role(form.expected.data),
        role=Role(form.role.data),
    )
    db.session.commit()
    return _done(person, f"{person.name} is {Role(person.role).label} now.")


@bp.post("/staff/<int:person_id>/disable")
@requires(Permission.STAFF_MANAGE)
@sudo
@audits(Action.STAFF_DISABLED)
def disable(person_id: int) -> ResponseReturnValue:
    person = disable_person(by=current_staff().actor, person_id=person_id)
    db.session.commit()
    return _done(person, f"{person.name} is disabled and signed out everywhere.")


@bp.post("/staff/<int:person_id>/enable")
@requires(Permission.STAFF_MANAGE)
@sudo
@audits(Action.STAFF_ENABLED)
def enable(person_id: int) -> ResponseReturnValue:
    person = enable_person(by=current_staff().actor, person_id=person_id)
    db.session.commit()
    return _done(person, f"{person.name} may sign in again.")


@bp.post("/staff/<int:person_id>/unlock")
@requires(Permission.STAFF_MANAGE)
@sudo
@audits(Action.STAFF_UNLOCKED)
def unlock_person(person_id: int) -> ResponseReturnValue:
    person = unlock(by=current_staff().actor, person_id=person_id)
    db.session.commit()
    return _done(person, f"{person.name} can try again at once.")


def _done(person: Admin, text: str) -> ResponseReturnValue:
    flash(text, "success")
    return see_other(url_for("staff.person", person_id=person.id))


@bp.get("/staff/roles")
@requires(Permission.STAFF_VIEW)
def roles() -> Response:
    return page(
        "staff/roles.html", roles=list(Role), table=PERMISSIONS, permissions=list(Permission)
    )
