"""Pages of the support desk, by subject. They share one blueprint."""

from portal.support import messages, tickets
from portal.support.pages import (
    agents,
    answers,
    beside,
    bulk,
    fields,
    files,
    levels,
    new_ticket,
    queue,
    ratings,
    reports,
    search,
    threads,
    ticket,
    views,
    writing,
)
from portal.support.pages.blueprint import bp
from portal.web.nav import NavItem

NAV: tuple[NavItem, ...] = ()
__all__ = [
    "NAV",
    "agents",
    "answers",
    "beside",
    "bp",
    "bulk",
    "fields",
    "files",
    "levels",
    "messages",
    "new_ticket",
    "queue",
    "ratings",
    "reports",
    "search",
    "threads",
    "ticket",
    "tickets",
    "views",
    "writing",
]
