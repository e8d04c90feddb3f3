"""Pages of coupons, by subject. They share one blueprint."""

from portal.coupons.pages.blueprint import bp
from portal.web.nav import NavItem

NAV: tuple[NavItem, ...] = ()

__all__ = ["NAV", "bp"]
