"""Pages of the staff room, by subject. They share one blueprint."""

from portal.core.permissions import Permission
from portal.staff.pages import (
    account,
    addresses,
    again,
    invites,
    passwords,
    people,
    sessions,
    sign_in,
    sudo,
)
from portal.staff.pages.blueprint import bp
from portal.web.nav import NavItem

NAV = (NavItem("People", "People", "staff.people", "users", "p", Permission.STAFF_VIEW),)

__all__ = [
    "NAV",
    "account",
    "addresses",
    "again",
    "bp",
    "invites",
    "passwords",
    "people",
    "sessions",
    "sign_in",
    "sudo",
]
