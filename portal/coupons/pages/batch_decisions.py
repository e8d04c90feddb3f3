"""Approving and rejecting many codes that somebody asked for, and disabling them."""

from flask import flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.coupons.batches import (
    approve_batch,
    batch_or_404,
    disable_batch,
    name_of,
    reject_batch,
)
from portal.coupons.deciding_forms import ApprovalForm, SwitchForm
from portal.coupons.models import CouponBatch
from portal.coupons.pages.batches import batch_page, usable
from portal.coupons.pages.blueprint import bp
from portal.staff.current import current_staff
from portal.web.access import audits, requires
from portal.web.htmx import page, see_other


@bp.post("/coupons/batches/<int:batch_id>/approve")
@requires(Permission.COUPONS_APPROVE)
@audits(Action.COUPON_BATCH_APPROVED)
def approve_codes(batch_id: int) -> ResponseReturnValue:
    form, actor = ApprovalForm(), current_staff().actor
    if form.validate_on_submit():
        with form.refusing():
            row = approve_batch(by=actor, batch_id=batch_id, reason=form.reason.data or None)
            db.session.commit()
            return _done(row, f"are approved: they {usable(row)}")
    return batch_page(batch_or_404(batch_id), form)


@bp.post("/coupons/batches/<int:batch_id>/reject")
@requires(Permission.COUPONS_APPROVE)
@audits(Action.COUPON_BATCH_REJECTED)
def reject_codes(batch_id: int) -> ResponseReturnValue:
    form, actor = ApprovalForm(), current_staff().actor
    form.must_say_why()
    if form.validate_on_submit():
        with form.refusing():
            row = reject_batch(by=actor, batch_id=batch_id, reason=form.reason.data)
            db.session.commit()
            return _done(row, "are rejected: they stay unused")
    return batch_page(batch_or_404(batch_id), form)


@bp.route("/coupons/batches/<int:batch_id>/disable", methods=["GET", "POST"])
@requires(Permission.COUPONS_MANAGE)
@audits(Action.COUPON_BATCH_DISABLED)
def disable_codes(batch_id: int) -> ResponseReturnValue:
    form, actor = SwitchForm(), current_staff().actor
    if form.validate_on_submit():
        with form.refusing():
            row = disable_batch(by=actor, batch_id=batch_id, reason=form.reason.data)
            db.session.commit()
            return _done(row, "are disabled: nobody can use them any more")
    status, row = 422 if form.is_submitted() else 200, batch_or_404(batch_id)
    return page(
        "coupons/disable_batch.html", status=status, form=form, batch=row, name=name_of(row)
    )


def _done(row: CouponBatch, text: str) -> ResponseReturnValue:
    flash(f"{name_of(row)} {text}.", "success")
    return see_other(url_for("coupons.batch", batch_id=row.id))
