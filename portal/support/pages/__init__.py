"""Pages of the support desk, by subject. They share one blueprint."""

from portal.core.permissions import Permission
from portal.support.pages import (
    agents,
    answers,
    beside,
    bulk,
    calendars,
    fields,
    files,
    goodwill,
    goodwill_desk,
    hands,
    levels,
    macros,
    new_ticket,
    panels,
    queue,
    ratings,
    reports,
    search,
    sending,
    teams,
    threads,
    ticket,
    views,
    writing,
)
from portal.support.pages.blueprint import bp
from portal.web.nav import NavItem

NAV = (
    NavItem(
        "Work", "Tickets", "support.own_queue", "inbox", "t", Permission.TICKETS_VIEW, is_first=True
    ),
    NavItem(
        "Work", "Support reports", "support.reports", "chart-line", "y", Permission.SUPPORT_REPORTS
    ),
    NavItem("Work", "Goodwill", "support.goodwill", "gift", "x", Permission.GOODWILL_APPROVE),
    NavItem("System", "Agents", "support.agents", "users-group", "d", Permission.TICKETS_VIEW),
    NavItem("System", "Answers", "support.answers", "notes", "w", Permission.TICKETS_REPLY),
    NavItem(
        "System", "Service levels", "support.levels", "calendar-time", "l", Permission.TICKETS_VIEW
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
    "goodwill",
    "goodwill_desk",
    "hands",
    "levels",
    "macros",
    "new_ticket",
    "panels",
    "queue",
    "ratings",
    "reports",
    "search",
    "sending",
    "teams",
    "threads",
    "ticket",
    "views",
    "writing",
]
