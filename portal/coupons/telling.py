"""Whoever asked for a coupon hears, under the bell, what became of it."""

from portal.core.actor import Actor
from portal.coupons.models import CouponStatus
from portal.staff.notices import notify

DECIDED = "coupon_decided"


def tell_asker(*, by: Actor, asker: int | None, what: str, status: str, url: str) -> None:
    """Nothing to whoever did it themselves, and where nobody asked."""
    if asker is None or asker == by.id:
        return
    words = {
        CouponStatus.ACTIVE: f"{by.label} lets {what} be used.",
        CouponStatus.REJECTED: f"{by.label} rejected {what}. Its page says why.",
    }
    notify(admin_id=asker, kind=DECIDED, text=words[CouponStatus(status)], url=url)
