"""Pages of the ledger: the log, one event."""

from portal.audit.pages import browse, event
from portal.audit.pages.blueprint import bp
from portal.core.permissions import Permission
from portal.web.nav import NavItem

NAV = (NavItem("Evidence", "Audit log", "audit.browse", "history", "a", Permission.AUDIT_OWN),)
__all__ = ["NAV", "bp", "browse", "event"]
