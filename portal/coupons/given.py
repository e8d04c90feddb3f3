"""How much somebody gave away alone lately: many small coupons are one large one."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import Actor, ActorType
from portal.core.database import db
from portal.coupons.models import Coupon, CouponStatus
from portal.coupons.terms import Terms
from portal.staff.models import Admin

LATELY = timedelta(days=30)
FRACTION = 5
_coupon = Coupon.__table__.c


def giver_of(by: Actor) -> int | None:
    """Whose allowance it is: a person's, also when their token acts."""
    return by.id if by.type is ActorType.ADMIN else None


def uses_given(*, by: Actor, terms: Terms, without: int | None = None) -> int:
    """The uses of this person's other coupons that are worth about as much.

    Those count that they made, changed or enabled within 30 days without another person's
    approval; `without` is the coupon that is changed now. While one can be redeemed, every use
    that it allows counts, afterwards those that were made. About as much is within a fifth,
    shares beside shares and amounts beside amounts of one currency. The codes of a batch are
    coupons as others are.

    The person is locked until the transaction ends: of two coupons that are made at once, the
    second one sees the first.
    """
    if giver_of(by) is None:
        return 0
    db.session.scalar(sa.select(Admin.id).where(Admin.id == by.id).with_for_update(key_share=True))
    rows = db.session.connection().execute(_given(by, clock.now(), without))
    return sum(uses for share, amounts, uses in rows if _is_alike(terms, share, amounts))


def _given(by: Actor, now: datetime, without: int | None) -> sa.Select[Any]:
    is_open = sa.and_(
        _coupon.status == CouponStatus.ACTIVE,
        sa.or_(_coupon.redeem_by.is_(None), _coupon.redeem_by > now),
    )
    allowed = sa.func.coalesce(_coupon.max_redemptions, _coupon.times_redeemed)
    uses = sa.case((is_open, allowed), else_=_coupon.times_redeemed)
    query = sa.select(_coupon.basis_points, _coupon.amounts, sa.func.sum(uses)).where(
        _coupon.given_by == by.id,
        _coupon.given_at > now - LATELY,
        _coupon.decided_by_label.is_(None),
    )
    if without is not None:
        query = query.where(_coupon.id != without)
    return query.group_by(_coupon.basis_points, _coupon.amounts)


def _is_alike(terms: Terms, share: int | None, amounts: dict[str, int]) -> bool:
    if terms.basis_points is not None:
        return share is not None and _is_near(terms.basis_points, share)
    return any(
        _is_near(cents, amounts[currency])
        for currency, cents in terms.amounts.items()
        if currency in amounts
    )


def _is_near(one: int, other: int) -> bool:
    return abs(one - other) * FRACTION <= max(one, other)
