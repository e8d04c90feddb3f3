"""Pages of customers, by subject. They share one blueprint."""

from portal.customers.pages.blueprint import bp
from portal.web.nav import NavItem

NAV: tuple[NavItem, ...] = ()

__all__ = ["NAV", "bp"]
