"""My security: everything about how a person signs in, in one place."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.staff.current import current_staff
from portal.two_factor.backup_codes import code_set
from portal.two_factor.forms import NewCodesForm
from portal.two_factor.overview import standing_of
from portal.two_factor.own_trail import own_trail
from portal.two_factor.pages.blueprint import bp
from portal.two_factor.recovery_endings import stop_own_recovery
from portal.two_factor.recovery_requests import open_request
from portal.web.access import audits, requires
from portal.web.htmx import page, see_other
from portal.web.times import reader_zone


@bp.get("/account/security")
@requires(Permission.ACCOUNT_OWN)
def security() -> Response:
    person = current_staff()
    codes = code_set(person.id)
    return page(
        "two_factor/security.html",
        person=person,
        standing=standing_of(person.id),
        codes=codes,
        events=own_trail(person.id, reader_zone()),
        recovery=open_request(person.id) if person.is_being_recovered else None,
        new_codes=NewCodesForm(data={"instead_of": codes.batch_id}),
    )


@bp.post("/account/security/stop-recovery")
@requires(Permission.ACCOUNT_OWN)
@audits(Action.RECOVERY_CANCELLED)
def stop_recovery_of_mine() -> ResponseReturnValue:
    stop_own_recovery(staff=current_staff())
    db.session.commit()
    flash(
        "The recovery was stopped and all your other sessions ended. If it was not you who asked, "
        "somebody knows your password: set a new one now.",
        "warning",
    )
    return see_other(url_for("staff.password"))
