"""Pages of the ledger: the log, one event and its proof, calendar, stories, saved views, what
proves the whole, and what leaves it.
"""

from portal.audit.pages import (
    browse,
    calendar,
    event,
    exports,
    log,
    proof,
    retention,
    story,
    table,
    views,
)
from portal.audit.pages.blueprint import bp
from portal.core.permissions import Permission
from portal.web.nav import NavItem

NAV = (
    NavItem("Evidence", "Audit log", "audit.browse", "history", "a", Permission.AUDIT_OWN),
    NavItem("Evidence", "Checkpoints", "audit.log", "fingerprint", "s", Permission.AUDIT_ALL),
)
__all__ = [
    "NAV",
    "bp",
    "browse",
    "calendar",
    "event",
    "exports",
    "log",
    "proof",
    "retention",
    "story",
    "table",
    "views",
]
