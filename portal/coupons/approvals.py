"""Deciding on coupons that somebody may not give alone: another person does."""

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import Conflict, Denied
from portal.core.permissions import Permission
from portal.coupons.coupons import InBatch, check_mark, coupon_or_404, target_of
from portal.coupons.models import Coupon, CouponStatus
from portal.coupons.telling import tell_asker

MOST_COUNTED = 100


class NotWaiting(Conflict):
    """Nobody asked, or somebody decided before."""


class OwnRequest(Denied):
    """Whoever asks does not decide."""


def approve_coupon(
    *, by: Actor, coupon_id: int, reason: str | None = None, seen: str | None = None
) -> Coupon:
    """The coupon can be used from now on. `seen` is the mark of the one that was looked at.

    Raises:
        Denied: this person may not approve coupons.
        OwnRequest, NotWaiting, InBatch, Stale: see the classes.
        NotFound: there is no such coupon.
    """
    row = _to_decide(by, coupon_id, seen)
    return _decided(by, row, CouponStatus.ACTIVE, Action.COUPON_APPROVED, reason)


def reject_coupon(
    *, by: Actor, coupon_id: int, reason: str | None = None, seen: str | None = None
) -> Coupon:
    """The coupon stays unused until it is changed; raises as `approve_coupon`."""
    row = _to_decide(by, coupon_id, seen)
    return _decided(by, row, CouponStatus.REJECTED, Action.COUPON_REJECTED, reason)


def may_decide(by: Actor, row: Coupon) -> bool:
    """Does the coupon wait for this person, among others?"""
    is_waiting = row.status == CouponStatus.AWAITING_APPROVAL and row.batch_id is None
    return is_waiting and by.may(Permission.COUPONS_APPROVE) and row.requested_by != by.id


def waiting_for(by: Actor, *, most: int = MOST_COUNTED) -> int:
    """How many coupons wait for this person's decision, counted up to `most`.

    Those of a batch are decided on together, on its own page.
    """
    if not by.may(Permission.COUPONS_APPROVE):
        return 0
    is_theirs = Coupon.requested_by.is_distinct_from(by.id)
    is_waiting = sa.and_(Coupon.status == CouponStatus.AWAITING_APPROVAL, Coupon.batch_id.is_(None))
    query = sa.select(Coupon.id).where(is_waiting, is_theirs)
    return (
        db.session.scalar(sa.select(sa.func.count()).select_from(query.limit(most).subquery())) or 0
    )


def _to_decide(by: Actor, coupon_id: int, seen: str | None) -> Coupon:
    if not by.may(Permission.COUPONS_APPROVE):
        raise Denied("You may not approve coupons. Ask a manager.")
    row = coupon_or_404(coupon_id)
    if row.status != CouponStatus.AWAITING_APPROVAL:
        raise NotWaiting(f"{row.code} does not wait for approval.")
    if row.batch_id is not None:
        raise InBatch(f"{row.code} is one of many that were made at once: decide on all of them.")
    if row.requested_by is not None and row.requested_by == by.id:
        raise OwnRequest("You asked for this yourself: somebody else decides.")
    check_mark(row, seen)
    return row


def _decided(
    by: Actor, row: Coupon, status: CouponStatus, action: Action, reason: str | None
) -> Coupon:
    changes: dict[str, tuple[object, object]] = {"status": (row.status, status)}
    row.status, row.decided_by_label = status, by.label
    record(action, by=by, target=target_of(row), changes=changes, reason=reason)
    tell_asker(by=by, asker=row.requested_by, about=target_of(row), status=status)
    return row
