"""Pages of the staff room, by subject. They share one blueprint."""

from portal.staff.pages.blueprint import bp
from portal.web.nav import NavItem

NAV: tuple[NavItem, ...] = ()

__all__ = ["NAV", "bp"]
