"""How long events stay: legal holds, and what was moved into archives."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.audit.archives import archives
from portal.audit.export_forms import HoldForm
from portal.audit.holds import Scope, place_hold, release_hold, whose
from portal.audit.holds import holds as all_holds
from portal.audit.pages.blueprint import bp
from portal.config import settings
from portal.core.database import db
from portal.core.permissions import Permission
from portal.web.access import acting, audits, requires, sudo
from portal.web.htmx import page, see_other
from portal.web.once_forms import counted_once


@bp.get("/audit/holds")
@requires(Permission.AUDIT_HOLD)
@sudo
def holds() -> Response:
    return _page(HoldForm())


@bp.post("/audit/holds")
@requires(Permission.AUDIT_HOLD)
@sudo
@audits(Action.AUDIT_HOLD_PLACED)
def hold() -> ResponseReturnValue:
    form = HoldForm()
    if form.validate_on_submit():
        with form.refusing():
            if there := form.led_to():
                return counted_once(there)
            placed = place_hold(
                by=acting(),
                scope=Scope(form.scope.data),
                subject_id=form.subject_id.data,
                reason=form.reason.data or "",
            )
            form.leads_to(url_for("audit.holds"))
            db.session.commit()
            flash(f"Held from now on: {whose(placed)}.", "success")
            return see_other(url_for("audit.holds"))
    return _page(form)


@bp.post("/audit/holds/<int:hold_id>/release")
@requires(Permission.AUDIT_HOLD)
@sudo
@audits(Action.AUDIT_HOLD_RELEASED)
def release(hold_id: int) -> ResponseReturnValue:
    released = release_hold(by=acting(), hold_id=hold_id)
    db.session.commit()
    flash(f"The hold on {whose(released).lower()} is over.", "success")
    return see_other(url_for("audit.holds"))


def _page(form: HoldForm) -> Response:
    return page(
        "audit/holds.html",
        status=422 if form.errors else 200,
        form=form,
        holds=[(hold, whose(hold)) for hold in all_holds()],
        archives=archives(),
        days=settings().audit_retention_days,
    )
