"""Whoever asked for a coupon hears, under the bell, what became of it."""

from portal.audit.ledger import Target
from portal.core.actor import Actor
from portal.coupons.models import CouponStatus
from portal.staff.notices import notify

DECIDED = "coupon_decided"
PAGES = {"coupon": "/coupons", "coupon_batch": "/coupons/batches"}


def tell_asker(*, by: Actor, asker: int | None, about: Target, status: str) -> None:
    """Nothing to whoever did it themselves, and where nobody asked."""
    if asker is None or asker == by.id:
        return
    words = {
        CouponStatus.ACTIVE: f"{by.label} lets {about.label} be used.",
        CouponStatus.REJECTED: f"{by.label} rejected {about.label}. Its page says why.",
    }
    url = f"{PAGES[about.type]}/{about.id}"
    notify(admin_id=asker, kind=DECIDED, text=words[CouponStatus(status)], url=url)
