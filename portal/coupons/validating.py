"""May this purchase use this coupon? The first rule that says no is the answer.

Asked twice: by whoever wants to know, and under the coupon's lock when it is reserved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.core.errors import DomainError
from portal.coupons.discounts import Discount, apply
from portal.coupons.models import (
    Coupon,
    CouponBatchTenant,
    CouponStatus,
    CouponTenant,
    CouponUsage,
    UsageStatus,
)
from portal.coupons.terms import LARGEST_AMOUNT, code_key
from portal.customers.models import Tenant, User

REASONS = {
    "coupon_not_found": "There is no such coupon.",
    "coupon_inactive": "This coupon cannot be used.",
    "coupon_not_started": "This coupon cannot be used yet.",
    "coupon_expired": "This coupon ran out.",
    "coupon_wrong_plan": "This coupon is for another plan.",
    "coupon_wrong_currency": "This coupon is for another currency.",
    "coupon_min_amount": "This coupon is for larger amounts.",
    "coupon_not_first_time": "This coupon is for first-time customers.",
    "coupon_tenant_limit": "This customer used the coupon as often as it allows.",
    "coupon_user_limit": "This user used the coupon as often as it allows.",
    "coupon_exhausted": "This coupon is used up.",
    "coupon_not_stackable": "This coupon does not go together with another one.",
}


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is bought, by whom. `is_first_time` is a fact that the caller knows."""

    tenant_id: int
    plan: str
    currency: str
    amount_cents: int
    """What is to be paid before this coupon."""
    user_id: int | None = None
    is_first_time: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` None: it may be used, and takes off so much."""

    row: Coupon | None
    reason: str | None
    discount_cents: int = 0


class BadPurchase(DomainError):
    """The purchase is not one that a coupon could be taken off."""


def check_purchase(purchase: Purchase) -> None:
    """Raise BadPurchase for an amount that nobody pays."""
    if not 0 <= purchase.amount_cents <= LARGEST_AMOUNT:
        raise BadPurchase("Use an amount of zero or more.", field="amount_cents")


def check_buyer(purchase: Purchase, *, locked: bool = False) -> None:
    """Raise BadPurchase where nobody like this is there. Of a locked tenant nobody else buys."""
    query = sa.select(Tenant.id).where(Tenant.id == purchase.tenant_id)
    if db.session.scalar(query.with_for_update(key_share=True) if locked else query) is None:
        raise BadPurchase("There is no such tenant.", field="tenant_id")
    user = db.session.get(User, purchase.user_id) if purchase.user_id is not None else None
    if purchase.user_id is not None and (user is None or user.tenant_id != purchase.tenant_id):
        raise BadPurchase("This tenant has no such user.", field="user_id")


def validate_coupon(*, code: str, purchase: Purchase) -> Verdict:
    """Whether the coupon would be accepted now. Nothing is held.

    Raises:
        BadPurchase: see the class.
    """
    check_purchase(purchase)
    check_buyer(purchase)
    return verdict_of(coupon_by_code(code), purchase, clock.now())


def coupon_by_code(code: str) -> Coupon | None:
    """In small or large letters."""
    return db.session.scalar(sa.select(Coupon).where(Coupon.code_key == code_key(code)))


def verdict_of(
    row: Coupon | None, purchase: Purchase, now: datetime, beside: Sequence[Coupon] = ()
) -> Verdict:
    """Of a coupon that may not exist. `beside`: what the purchase would use before this one."""
    if row is None or not _is_for(row, purchase.tenant_id):
        return Verdict(None, "coupon_not_found")
    reason = next(_refusals(row, purchase, now, beside), None)
    if reason is not None:
        return Verdict(row, reason)
    applied = apply(purchase.amount_cents, [discount_in(row, purchase.currency)])
    return Verdict(row, None, applied.discount_cents)


def discount_in(row: Coupon, currency: str) -> Discount:
    """What a coupon of this currency takes off."""
    if row.basis_points is not None:
        return Discount.percent(row.basis_points)
    return Discount.fixed(row.amounts[currency])


def leftover_of(row: Coupon, purchase: Purchase, discount_cents: int) -> int:
    """What later invoices may still take off."""
    if not row.carry_remaining:
        return 0
    return int(row.amounts[purchase.currency]) - discount_cents


def held_usages(now: datetime) -> sa.ColumnElement[bool]:
    """Those that count against a limit: neither released nor refunded in full, nor overdue."""
    return sa.and_(CouponUsage.slot.is_not(None), sa.not_(is_overdue(now)))


def is_overdue(now: datetime) -> sa.ColumnElement[bool]:
    """Reserved, and its time is over: free again, whether or not it was released yet."""
    is_reserved = CouponUsage.status == sa.literal_column("'reserved'")  # as its index has it
    return sa.and_(is_reserved, CouponUsage.expires_at <= now)


def goes_on(now: datetime) -> sa.ColumnElement[bool]:
    """Redeemed, it takes something off a period that begins now or later."""
    until = CouponUsage.discounted_until
    is_open = sa.or_(until.is_(None), until > now)
    return sa.or_(
        sa.and_(CouponUsage.periods_total.is_(None), is_open),
        CouponUsage.periods_used < CouponUsage.periods_total,
        CouponUsage.leftover_cents > 0,
    )


def slots_of(coupon_id: int, tenant_id: int, now: datetime) -> set[int | None]:
    """Which of the tenant's uses are taken."""
    query = sa.select(CouponUsage.slot).where(
        CouponUsage.coupon_id == coupon_id, CouponUsage.tenant_id == tenant_id, held_usages(now)
    )
    return set(db.session.scalars(query))


def _is_for(row: Coupon, tenant_id: int) -> bool:
    if row.is_public:
        return True
    if row.batch_id is not None:
        return db.session.get(CouponBatchTenant, (row.batch_id, tenant_id)) is not None
    return db.session.get(CouponTenant, (row.id, tenant_id)) is not None


def _refusals(
    row: Coupon, purchase: Purchase, now: datetime, beside: Sequence[Coupon]
) -> Iterator[str]:
    """In the order in which they are told; what costs a query comes last."""
    yield from _of_coupon(row, now)
    yield from _of_purchase(row, purchase)
    more = sum(other.id == row.id for other in beside)
    if len(slots_of(row.id, purchase.tenant_id, now)) + more >= row.max_per_tenant:
        yield "coupon_tenant_limit"
    by_user = 0 if row.max_per_user is None else _uses_of(row, purchase.user_id, now)
    if row.max_per_user is not None and by_user + more >= row.max_per_user:
        yield "coupon_user_limit"
    left = None if row.max_redemptions is None else row.max_redemptions - row.times_redeemed - more
    if left is not None and left <= 0 and left + _overdue_of(row, now) <= 0:
        yield "coupon_exhausted"
    others = [*_running(purchase.tenant_id, now), *(other.is_stackable for other in beside)]
    if others and not (row.is_stackable and all(others)):
        yield "coupon_not_stackable"


def _of_coupon(row: Coupon, now: datetime) -> Iterator[str]:
    if row.status != CouponStatus.ACTIVE:
        yield "coupon_inactive"
    if row.starts_at is not None and now < row.starts_at:
        yield "coupon_not_started"
    if row.redeem_by is not None and now >= row.redeem_by:
        yield "coupon_expired"


def _of_purchase(row: Coupon, purchase: Purchase) -> Iterator[str]:
    least = row.min_amounts.get(purchase.currency)
    if row.plans and purchase.plan not in row.plans:
        yield "coupon_wrong_plan"
    if row.amounts and purchase.currency not in row.amounts:
        yield "coupon_wrong_currency"
    # A least amount that is not said in this currency cannot be reached in it.
    if row.min_amounts and (least is None or purchase.amount_cents < least):
        yield "coupon_min_amount"
    if row.is_first_time_only and not purchase.is_first_time:
        yield "coupon_not_first_time"


def _overdue_of(row: Coupon, now: datetime) -> int:
    query = sa.select(sa.func.count()).where(CouponUsage.coupon_id == row.id, is_overdue(now))
    return db.session.scalar(query) or 0


def _uses_of(row: Coupon, user_id: int | None, now: datetime) -> int:
    """A limit for each user cannot be kept for nobody: without a user it counts as reached."""
    if user_id is None:
        return row.max_per_user or 0
    query = sa.select(sa.func.count()).where(
        CouponUsage.coupon_id == row.id, CouponUsage.user_id == user_id, held_usages(now)
    )
    return db.session.scalar(query) or 0


def _running(tenant_id: int, now: datetime) -> list[bool]:
    """Of each discount that the tenant holds or still gets: does it go with others?"""
    counts = sa.or_(CouponUsage.status == UsageStatus.RESERVED, goes_on(now))
    query = sa.select(CouponUsage.is_stackable).where(
        CouponUsage.tenant_id == tenant_id, held_usages(now), counts
    )
    return list(db.session.scalars(query))
