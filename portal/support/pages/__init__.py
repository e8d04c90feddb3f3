"""Pages of the support desk, by subject. They share one blueprint."""

from portal.core.permissions import Permission
from portal.support import messages, tickets
from portal.support.pages import (
    agents,
    answers,
    beside,
    bulk,
    calendars,
    fields,
    files,
    levels,
    queue,
    ratings,
    reports,
    search,
    threads,
    ticket,
    views,
)
from portal.support.pages.blueprint import bp
from portal.web.nav import NavItem

NAV = (
    NavItem(
        "System",
        "Service levels",
        "support.levels",
        "calendar-time",
        "l",
        Permission.TICKETS_VIEW,
    ),
)
__all__ = [
    "NAV",
    "agents",
    "answers",
    "beside",
    "bp",
    "bulk",
    "calendars",
    "fields",
    "files",
    "levels",
    "messages",
    "queue",
    "ratings",
    "reports",
    "search",
    "threads",
    "ticket",
    "tickets",
    "views",
]
