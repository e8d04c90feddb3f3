"""Pages of the staff room, by subject. They share one blueprint."""

from portal.staff import cleaning
from portal.staff.pages import sessions, sign_in, sudo
from portal.staff.pages.blueprint import bp
from portal.web.nav import NavItem

NAV: tuple[NavItem, ...] = ()

__all__ = ["NAV", "bp", "cleaning", "sessions", "sign_in", "sudo"]
