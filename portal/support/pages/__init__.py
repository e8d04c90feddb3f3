"""Pages of the support desk, by subject. They share one blueprint."""

from portal.core.permissions import Permission
from portal.support import messages, tickets
from portal.support.pages import (
    agents,
    answers,
    beside,
    bulk,
    fields,
    files,
    hands,
    levels,
    macros,
    new_ticket,
    queue,
    ratings,
    reports,
    search,
    teams,
    threads,
    ticket,
    views,
    writing,
)
from portal.support.pages.blueprint import bp
from portal.web.nav import NavItem

NAV: tuple[NavItem, ...] = (
    NavItem("System", "Agents", "support.agents", "users-group", "u", Permission.TICKETS_VIEW),
    NavItem("System", "Answers", "support.answers", "notes", "w", Permission.TICKETS_REPLY),
    NavItem(
        "Work",
        "Tickets",
        "support.own_queue",
        "inbox",
        "t",
        Permission.TICKETS_VIEW,
        is_first=True,
    ),
)
__all__ = [
    "NAV",
    "agents",
    "answers",
    "beside",
    "bp",
    "bulk",
    "fields",
    "files",
    "hands",
    "levels",
    "macros",
    "messages",
    "new_ticket",
    "queue",
    "ratings",
    "reports",
    "search",
    "teams",
    "threads",
    "ticket",
    "tickets",
    "views",
    "writing",
]
