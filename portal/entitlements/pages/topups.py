"""Taking a top-up back."""

from flask import flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.customers.tenants import tenant_or_404
from portal.entitlements.pages.blueprint import bp
from portal.entitlements.usage_forms import WithdrawForm
from portal.entitlements.withdrawing import left_of, top_up_or_404, withdraw_top_up
from portal.staff.current import current_staff
from portal.web.access import audits, requires
from portal.web.htmx import page, see_other


@bp.route("/entitlements/top-ups/<int:top_up_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.QUOTAS_ADJUST)
@audits(Action.QUOTA_TOP_UP_WITHDRAWN)
def withdraw(top_up_id: int) -> ResponseReturnValue:
    row, form = top_up_or_404(top_up_id), WithdrawForm()
    if form.validate_on_submit():
        with form.refusing():
            tenant_id, left = withdraw_top_up(
                by=current_staff().actor, top_up_id=top_up_id, reason=form.reason.data
            )
            db.session.commit()
            flash(f"Took back {left:,} of {row.feature_name}.", "success")
            return see_other(url_for("entitlements.tenant_usage", tenant_id=tenant_id))
    row = top_up_or_404(top_up_id)
    return page(
        "entitlements/withdraw_top_up.html",
        status=422 if form.is_submitted() else 200,
        form=form,
        row=row,
        left=left_of(row),
        tenant=tenant_or_404(row.tenant_id),
    )
