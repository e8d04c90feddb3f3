"""How a coupon stands at an instant: its status and, while that is active, its window and uses."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from portal.coupons.models import Coupon, CouponStatus


class Standing(StrEnum):
    """What a list shows and filters by. Only what is `active` can be used now."""

    ACTIVE = "active"
    AWAITING_APPROVAL = "awaiting_approval"
    SCHEDULED = "scheduled"
    USED_UP = "used_up"
    ENDED = "ended"
    REJECTED = "rejected"
    DISABLED = "disabled"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()

    @property
    def colour(self) -> str:
        return _COLOURS[self]


_COLOURS = {
    Standing.ACTIVE: "green",
    Standing.AWAITING_APPROVAL: "orange",
    Standing.SCHEDULED: "azure",
    Standing.USED_UP: "secondary",
    Standing.ENDED: "secondary",
    Standing.REJECTED: "red",
    Standing.DISABLED: "secondary",
}
_coupon = Coupon.__table__.c


def standing_of(row: Any, now: datetime) -> Standing:
    """Of a row with the columns of a coupon. The window is asked first, as at a redemption."""
    if row.status != CouponStatus.ACTIVE:
        return Standing(row.status)
    if row.starts_at is not None and now < row.starts_at:
        return Standing.SCHEDULED
    if row.redeem_by is not None and now >= row.redeem_by:
        return Standing.ENDED
    if row.max_redemptions is not None and row.times_redeemed >= row.max_redemptions:
        return Standing.USED_UP
    return Standing.ACTIVE


def stands(standing: Standing, now: datetime) -> sa.ColumnElement[bool]:
    """The same as a condition of a query."""
    not_begun = sa.and_(_coupon.starts_at.is_not(None), _coupon.starts_at > now)
    ended = sa.and_(_coupon.redeem_by.is_not(None), _coupon.redeem_by <= now)
    is_full = _coupon.times_redeemed >= _coupon.max_redemptions
    used_up = sa.and_(_coupon.max_redemptions.is_not(None), is_full)
    of_active = {
        Standing.SCHEDULED: not_begun,
        Standing.ENDED: sa.and_(~not_begun, ended),
        Standing.USED_UP: sa.and_(~not_begun, ~ended, used_up),
        Standing.ACTIVE: sa.and_(~not_begun, ~ended, ~used_up),
    }
    if standing not in of_active:
        return _coupon.status == standing.value
    return sa.and_(_coupon.status == CouponStatus.ACTIVE, of_active[standing])
