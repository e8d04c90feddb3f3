"""Deciding on coupons that somebody may not give alone: another person does."""

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core.actor import Actor
from portal.core.errors import Conflict, Denied
from portal.core.permissions import Permission
from portal.coupons.coupons import InBatch, coupon_or_404, target_of
from portal.coupons.models import Coupon, CouponStatus


class NotWaiting(Conflict):
    """Nobody asked, or somebody decided before."""


class OwnRequest(Denied):
    """Whoever asks does not decide."""


def approve_coupon(*, by: Actor, coupon_id: int, reason: str | None = None) -> Coupon:
    """The coupon can be used from now on.

    Raises:
        Denied: this person may not approve coupons.
        OwnRequest, NotWaiting, InBatch: see the classes.
        NotFound: there is no such coupon.
    """
    return _decide(by, coupon_id, CouponStatus.ACTIVE, Action.COUPON_APPROVED, reason)


def reject_coupon(*, by: Actor, coupon_id: int, reason: str | None = None) -> Coupon:
    """The coupon stays unused until it is changed; raises as `approve_coupon`."""
    return _decide(by, coupon_id, CouponStatus.REJECTED, Action.COUPON_REJECTED, reason)


def _decide(
    by: Actor, coupon_id: int, status: CouponStatus, action: Action, reason: str | None
) -> Coupon:
    if not by.may(Permission.COUPONS_APPROVE):
        raise Denied("You may not approve coupons. Ask a manager.")
    row = coupon_or_404(coupon_id)
    if row.status != CouponStatus.AWAITING_APPROVAL:
        raise NotWaiting(f"{row.code} does not wait for approval.")
    if row.batch_id is not None:
        raise InBatch(f"{row.code} is one of many that were made at once: decide on all of them.")
    if row.requested_by is not None and row.requested_by == by.id:
        raise OwnRequest("You asked for this yourself: somebody else decides.")
    changes: dict[str, tuple[object, object]] = {"status": (row.status, status)}
    row.status, row.decided_by_label = status, by.label
    record(action, by=by, target=target_of(row), changes=changes, reason=reason)
    return row
