"""One grant or block: what it says, ending it at another time, taking it back."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core import clock
from portal.core.database import db
from portal.core.errors import NotFound
from portal.core.permissions import Permission
from portal.entitlements.causes import cause_of
from portal.entitlements.forms import ExtendForm, RevokeForm, ask_for_an_end
from portal.entitlements.grants import extend_grant
from portal.entitlements.holders import Entitlement
from portal.entitlements.models import TenantEntitlement, UserEntitlement
from portal.entitlements.overrides import state_of
from portal.entitlements.pages.blueprint import bp
from portal.entitlements.revoking import revoke_grant
from portal.entitlements.terms import BRIEFLY, may_only_grant_briefly, shield_of
from portal.staff.current import current_staff
from portal.web.access import audits, requires
from portal.web.htmx import page, see_other

STATES = {
    "active": "In force",
    "scheduled": "Scheduled",
    "expired": "Ran out",
    "ended": "Ended",
}
WORDS = {"enable": "Grant", "disable": "Block", "hard_deny": "Denial"}


@bp.get("/entitlements/<any(user, tenant):scope>-grants/<int:grant_id>")
@requires(Permission.ENTITLEMENTS_VIEW)
def override(scope: str, grant_id: int) -> Response:
    return _page(scope, grant_or_404(scope, grant_id))


@bp.post("/entitlements/<any(user, tenant):scope>-grants/<int:grant_id>/extend")
@requires(Permission.ENTITLEMENTS_GRANT_BRIEFLY)
@audits(Action.ENTITLEMENT_GRANTED, Action.ENTITLEMENT_DISABLED, Action.ENTITLEMENT_DENIED)
def extend_override(scope: str, grant_id: int) -> ResponseReturnValue:
    row, form = grant_or_404(scope, grant_id), ExtendForm(prefix="extend")
    if form.validate_on_submit():
        with form.refusing():
            granted = extend_grant(
                by=current_staff().actor,
                row=row,
                expires_at=form.expires_at.data,
                reason=form.reason.data,
            )
            db.session.commit()
            flash("It ends at the new time. The old row stays in the history.", "success")
            return see_other(url_for("entitlements.override", scope=scope, grant_id=granted.row.id))
    return _page(scope, grant_or_404(scope, grant_id), extend=form, status=422)


@bp.post("/entitlements/<any(user, tenant):scope>-grants/<int:grant_id>/revoke")
@requires(Permission.ENTITLEMENTS_GRANT_BRIEFLY)
@audits(Action.ENTITLEMENT_REVOKED)
def revoke_override(scope: str, grant_id: int) -> ResponseReturnValue:
    row, form = grant_or_404(scope, grant_id), RevokeForm(prefix="revoke")
    if form.validate_on_submit():
        with form.refusing():
            revoked = revoke_grant(by=current_staff().actor, row=row, reason=form.reason.data)
            db.session.commit()
            allowed = "still allowed" if revoked.after.allowed else "not allowed"
            flash(f"It was taken back. The feature is now {allowed}.", "success")
            return see_other(_holder_url(row))
    return _page(scope, grant_or_404(scope, grant_id), revoke=form, status=422)


def grant_or_404(scope: str, grant_id: int) -> Entitlement:
    """Whoever may see entitlements sees those of every tenant."""
    found: Entitlement | None
    if scope == "user":
        found = db.session.get(UserEntitlement, grant_id)
    else:
        found = db.session.get(TenantEntitlement, grant_id)
    if found is None:
        raise NotFound("There is no such grant.")
    return found


def _holder_url(row: Entitlement) -> str:
    if isinstance(row, UserEntitlement):
        return url_for("customers.user", user_id=row.user_id)
    return url_for("customers.tenant", tenant_id=row.tenant_id)


def _page(
    scope: str,
    row: Entitlement,
    *,
    extend: ExtendForm | None = None,
    revoke: RevokeForm | None = None,
    status: int = 200,
) -> Response:
    actor, now = current_staff().actor, clock.now()
    wanted = (
        Permission.ENTITLEMENTS_GRANT_BRIEFLY
        if scope == "user"
        else Permission.ENTITLEMENTS_GRANT_TENANT
    )
    state = state_of(row, now)
    is_open = state in {"active", "scheduled"}
    shield = shield_of(actor, row, now) if scope == "user" and is_open else None
    is_brief = may_only_grant_briefly(actor)
    if extend is None:
        end = now + BRIEFLY if is_brief else row.expires_at
        extend = ExtendForm(None, prefix="extend", data={"expires_at": end})
    if is_brief:
        ask_for_an_end(extend.expires_at)
    return page(
        "entitlements/override.html",
        status=status,
        row=row,
        scope=scope,
        word=WORDS[row.effect],
        state=STATES[state],
        holder_url=_holder_url(row),
        cause=cause_of(row, actor),
        shield=shield,
        may_change=actor.may(wanted) and is_open and shield is None,
        extend=extend,
        revoke=revoke or RevokeForm(None, prefix="revoke"),
    )
