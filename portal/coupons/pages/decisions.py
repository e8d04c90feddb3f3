"""Approving and rejecting what somebody asked for, switching a coupon off and on again."""

from flask import Response, flash, url_for
from flask.typing import ResponseReturnValue

from portal.audit.actions import Action
from portal.core.database import db
from portal.core.permissions import Permission
from portal.coupons.approvals import approve_coupon, reject_coupon
from portal.coupons.coupons import coupon_or_404, disable_coupon, enable_coupon
from portal.coupons.deciding_forms import ApprovalForm, SwitchForm
from portal.coupons.models import Coupon, CouponStatus
from portal.coupons.pages.blueprint import bp
from portal.coupons.pages.coupon import coupon_page
from portal.coupons.pages.editing import asks_approval, done, usable
from portal.staff.current import current_staff
from portal.web.access import audits, requires
from portal.web.htmx import page, see_other


@bp.post("/coupons/<int:coupon_id>/approve")
@requires(Permission.COUPONS_APPROVE)
@audits(Action.COUPON_APPROVED)
def approve(coupon_id: int) -> ResponseReturnValue:
    form = ApprovalForm()
    if form.validate_on_submit():
        with form.refusing():
            row = approve_coupon(
                by=current_staff().actor,
                coupon_id=coupon_id,
                reason=form.reason.data or None,
                seen=form.seen.data or "",
            )
            db.session.commit()
            return _decided(row, f"is approved: it {usable(row)}")
    return _refused(coupon_id, form)


@bp.post("/coupons/<int:coupon_id>/reject")
@requires(Permission.COUPONS_APPROVE)
@audits(Action.COUPON_REJECTED)
def reject(coupon_id: int) -> ResponseReturnValue:
    form = ApprovalForm()
    form.must_say_why()
    if form.validate_on_submit():
        with form.refusing():
            row = reject_coupon(
                by=current_staff().actor,
                coupon_id=coupon_id,
                reason=form.reason.data,
                seen=form.seen.data or "",
            )
            db.session.commit()
            return _decided(row, "is rejected: it stays unused until it is changed")
    return _refused(coupon_id, form)


@bp.route("/coupons/<int:coupon_id>/disable", methods=["GET", "POST"])
@requires(Permission.COUPONS_MANAGE)
@audits(Action.COUPON_DISABLED)
def disable(coupon_id: int) -> ResponseReturnValue:
    form, actor = SwitchForm(), current_staff().actor
    if form.validate_on_submit():
        with form.refusing():
            row = disable_coupon(by=actor, coupon_id=coupon_id, reason=form.reason.data)
            db.session.commit()
            return _decided(row, "is disabled: nobody can use it any more")
    return _switch_page(coupon_id, form, is_on=True)


@bp.route("/coupons/<int:coupon_id>/enable", methods=["GET", "POST"])
@requires(Permission.COUPONS_MANAGE)
@audits(Action.COUPON_CHANGED)
def enable(coupon_id: int) -> ResponseReturnValue:
    form, actor = SwitchForm(), current_staff().actor
    if form.validate_on_submit():
        with form.refusing():
            row = enable_coupon(
                by=actor,
                coupon_id=coupon_id,
                asks_approval=asks_approval(),
                reason=form.reason.data,
            )
            db.session.commit()
            return done(row, f"is enabled: it {usable(row)}")
    return _switch_page(coupon_id, form, is_on=False)


def _decided(row: Coupon, text: str) -> ResponseReturnValue:
    flash(f"{row.code} {text}.", "success")
    return see_other(url_for("coupons.coupon", coupon_id=row.id))


def _refused(coupon_id: int, form: ApprovalForm) -> Response:
    """The coupon as it is now, for whoever decides after another look."""
    row = coupon_or_404(coupon_id, locked=False)
    return coupon_page(row, form)


def _switch_page(coupon_id: int, form: SwitchForm, *, is_on: bool) -> Response:
    row = coupon_or_404(coupon_id, locked=False)
    status = 422 if form.is_submitted() else 200
    is_done = (row.status == CouponStatus.DISABLED) == is_on
    return page(
        "coupons/switch.html", status=status, form=form, coupon=row, is_on=is_on, is_done=is_done
    )
