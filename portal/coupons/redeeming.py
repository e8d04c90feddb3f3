"""Reserving a coupon for a checkout, redeeming it when that succeeds, releasing it when not.

The tenant is locked first, then the coupon: parallel uses of either take turns, and each sees
what the one before it left.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.core import clock
from portal.core.actor import SYSTEM, Actor
from portal.core.database import changed_rows, db
from portal.core.errors import Conflict, NotFound
from portal.coupons.coupons import coupon_or_404
from portal.coupons.models import Coupon, CouponStatus, CouponUsage, UsageStatus
from portal.coupons.terms import Duration, as_plain, terms_of
from portal.coupons.used import bill_period, locked_usage, record_use
from portal.coupons.validating import (
    REASONS,
    BadPurchase,
    Purchase,
    check_buyer,
    check_purchase,
    coupon_by_code,
    is_overdue,
    leftover_of,
    slots_of,
    verdict_of,
)

USUAL = timedelta(minutes=30)
LONGEST = timedelta(days=1)
RAN_OUT = "ran out"


class CouponUnknown(NotFound):
    """No such coupon, or none that this tenant may know of."""

    def __init__(self) -> None:
        super().__init__(REASONS["coupon_not_found"])
        self.more = {"reason": "coupon_not_found"}


class CouponRefused(Conflict):
    """A rule of the coupon said no; `reason` is its code."""

    title = "The coupon is not accepted"

    def __init__(self, reason: str) -> None:
        super().__init__(REASONS[reason])
        self.more = {"reason": reason}


class NotReserved(Conflict):
    """It was redeemed or released before, or its time is over."""


def reserve_coupon(
    *, by: Actor, code: str, purchase: Purchase, expires_in: timedelta = USUAL
) -> CouponUsage:
    """Hold one use until it is redeemed, released, or its time is over.

    Raises:
        CouponUnknown, CouponRefused, BadPurchase: see the classes.
    """
    check_purchase(purchase)
    if not timedelta(0) < expires_in <= LONGEST:
        raise BadPurchase("Hold it for up to a day.", field="expires_in")
    check_buyer(purchase, locked=True)
    known, now = coupon_by_code(code), clock.now()
    row = known and coupon_or_404(known.id)
    if row is not None:
        _release_overdue(row, purchase.tenant_id, now)
    verdict = verdict_of(row, purchase, now)
    if verdict.row is None:
        raise CouponUnknown
    if verdict.reason is not None:
        raise CouponRefused(verdict.reason)
    _count(verdict.row, now)
    usage = _usage(by, verdict.row, purchase, now)
    usage.discount_cents, usage.expires_at = verdict.discount_cents, now + expires_in
    usage.leftover_cents = leftover_of(verdict.row, purchase, verdict.discount_cents)
    db.session.add(usage)
    db.session.flush()
    record_use(Action.COUPON_RESERVED, by, usage)
    return usage


def redeem_reservation(
    *,
    by: Actor,
    usage_id: int,
    is_in_trial: bool = False,
    period_starts_at: datetime | None = None,
) -> CouponUsage:
    """The checkout succeeded. In a trial the first period is yet to come, else it began now.

    Raises:
        NotReserved, NotFound: see the classes.
    """
    usage = locked_usage(usage_id)
    now = clock.now()
    _end(usage, UsageStatus.REDEEMED, now, CouponUsage.expires_at > now)
    if not is_in_trial:
        bill_period(usage, period_starts_at or now)
    changed_rows(
        sa.update(Coupon)
        .where(Coupon.id == usage.coupon_id, Coupon.first_redeemed_at.is_(None))
        .values(first_redeemed_at=now)
    )
    record_use(Action.COUPON_REDEEMED, by, usage)
    return usage


def redeem_coupon(
    *,
    by: Actor,
    code: str,
    purchase: Purchase,
    is_in_trial: bool = False,
    period_starts_at: datetime | None = None,
) -> CouponUsage:
    """Reserve and redeem at once; raises as `reserve_coupon`."""
    usage = reserve_coupon(by=by, code=code, purchase=purchase)
    return redeem_reservation(
        by=by, usage_id=usage.id, is_in_trial=is_in_trial, period_starts_at=period_starts_at
    )


def release_reservation(*, by: Actor, usage_id: int, reason: str | None = None) -> CouponUsage:
    """The checkout failed: the use and the tenant's turn are free again.

    Raises:
        NotReserved, NotFound: see the classes.
    """
    usage = locked_usage(usage_id)
    _end(usage, UsageStatus.RELEASED, clock.now())
    usage.slot = None
    fewer = Coupon.times_redeemed - 1
    changed_rows(sa.update(Coupon).where(Coupon.id == usage.coupon_id).values(times_redeemed=fewer))
    record_use(Action.COUPON_RELEASED, by, usage, reason)
    return usage


def _release_overdue(row: Coupon, tenant_id: int, now: datetime) -> None:
    """What stands in the way of this tenant and ran out, before the job comes to it."""
    overdue = sa.select(CouponUsage.id).where(CouponUsage.coupon_id == row.id, is_overdue(now))
    found = db.session.scalars(overdue.where(CouponUsage.tenant_id == tenant_id)).all()
    if not found and row.max_redemptions is not None and row.times_redeemed >= row.max_redemptions:
        found = db.session.scalars(overdue.order_by(CouponUsage.id).limit(1)).all()
    for usage_id in found:
        release_reservation(by=SYSTEM, usage_id=usage_id, reason=RAN_OUT)
    if found:
        db.session.refresh(row)


def _count(row: Coupon, now: datetime) -> None:
    """One of two that want the last use gets a row here, whatever was read before."""
    counted = changed_rows(
        sa.update(Coupon)
        .where(
            Coupon.id == row.id,
            Coupon.status == CouponStatus.ACTIVE,
            sa.or_(
                Coupon.max_redemptions.is_(None),
                Coupon.times_redeemed < Coupon.max_redemptions,
            ),
            sa.or_(Coupon.starts_at.is_(None), Coupon.starts_at <= now),
            sa.or_(Coupon.redeem_by.is_(None), Coupon.redeem_by > now),
        )
        .values(times_redeemed=Coupon.times_redeemed + 1)
    )
    if not counted:
        raise CouponRefused("coupon_exhausted")
    db.session.expire(row)


def _usage(by: Actor, row: Coupon, purchase: Purchase, now: datetime) -> CouponUsage:
    taken = slots_of(row.id, purchase.tenant_id, now)
    totals = {Duration.ONCE: 1, Duration.REPEATING: row.periods}
    return CouponUsage(
        coupon_id=row.id,
        tenant_id=purchase.tenant_id,
        user_id=purchase.user_id,
        slot=next(slot for slot in range(row.max_per_tenant) if slot not in taken),
        status=UsageStatus.RESERVED,
        plan=purchase.plan,
        currency=purchase.currency,
        base_cents=purchase.amount_cents,
        terms={"code": row.code, **as_plain(terms_of(row))},
        is_stackable=row.is_stackable,
        periods_total=totals.get(Duration(row.duration)),
        reserved_at=now,
        by_label=by.label,
    )


def _end(
    usage: CouponUsage, status: UsageStatus, now: datetime, *more: sa.ColumnElement[bool]
) -> None:
    ended = changed_rows(
        sa.update(CouponUsage)
        .where(CouponUsage.id == usage.id, CouponUsage.status == UsageStatus.RESERVED, *more)
        .values(status=status, ended_at=now)
    )
    if not ended:
        raise NotReserved("This use was redeemed or released before, or its time is over.")
    db.session.refresh(usage)
