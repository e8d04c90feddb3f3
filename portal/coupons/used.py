"""One use of a coupon: locked, noted, and billed period by period."""

from datetime import datetime

from portal.audit.actions import Action
from portal.audit.ledger import Target, record
from portal.core.actor import Actor
from portal.core.database import db
from portal.core.errors import NotFound
from portal.coupons.coupons import coupon_or_404
from portal.coupons.models import CouponUsage, UsageStatus
from portal.coupons.windows import window_end
from portal.customers.models import Tenant


def locked_usage(usage_id: int) -> CouponUsage:
    """Under its coupon's lock, which every path takes first."""
    found = db.session.get(CouponUsage, usage_id)
    if found is None:
        raise NotFound("There is no such use of a coupon.")
    coupon_or_404(found.coupon_id)
    db.session.refresh(found)
    return found


def is_running(usage: CouponUsage) -> bool:
    """Redeemed, and not refunded. Its periods may be used up all the same."""
    return usage.status == UsageStatus.REDEEMED and usage.returned_at is None


def discounts(usage: CouponUsage, period_starts_at: datetime) -> bool:
    """Does a running one count for one more period, which begins then?"""
    if usage.periods_total is not None:
        return usage.periods_used < usage.periods_total
    if usage.discounted_from is None or usage.discounted_until is None:
        return True
    return usage.discounted_from <= period_starts_at < usage.discounted_until


def bill_period(usage: CouponUsage, starts_at: datetime) -> None:
    """Count it; of one that counts months, the first one opens the window."""
    usage.periods_used += 1
    months = usage.terms.get("months")
    if months and usage.discounted_from is None:
        zone = db.session.get_one(Tenant, usage.tenant_id).time_zone
        usage.discounted_from = starts_at
        usage.discounted_until = window_end(starts_at, months, zone)


def unbill_period(usage: CouponUsage) -> None:
    """The opposite. Where nothing is billed any more, the first period is yet to come."""
    usage.periods_used -= 1
    if not usage.periods_used:
        usage.discounted_from = usage.discounted_until = None


def record_use(
    action: Action, by: Actor, usage: CouponUsage, reason: str | None = None, **more: object
) -> None:
    """The event of what became of one use."""
    db.session.flush()
    record(
        action,
        by=by,
        target=Target("coupon", usage.coupon_id, str(usage.terms["code"])),
        tenant_id=usage.tenant_id,
        reason=reason,
        meta={
            "usage_id": usage.id,
            "plan": usage.plan,
            "discount_cents": usage.discount_cents,
            "currency": usage.currency,
            **more,
        },
    )
