"""Discounts that a tenant redeemed before and still gets, as a later invoice meets them."""

from dataclasses import dataclass

import sqlalchemy as sa

from portal.core.database import db
from portal.coupons.discounts import Discount
from portal.coupons.models import Coupon, CouponUsage, UsageStatus
from portal.coupons.simulation import Offer
from portal.coupons.validating import goes_on
from portal.coupons.windows import Pace

MOST = 50


@dataclass(frozen=True, slots=True)
class Running:
    """One of them. With a `reason` it takes nothing off this purchase."""

    row: Coupon
    offer: Offer | None
    reason: str | None


def still_running(tenant_id: int, plan: str, currency: str, pace: Pace) -> list[Running]:
    """In the order in which they were redeemed. What is only reserved may never be."""
    query = (
        sa.select(CouponUsage, Coupon)
        .join(Coupon, Coupon.id == CouponUsage.coupon_id)
        .where(
            CouponUsage.tenant_id == tenant_id,
            CouponUsage.status == UsageStatus.REDEEMED,
            CouponUsage.returned_at.is_(None),
            goes_on(pace.starts_at),
        )
        .order_by(CouponUsage.ended_at, CouponUsage.id)
    )
    found = db.session.execute(query.limit(MOST))
    return [_running(usage, row, plan, currency, pace) for usage, row in found]


def _running(usage: CouponUsage, row: Coupon, plan: str, currency: str, pace: Pace) -> Running:
    """By its terms as they were when it was redeemed."""
    plans = usage.terms["plans"]
    if plans and plan not in plans:
        return Running(row, None, "coupon_wrong_plan")
    if usage.terms["amounts"] and currency != usage.currency:
        return Running(row, None, "coupon_wrong_currency")
    return Running(row, _offer(usage, pace), None)


def _offer(usage: CouponUsage, pace: Pace) -> Offer:
    """What is left of an amount goes on like an amount of its own."""
    share, periods = usage.terms["basis_points"], _periods_left(usage, pace)
    if periods == 0:
        return Offer(Discount.fixed(usage.leftover_cents), carries=True)
    if share is not None:
        return Offer(Discount.percent(share), periods)
    amount = Discount.fixed(usage.terms["amounts"][usage.currency])
    return Offer(amount, periods, usage.terms["carry_remaining"])


def _periods_left(usage: CouponUsage, pace: Pace) -> int | None:
    if usage.periods_total is not None:
        return usage.periods_total - usage.periods_used
    if usage.discounted_until is not None:
        return pace.periods_before(usage.discounted_until)
    months = usage.terms.get("months")
    return pace.periods_within(months) if months else None
