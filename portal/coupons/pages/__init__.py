"""Pages of coupons, by subject. They share one blueprint."""

from portal.core.permissions import Permission
from portal.coupons.pages import (
    batch_decisions,
    batches,
    coupon,
    decisions,
    directory,
    editing,
    panels,
    simulating,
    usage,
)
from portal.coupons.pages.blueprint import bp
from portal.web.nav import NavItem

NAV = (
    NavItem(
        "Work",
        "Coupons",
        "coupons.coupons",
        "discount",
        "n",
        Permission.COUPONS_VIEW,
        searches="coupons.coupons",
    ),
)

__all__ = [
    "NAV",
    "batch_decisions",
    "batches",
    "bp",
    "coupon",
    "decisions",
    "directory",
    "editing",
    "panels",
    "simulating",
    "usage",
]
