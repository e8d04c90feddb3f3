"""What was reserved and never redeemed is released when its time is over."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.coupons.models import CouponUsage
from portal.coupons.redeeming import RAN_OUT, NotReserved, release_reservation
from portal.coupons.validating import is_overdue
from portal.jobs.queue import enqueue
from portal.jobs.registry import handles, recurring

KIND = "coupons.release_stale"
AT_ONCE = 100

recurring(KIND, every=timedelta(minutes=1))


@handles(KIND)
def release_stale(_payload: dict[str, Any]) -> None:
    """A hundred, and the next job when there may be more.

    Nothing is locked while looking: each is released under its coupon's lock, where another
    worker may have been before.
    """
    stale = (
        sa.select(CouponUsage.id)
        .where(is_overdue(clock.now()))
        .order_by(CouponUsage.coupon_id, CouponUsage.id)
        .limit(AT_ONCE)
    )
    found = db.session.scalars(stale).all()
    for usage_id in found:
        with suppress(NotReserved):
            release_reservation(by=SYSTEM, usage_id=usage_id, reason=RAN_OUT)
    if len(found) == AT_ONCE:
        enqueue(KIND, {})
