"""Pages of the ledger: the log, one event and its proof, calendar, stories, saved views."""

from portal.audit.pages import browse, calendar, event, proof, story, table, verification, views
from portal.audit.pages.blueprint import bp
from portal.core.permissions import Permission
from portal.web.nav import NavItem

NAV = (NavItem("Evidence", "Audit log", "audit.browse", "history", "a", Permission.AUDIT_OWN),)
__all__ = [
    "NAV",
    "bp",
    "browse",
    "calendar",
    "event",
    "proof",
    "story",
    "table",
    "verification",
    "views",
]
